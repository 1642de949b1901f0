/// Finds members of the outermost object of a JSON document, without building the document.
///
/// The daemon reads the configuration for itself; this executable needs only where the daemon is and which version
/// to answer in, and a JSON library would cost more than the rest of its start.
struct JSONMembers {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The members that are strings, by name; `nil` where the document is no well-formed object.
  static func strings(in bytes: [UInt8]) -> [String: String]? {
    var scanner = JSONMembers(bytes)
    return scanner.object()
  }

  private mutating func object() -> [String: String]? {
    var members: [String: String] = [:]
    skipSpace()
    guard take("{") else { return nil }
    skipSpace()
    if take("}") { return atEnd() ? members : nil }
    while true {
      skipSpace()
      guard let name = string() else { return nil }
      skipSpace()
      guard take(":") else { return nil }
      skipSpace()
      if peek() == UInt8(ascii: "\"") {
        guard let value = string() else { return nil }
        members[name] = value
      } else if !skipValue(depth: 0) {
        return nil
      }
      skipSpace()
      if take(",") { continue }
      guard take("}") else { return nil }
      return atEnd() ? members : nil
    }
  }

  private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek(), byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
  }

  private mutating func atEnd() -> Bool {
    skipSpace()
    return position == bytes.count
  }

  private mutating func skipValue(depth: Int) -> Bool {
    guard depth < 100, let byte = peek() else { return false }
    switch byte {
    case UInt8(ascii: "\""): return string() != nil
    case UInt8(ascii: "{"): return skipItems(close: "}", named: true, depth: depth)
    case UInt8(ascii: "["): return skipItems(close: "]", named: false, depth: depth)
    default:
      let start = position
      while let byte = peek(), !(byte == 0x2c || byte == 0x7d || byte == 0x5d || byte <= 0x20) { position += 1 }
      let word = String(decoding: bytes[start..<position], as: UTF8.self)
      return word == "true" || word == "false" || word == "null" || Double(word) != nil
    }
  }

  private mutating func skipItems(close: Unicode.Scalar, named: Bool, depth: Int) -> Bool {
    position += 1
    skipSpace()
    if take(close) { return true }
    while true {
      skipSpace()
      if named {
        guard string() != nil else { return false }
        skipSpace()
        guard take(":") else { return false }
        skipSpace()
      }
      guard skipValue(depth: depth + 1) else { return false }
      skipSpace()
      if take(",") { continue }
      return take(close)
    }
  }

  private mutating func string() -> String? {
    guard take("\"") else { return nil }
    var text: [UInt8] = []
    while let byte = peek() {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let escape = peek() else { return nil }
        position += 1
        switch escape {
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
        case UInt8(ascii: "u"):
          guard let scalar = unicodeEscape() else { return nil }
          text += Array(String(Character(scalar)).utf8)
        default: return nil
        }
      case 0..<0x20: return nil
      default: text.append(byte)
      }
    }
    return nil
  }

  private mutating func unicodeEscape() -> Unicode.Scalar? {
    guard let first = hexadecimalUnit() else { return nil }
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xdc00, take("\\"), take("u"), let second = hexadecimalUnit(), (0xdc00..<0xe000).contains(second)
    else { return nil }
    return Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
  }

  private mutating func hexadecimalUnit() -> UInt32? {
    guard position + 4 <= bytes.count else { return nil }
    let digits = bytes[position..<position + 4]
    guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
    position += 4
    return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
  }
}
