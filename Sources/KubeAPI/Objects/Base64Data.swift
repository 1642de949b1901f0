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
