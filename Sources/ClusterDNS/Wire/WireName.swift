/// A domain name in wire form, lower case: length-prefixed labels and a final zero (RFC 1035 §3.1).
public struct WireName: Sendable, Hashable {
  public let bytes: [UInt8]

  /// The root.
  public init() { bytes = [0] }

  /// Bytes that are known to be a valid name in lower case.
  init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  /// A dotted name, with or without the final dot; `nil` where a label is empty or longer than 63 bytes, or the name
  /// is longer than 255. No escapes: a Kubernetes name has none.
  public init?(_ text: some StringProtocol) {
    var result: [UInt8] = []
    var label: [UInt8] = []
    var text = text[...]
    if text == "." || text.isEmpty {
      bytes = [0]
      return
    }
    if text.last == "." { text.removeLast() }
    func close() -> Bool {
      guard !label.isEmpty, label.count <= MessageSize.labelLimit else { return false }
      result.append(UInt8(label.count))
      result += label
      label.removeAll(keepingCapacity: true)
      return true
    }
    for byte in text.utf8 {
      if byte == UInt8(ascii: ".") {
        guard close() else { return nil }
      } else {
        label.append(Self.lower(byte))
      }
    }
    guard close() else { return nil }
    result.append(0)
    guard result.count <= MessageSize.nameLimit else { return nil }
    bytes = result
  }

  /// The name with one label more before it; `nil` where the label or the name becomes too long.
  public func prepending(_ label: some StringProtocol) -> WireName? {
    let count = label.utf8.count
    guard count >= 1, count <= MessageSize.labelLimit, count + 1 + bytes.count <= MessageSize.nameLimit
    else { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(count + 1 + bytes.count)
    result.append(UInt8(count))
    for byte in label.utf8 { result.append(Self.lower(byte)) }
    result += bytes
    return WireName(unchecked: result)
  }

  /// Whether the name is `zone` or stands below it.
  func isWithin(_ zone: WireName) -> Bool {
    var offset = 0
    while offset < bytes.count {
      if bytes.count - offset == zone.bytes.count { return bytes[offset...].elementsEqual(zone.bytes) }
      if bytes[offset] == 0 { return false }
      offset += Int(bytes[offset]) + 1
    }
    return false
  }

  static func lower(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }
}

extension WireName: CustomStringConvertible {
  public var description: String {
    if bytes.count == 1 { return "." }
    var text: [UInt8] = []
    var offset = 0
    while offset < bytes.count, bytes[offset] != 0 {
      let end = offset + 1 + Int(bytes[offset])
      for byte in bytes[(offset + 1)..<end] {
        if byte > 0x20, byte < 0x7f, byte != UInt8(ascii: "."), byte != UInt8(ascii: "\\") {
          text.append(byte)
        } else {
          text.append(UInt8(ascii: "\\"))
          text += [byte / 100, byte / 10 % 10, byte % 10].map { $0 + UInt8(ascii: "0") }
        }
      }
      text.append(UInt8(ascii: "."))
      offset = end
    }
    return String(decoding: text, as: UTF8.self)
  }
}
