/// Bytes as hexadecimal text: whatever follows `//` on a line says what they are.
struct Wire {
  private var lines: [(bytes: [UInt8], text: Substring)] = []

  init(_ text: String) {
    for line in text.split(separator: "\n") {
      let digits = line.prefix { $0 != "/" }.split(separator: " ")
      lines.append((digits.map { UInt8($0, radix: 16) ?? 0 }, line))
    }
  }

  var bytes: [UInt8] { lines.flatMap(\.bytes) }

  /// The first line that differs, and what was there instead.
  func difference(from actual: [UInt8]) -> String? {
    var rest = actual[...]
    for line in lines {
      let found = rest.prefix(line.bytes.count)
      rest = rest.dropFirst(line.bytes.count)
      if !found.elementsEqual(line.bytes) { return "got \(Self.hex(found)) for: \(line.text)" }
    }
    return rest.isEmpty ? nil : "more than expected: \(Self.hex(rest))"
  }

  static func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
  }
}
