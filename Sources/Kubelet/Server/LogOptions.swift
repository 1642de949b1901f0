import FoundationEssentials
import KubeAPI

/// What a request for a container's log asks for.
struct LogOptions: Sendable, Equatable {
  var follow = false
  var timestamps = false
  var previous = false
  var tailLines: Int?
  var limitBytes: Int?
  /// RFC 3339 in UTC, to be compared with the times in the file; `nil` for all.
  var since: String?

  init() {}

  /// - Parameter query: `follow=true&tailLines=10`, decoded.
  /// - Throws: ``KubeletError`` for a value that does not fit.
  init(query: [String: String], now: Int64 = Time.now().seconds) throws {
    func flag(_ name: String) -> Bool { ["true", "1"].contains(query[name] ?? "") }
    func number(_ name: String) throws -> Int? {
      guard let text = query[name] else { return nil }
      guard let number = Int(text), number >= 0 else { throw KubeletError("invalid \(name): \(text)") }
      return number
    }
    follow = flag("follow")
    timestamps = flag("timestamps")
    previous = flag("previous")
    tailLines = try number("tailLines")
    limitBytes = try number("limitBytes")
    if let seconds = try number("sinceSeconds") {
      since = Time(seconds: now - Int64(seconds)).text
    } else if let time = query["sinceTime"] {
      guard let parsed = Time(jsonValue: .string(time)) else { throw KubeletError("invalid sinceTime: \(time)") }
      since = parsed.text
    }
  }
}

/// Turns the bytes of a log file, as they come, into what the request asked for.
struct LogFilter: Sendable {
  var options: LogOptions
  private var rest: [UInt8] = []
  private var written = 0
  /// The line before goes on in this one.
  private var continues = false
  private var continuedWanted = false
  private(set) var isFull = false

  init(_ options: LogOptions) { self.options = options }

  mutating func feed(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    rest += Array(bytes)
    var output: [UInt8] = []
    var begin = rest.startIndex
    while !isFull, let end = rest[begin...].firstIndex(of: UInt8(ascii: "\n")) {
      if let line = LogLine(rest[begin..<end]) { append(line, to: &output) }
      begin = end + 1
    }
    rest.removeFirst(begin)
    if let limit = options.limitBytes, written + output.count >= limit {
      output.removeLast(written + output.count - limit)
      isFull = true
    }
    written += output.count
    return output
  }

  private mutating func append(_ line: LogLine, to output: inout [UInt8]) {
    let wanted = continues ? continuedWanted : Self.isSince(line.time, options.since)
    if wanted {
      if options.timestamps && !continues { output += Array(line.time.utf8) + [UInt8(ascii: " ")] }
      output += line.text
      if !line.isPartial { output.append(UInt8(ascii: "\n")) }
    }
    continues = line.isPartial
    continuedWanted = wanted
  }

  /// Both are in UTC; their first 19 characters are date and time to the second.
  static func isSince(_ time: String, _ since: String?) -> Bool {
    guard let since else { return true }
    return time.prefix(19) >= since.prefix(19)
  }

  /// Where the last `count` lines of a log file's bytes begin.
  static func tailOffset(_ bytes: [UInt8], lines count: Int) -> Int {
    guard count > 0 else { return bytes.count }
    var found = 0
    var end = bytes.count
    if bytes.last == UInt8(ascii: "\n") { end -= 1 }
    var position = end
    while position > 0 {
      guard let newline = bytes[..<position].lastIndex(of: UInt8(ascii: "\n")) else { return 0 }
      let next = newline + 1
      // A line that the one before goes on in is not a line of its own.
      if let before = LogLine(
        bytes[(bytes[..<newline].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0)..<newline]),
        before.isPartial
      {
        position = newline
        continue
      }
      found += 1
      if found == count { return next }
      position = newline
    }
    return 0
  }
}
