import Glibc

/// The log of a container run in the form of CRI: `2026-01-02T15:04:05.123456789Z stdout F text`. `P` stands for a line
/// that goes on in the next.
struct LogLine: Sendable, Equatable {
  /// RFC 3339 with nanoseconds, as it stands in the file.
  var time: String
  var isPartial: Bool
  var text: [UInt8]

  init?(_ line: ArraySlice<UInt8>) {
    let space = UInt8(ascii: " ")
    guard let first = line.firstIndex(of: space), let second = line[(first + 1)...].firstIndex(of: space),
      let third = line[(second + 1)...].firstIndex(of: space)
    else { return nil }
    time = String(decoding: line[..<first], as: UTF8.self)
    let tags = line[(second + 1)..<third]
    isPartial = tags.first == UInt8(ascii: "P")
    text = Array(line[(third + 1)...])
  }
}

enum LogFile {
  /// The last lines without their times, at most `bytes` of them.
  static func lastLines(_ path: String, count: Int, bytes: Int) -> String {
    var window = LogSelection(tail: count)
    guard let content = try? Files.read(path, limit: 64 << 20) else { return "" }
    var output: [UInt8] = []
    for line in content.split(separator: UInt8(ascii: "\n")) {
      guard let parsed = LogLine(line) else { continue }
      window.hold(parsed.text + (parsed.isPartial ? [] : [UInt8(ascii: "\n")]), endsLine: !parsed.isPartial)
    }
    output = window.held
    return String(decoding: output.suffix(bytes), as: UTF8.self)
  }
}

/// Keeps the last lines of what passes through it.
struct LogSelection: Sendable {
  var tail: Int
  private var parts: [[UInt8]] = []
  private var begins = true

  init(tail: Int) { self.tail = tail }

  mutating func hold(_ part: [UInt8], endsLine: Bool) {
    if begins { parts.append(part) } else { parts[parts.count - 1] += part }
    begins = endsLine
    if parts.count > tail * 2 + 16 { parts.removeFirst(parts.count - tail) }
  }

  var held: [UInt8] { parts.suffix(tail).flatMap { $0 } }
}
