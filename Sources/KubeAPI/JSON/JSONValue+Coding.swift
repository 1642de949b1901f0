extension JSONValue {
  /// Reads a JSON document.
  /// - Throws: ``JSONError`` with the offset of the first byte that does not fit.
  public init(parsing bytes: some Sequence<UInt8>) throws(JSONError) {
    self = try Self.parse(bytes, reportsDuplicates: false).value
  }

  public init(parsing text: String) throws(JSONError) {
    try self.init(parsing: text.utf8)
  }

  /// Reads a JSON document and tells the paths of members that are there more than once.
  public static func parsingStrictly(
    _ bytes: some Sequence<UInt8>
  ) throws(JSONError) -> (value: JSONValue, duplicates: [String]) {
    try parse(bytes, reportsDuplicates: true)
  }

  private static func parse(
    _ bytes: some Sequence<UInt8>, reportsDuplicates: Bool
  ) throws(JSONError) -> (value: JSONValue, duplicates: [String]) {
    func run(_ buffer: UnsafeBufferPointer<UInt8>) -> Result<(JSONValue, [String]), JSONError> {
      var parser = JSONParser(buffer, reportsDuplicates: reportsDuplicates)
      do throws(JSONError) {
        return .success((try parser.document(), parser.duplicates))
      } catch {
        return .failure(error)
      }
    }
    let result =
      bytes.withContiguousStorageIfAvailable(run) ?? Array(bytes).withUnsafeBufferPointer(run)
    let (value, duplicates) = try result.get()
    return (value, duplicates)
  }

  /// The document as compact JSON.
  public var bytes: [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(256)
    write(to: &output)
    return output
  }

  /// The document as compact JSON.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Adds the document as compact JSON to `output`.
  public func write(to output: inout [UInt8]) {
    switch self {
    case .null: output.append(contentsOf: "null".utf8)
    case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
    case .integer(let value): output.append(contentsOf: String(value).utf8)
    case .decimal(let literal): output.append(contentsOf: literal.utf8)
    case .string(let value): Self.write(value, to: &output)
    case .array(let elements):
      output.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        element.write(to: &output)
      }
      output.append(UInt8(ascii: "]"))
    case .object(let object):
      output.append(UInt8(ascii: "{"))
      var isFirst = true
      for member in object.members {
        if !isFirst { output.append(UInt8(ascii: ",")) }
        isFirst = false
        Self.write(member.key, to: &output)
        output.append(UInt8(ascii: ":"))
        member.value.write(to: &output)
      }
      output.append(UInt8(ascii: "}"))
    }
  }

  private static func write(_ string: String, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    var string = string
    string.withUTF8 { write($0, to: &output) }
    output.append(UInt8(ascii: "\""))
  }

  /// Copies runs of bytes that need no escape.
  private static func write(_ bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
    var run = 0
    for position in bytes.indices {
      let byte = bytes[position]
      guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
      output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[run..<position]))
      run = position + 1
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        output.append(UInt8(ascii: "\\"))
        output.append(byte)
      case 0x0A: output.append(contentsOf: "\\n".utf8)
      case 0x0D: output.append(contentsOf: "\\r".utf8)
      case 0x09: output.append(contentsOf: "\\t".utf8)
      default:
        output.append(contentsOf: "\\u00".utf8)
        let digits = String(byte, radix: 16)
        if digits.utf8.count < 2 { output.append(UInt8(ascii: "0")) }
        output.append(contentsOf: digits.utf8)
      }
    }
    output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[run...]))
  }
}

extension JSONValue: CustomStringConvertible {
  public var description: String { text }
}
