/// Path and query of a request's target (RFC 3986).
enum RequestURI {
  /// - Returns: `nil`s where an escape is broken or what it stands for is not UTF-8.
  static func split(_ uri: String) -> (path: String?, query: [(name: String, value: String)]?) {
    let bytes = uri.utf8
    let mark = bytes.firstIndex(of: UInt8(ascii: "?"))
    guard let path = decode(bytes[..<(mark ?? bytes.endIndex)], plusIsSpace: false) else { return (nil, nil) }
    guard let mark else { return (path, []) }
    var query: [(name: String, value: String)] = []
    for item in bytes[bytes.index(after: mark)...].split(separator: UInt8(ascii: "&")) {
      let equals = item.firstIndex(of: UInt8(ascii: "="))
      guard let name = decode(item[..<(equals ?? item.endIndex)], plusIsSpace: true) else { return (path, nil) }
      guard let equals else {
        query.append((name, ""))
        continue
      }
      guard let value = decode(item[item.index(after: equals)...], plusIsSpace: true) else { return (path, nil) }
      query.append((name, value))
    }
    return (path, query)
  }

  private static func decode(_ text: Substring.UTF8View, plusIsSpace: Bool) -> String? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var iterator = text.makeIterator()
    while let byte = iterator.next() {
      switch byte {
      case UInt8(ascii: "%"):
        guard let high = iterator.next().flatMap(digit), let low = iterator.next().flatMap(digit) else { return nil }
        bytes.append(high << 4 | low)
      case UInt8(ascii: "+") where plusIsSpace: bytes.append(0x20)
      default: bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
