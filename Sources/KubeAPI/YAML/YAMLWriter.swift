extension JSONValue {
  /// The document as YAML in block style, with the members of objects in alphabetical order.
  public var yaml: String {
    var writer = YAMLWriter()
    writer.document(self)
    return String(decoding: writer.output, as: UTF8.self)
  }
}

private struct YAMLWriter {
  var output: [UInt8] = []

  mutating func document(_ value: JSONValue) {
    switch value {
    case .object(let object) where !object.isEmpty: self.object(object, indent: 0, isInline: true)
    case .array(let elements) where !elements.isEmpty: array(elements, indent: 0)
    default:
      scalar(value, indent: 0)
      newline()
    }
  }

  private mutating func put(_ text: String) { output.append(contentsOf: text.utf8) }
  private mutating func newline() { output.append(0x0A) }
  private mutating func space(_ count: Int) { for _ in 0..<count { output.append(0x20) } }

  /// - Parameter isInline: the cursor stands where the first member goes.
  private mutating func object(_ object: JSONObject, indent: Int, isInline: Bool) {
    var isFirst = isInline
    for key in object.keys.sorted() {
      if !isFirst { space(indent) }
      isFirst = false
      text(key, indent: indent, mayBeBlock: false)
      put(":")
      let value = object[key] ?? .null
      switch value {
      case .object(let inner) where !inner.isEmpty:
        newline()
        self.object(inner, indent: indent + 2, isInline: false)
      case .array(let elements) where !elements.isEmpty:
        newline()
        array(elements, indent: indent)
      default:
        put(" ")
        scalar(value, indent: indent + 2)
        newline()
      }
    }
  }

  private mutating func array(_ elements: [JSONValue], indent: Int) {
    for element in elements {
      space(indent)
      put("- ")
      switch element {
      case .object(let inner) where !inner.isEmpty: object(inner, indent: indent + 2, isInline: true)
      case .array(let inner) where !inner.isEmpty:
        newline()
        array(inner, indent: indent + 2)
      default:
        scalar(element, indent: indent + 2)
        newline()
      }
    }
  }

  private mutating func scalar(_ value: JSONValue, indent: Int) {
    switch value {
    case .string(let text): self.text(text, indent: indent, mayBeBlock: true)
    default: value.write(to: &output)
    }
  }

  private mutating func text(_ text: String, indent: Int, mayBeBlock: Bool) {
    if isPlain(text) {
      put(text)
    } else if mayBeBlock, isBlock(text) {
      put(text.hasSuffix("\n\n") ? "|+" : text.hasSuffix("\n") ? "|" : "|-")
      let body = text.hasSuffix("\n") ? text.dropLast() : text[...]
      for line in body.split(separator: "\n", omittingEmptySubsequences: false) {
        newline()
        if !line.isEmpty { space(indent) }
        put(String(line))
      }
    } else {
      // A JSON string is a YAML string.
      JSONValue.string(text).write(to: &output)
    }
  }

  /// Whether a text can stand without quotes and reads back as the same text.
  private func isPlain(_ text: String) -> Bool {
    guard let first = text.utf8.first, let last = text.utf8.last, last != 0x20, last != UInt8(ascii: ":") else {
      return false
    }
    switch first {
    case UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "["),
      UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "#"), UInt8(ascii: "&"),
      UInt8(ascii: "*"), UInt8(ascii: "!"), UInt8(ascii: "|"), UInt8(ascii: ">"), UInt8(ascii: "'"),
      UInt8(ascii: "\""), UInt8(ascii: "%"), UInt8(ascii: "@"), UInt8(ascii: "`"), 0x20, UInt8(ascii: "<"),
      UInt8(ascii: "="), UInt8(ascii: "."), UInt8(ascii: "~"):
      return false
    default: break
    }
    var previous: UInt8 = 0
    for byte in text.utf8 {
      if byte < 0x20 || byte >= 0x7F { return false }
      if byte == UInt8(ascii: "#"), previous == 0x20 { return false }
      if byte == 0x20, previous == UInt8(ascii: ":") { return false }
      previous = byte
    }
    if looksLikeDate(text) { return false }
    if case .string? = try? YAMLScalar.plain(text) { return true }
    return false
  }

  /// Readers of YAML 1.1 take `2026-01-02` for a date.
  private func looksLikeDate(_ text: String) -> Bool {
    let bytes = Array(text.utf8.prefix(5))
    return bytes.count == 5 && bytes[4] == UInt8(ascii: "-") && bytes.prefix(4).allSatisfy { $0 &- 0x30 < 10 }
  }

  private func isBlock(_ text: String) -> Bool {
    guard text.contains("\n"), text.utf8.first != 0x20, text.utf8.first != 0x0A else { return false }
    var previous: UInt8 = 0
    for byte in text.utf8 {
      if byte < 0x20, byte != 0x0A { return false }
      if byte == 0x7F || byte == 0x0A && previous == 0x20 { return false }
      previous = byte
    }
    return previous != 0x20
  }
}
