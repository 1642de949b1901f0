/// A strict reader of DNS messages, written apart from the server's own: names must point backwards, sections must hold
/// what the header says, and nothing may follow them.
struct Message: Equatable {
  struct Question: Equatable {
    var name: String
    var type: Int
    var recordClass: Int
  }
  struct Record: Equatable {
    var name: String
    var type: Int
    var recordClass: Int
    var ttl: Int
    /// As dig writes it: addresses, names, `priority weight port target`.
    var data: String
  }
  struct Malformed: Error { var reason: String }

  var id: Int
  var flags: Int
  var question: [Question] = []
  var answers: [Record] = []
  var authorities: [Record] = []
  var additionals: [Record] = []
  /// The OPT record's payload and extended code and version and DO, where there is one.
  var edns: (payload: Int, code: Int, version: Int, dnssecOK: Bool)?
  var size: Int

  static func == (left: Message, right: Message) -> Bool {
    left.id == right.id && left.flags == right.flags && left.question == right.question
      && left.answers == right.answers && left.authorities == right.authorities
      && left.additionals == right.additionals
  }

  var isResponse: Bool { flags & 0x8000 != 0 }
  var isAuthoritative: Bool { flags & 0x0400 != 0 }
  var isTruncated: Bool { flags & 0x0200 != 0 }
  var recursionDesired: Bool { flags & 0x0100 != 0 }
  var recursionAvailable: Bool { flags & 0x0080 != 0 }
  var code: Int { flags & 15 | (edns?.code ?? 0) << 4 }

  func data(_ type: Int) -> [String] { answers.filter { $0.type == type }.map(\.data) }

  init(_ bytes: [UInt8]) throws {
    var reader = Reader(bytes: bytes)
    size = bytes.count
    id = try reader.word()
    flags = try reader.word()
    let counts = [try reader.word(), try reader.word(), try reader.word(), try reader.word()]
    for _ in 0..<counts[0] {
      question.append(
        Question(name: try reader.name(), type: try reader.word(), recordClass: try reader.word()))
    }
    for _ in 0..<counts[1] { if let record = try reader.record(&edns) { answers.append(record) } }
    for _ in 0..<counts[2] { if let record = try reader.record(&edns) { authorities.append(record) } }
    for _ in 0..<counts[3] { if let record = try reader.record(&edns) { additionals.append(record) } }
    guard reader.offset == bytes.count else { throw Malformed(reason: "bytes after the last record") }
  }

  private struct Reader {
    let bytes: [UInt8]
    var offset = 0

    mutating func byte() throws -> Int {
      guard offset < bytes.count else { throw Malformed(reason: "cut short at \(offset)") }
      defer { offset += 1 }
      return Int(bytes[offset])
    }
    mutating func word() throws -> Int { try byte() << 8 | byte() }
    mutating func long() throws -> Int { try word() << 16 | word() }

    mutating func name() throws -> String {
      var labels: [String] = []
      var resume: Int?
      var length = 0
      while true {
        let start = offset
        let label = try byte()
        if label == 0 { break }
        if label >= 0xc0 {
          let target = (label & 0x3f) << 8 | (try byte())
          guard target < start else { throw Malformed(reason: "pointer forwards at \(start)") }
          resume = resume ?? offset
          offset = target
          continue
        }
        guard label < 64 else { throw Malformed(reason: "label type at \(start)") }
        length += label + 1
        guard length < 255 else { throw Malformed(reason: "name too long") }
        var text = ""
        for _ in 0..<label { text.unicodeScalars.append(Unicode.Scalar(UInt8(try byte()))) }
        labels.append(text)
      }
      if let resume { offset = resume }
      return labels.map { $0 + "." }.joined().isEmpty ? "." : labels.map { $0 + "." }.joined()
    }

    mutating func record(
      _ edns: inout (payload: Int, code: Int, version: Int, dnssecOK: Bool)?
    ) throws -> Record? {
      let owner = try name()
      let type = try word()
      let recordClass = try word()
      let ttl = try long()
      let length = try word()
      let end = offset + length
      guard end <= bytes.count else { throw Malformed(reason: "data cut short") }
      if type == 41 {
        guard edns == nil, owner == "." else { throw Malformed(reason: "second OPT, or one with a name") }
        edns = (recordClass, ttl >> 24, ttl >> 16 & 255, ttl & 0x8000 != 0)
        offset = end
        return nil
      }
      let data = try data(type, end)
      guard offset == end else { throw Malformed(reason: "data of type \(type) is not \(length) bytes long") }
      return Record(name: owner, type: type, recordClass: recordClass, ttl: ttl, data: data)
    }

    private mutating func data(_ type: Int, _ end: Int) throws -> String {
      switch type {
      case 1: return try (0..<4).map { _ in "\(try byte())" }.joined(separator: ".")
      case 28: return try (0..<8).map { _ in String(try word(), radix: 16) }.joined(separator: ":")
      case 2, 5, 12: return try name()
      case 6:
        let names = [try name(), try name()]
        return (names + (try (0..<5).map { _ in "\(try long())" })).joined(separator: " ")
      case 16:
        var strings: [String] = []
        while offset < end {
          let count = try byte()
          var text = ""
          for _ in 0..<count { text.unicodeScalars.append(Unicode.Scalar(UInt8(try byte()))) }
          strings.append(text)
        }
        return strings.joined(separator: " ")
      case 33:
        let words = try (0..<3).map { _ in "\(try word())" }
        guard offset < bytes.count, bytes[offset] < 0xc0 else { throw Malformed(reason: "compressed SRV target") }
        return (words + [try name()]).joined(separator: " ")
      default:
        var text = ""
        while offset < end { text += String(try byte(), radix: 16) + " " }
        return text
      }
    }
  }
}

/// Builds queries.
struct Ask {
  var name: String
  var type: Int = 1
  var recordClass = 1
  var id = 0x1234
  var flags = 0x0100
  var edns: Int?
  var version = 0
  var dnssecOK = false
  var options: [UInt8] = []

  static func type(_ name: String) -> Int {
    ["A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "ANY": 255][name]
      ?? 0
  }

  var bytes: [UInt8] {
    func word(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 255), UInt8(value & 255)] }
    var bytes = word(id) + word(flags) + word(1) + word(0) + word(0) + word(edns == nil ? 0 : 1)
    for label in name.split(separator: ".") { bytes += [UInt8(label.utf8.count)] + Array(label.utf8) }
    bytes += [0] + word(type) + word(recordClass)
    if let edns {
      bytes += [0] + word(41) + word(edns) + [0, UInt8(version)] + word(dnssecOK ? 0x8000 : 0)
      bytes += word(options.count) + options
    }
    return bytes
  }
}
