import FoundationEssentials

/// Bytes that stand in JSON as base64 (RFC 4648 section 4), the data of a Secret for example.
public struct Base64Data: JSONRepresentable, Hashable {
  public var bytes: [UInt8]

  public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  public init?(jsonValue: JSONValue) {
    guard let text = jsonValue.stringValue, let data = Data(base64Encoded: text) else { return nil }
    bytes = Array(data)
  }

  public var jsonValue: JSONValue { .string(Data(bytes).base64EncodedString()) }
}

extension Base64Data {
  /// The first byte of a text that makes it no base64 (with padding, line breaks allowed); `nil` where it is base64.
  static func firstInvalidOffset(_ text: String) -> Int? {
    var digits = 0
    var padding = 0
    var offset = 0
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
        if padding > 0 { return offset }
        digits += 1
      case UInt8(ascii: "="):
        padding += 1
        if padding > 2 || digits % 4 < 2 || digits % 4 + padding > 4 { return offset }
      case 0x0A, 0x0D: break
      default: return offset
      }
      offset += 1
    }
    return (digits + padding) % 4 == 0 ? nil : offset
  }
}
