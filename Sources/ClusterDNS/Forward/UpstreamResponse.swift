/// An upstream's answer, read and checked, without its OPT record.
struct UpstreamResponse: Sendable, Equatable {
  /// Header, question and records.
  private(set) var bytes: [UInt8]
  private(set) var questionEnd: Int
  /// Records of the three sections.
  private(set) var counts: (answers: UInt16, authorities: UInt16, additionals: UInt16)
  private(set) var isTruncated: Bool
  /// Where the TTL of each record stands.
  private(set) var ttlOffsets: [Int] = []
  /// Seconds for which the answer may be kept (RFC 2308 for a negative one).
  private(set) var ttl: UInt32 = 0
  /// Whether it may be kept at all: a denial that says for how long, or records.
  private(set) var mayBeKept = false

  var code: UInt16 { bytes.bigEndian16(2) & HeaderFlag.code }
  var isAuthenticated: Bool { bytes.bigEndian16(2) & HeaderFlag.authenticData != 0 }
  var id: UInt16 { bytes.bigEndian16(0) }

  /// Whether it says that there is nothing: no such name, or no record of the type.
  var isDenial: Bool { code != ResponseCode.noError || counts.answers == 0 }

  /// Whether the question's name is spelled so, case included.
  func hasQuestion(_ spelling: [UInt8]) -> Bool {
    bytes[MessageSize.header..<(questionEnd - 4)].elementsEqual(spelling)
  }

  /// Writes the question's name in lower case: the upstream saw letters in random case, and records point at it.
  mutating func lowerQuestion() {
    for index in MessageSize.header..<(questionEnd - 4) { bytes[index] = WireName.lower(bytes[index]) }
  }

  /// Brings the TTLs of all records within bounds, in seconds.
  mutating func clampTTLs(atLeast shortest: UInt32, atMost longest: UInt32) {
    for offset in ttlOffsets {
      let ttl = min(bytes.bigEndian32(offset), 0x7fff_ffff)
      bytes.put(min(max(ttl, shortest), longest), at: offset)
    }
  }

  static func == (left: Self, right: Self) -> Bool { left.bytes == right.bytes }

  /// `nil` where `bytes` is no well-formed answer to `question`.
  init?(_ bytes: [UInt8], to question: ForwardQuestion) {
    questionEnd = MessageSize.header + question.name.count + 4
    guard bytes.count >= questionEnd, bytes.count <= MessageSize.maximumTCP else { return nil }
    let flags = bytes.bigEndian16(2)
    guard flags & HeaderFlag.response != 0, flags & HeaderFlag.opcode == 0, bytes.bigEndian16(4) == 1 else {
      return nil
    }
    for (index, byte) in question.name.enumerated()
    where WireName.lower(bytes[MessageSize.header + index]) != byte { return nil }
    guard bytes.bigEndian16(questionEnd - 4) == question.type,
      bytes.bigEndian16(questionEnd - 2) == RecordClass.internet
    else { return nil }
    isTruncated = flags & HeaderFlag.truncated != 0
    counts = (0, 0, 0)
    if isTruncated {
      self.bytes = Array(bytes[..<questionEnd])
      return
    }
    self.bytes = bytes
    guard readRecords() else { return nil }
  }

  /// Walks the records, leaves out the OPT record and what follows it, and finds the time to keep.
  private mutating func readRecords() -> Bool {
    let total = (0..<3).map { Int(bytes.bigEndian16(6 + 2 * $0)) }
    var offset = questionEnd
    var smallest = UInt32.max
    var negative: UInt32?
    for section in 0..<3 {
      for _ in 0..<total[section] {
        guard let end = Self.nameEnd(bytes, offset), end + 10 <= bytes.count else { return false }
        let type = bytes.bigEndian16(end)
        let length = Int(bytes.bigEndian16(end + 8))
        guard end + 10 + length <= bytes.count else { return false }
        if type == RecordType.opt {
          guard section == 2 else { return false }
          // It stands last as a rule. Additional records behind it are a help only.
          bytes.removeSubrange(offset...)
          finish(smallest, negative)
          return true
        }
        let ttl = min(bytes.bigEndian32(end + 4), 0x7fff_ffff)
        if section == 0 { smallest = min(smallest, ttl) }
        if section == 1, type == RecordType.soa, length >= 22 {
          negative = min(ttl, bytes.bigEndian32(end + 10 + length - 4))
        }
        ttlOffsets.append(end + 4)
        offset = end + 10 + length
        switch section {
        case 0: counts.answers += 1
        case 1: counts.authorities += 1
        default: counts.additionals += 1
        }
      }
    }
    bytes.removeSubrange(offset...)
    finish(smallest, negative)
    return true
  }

  private mutating func finish(_ smallest: UInt32, _ negative: UInt32?) {
    switch code {
    case ResponseCode.noError:
      // Behind an alias there may be nothing: then the denial's time counts too.
      ttl = counts.answers > 0 ? min(smallest, negative ?? smallest) : negative ?? 0
      mayBeKept = counts.answers > 0 || negative != nil
    case ResponseCode.nameError:
      ttl = min(negative ?? 0, smallest)
      mayBeKept = negative != nil
    default: break
    }
  }

  /// The offset behind a name that starts at `offset`; `nil` where it leaves the message.
  static func nameEnd(_ bytes: [UInt8], _ offset: Int) -> Int? {
    var offset = offset
    while offset < bytes.count {
      let label = Int(bytes[offset])
      if label == 0 { return offset + 1 }
      if label & 0xc0 == 0xc0 { return offset + 2 <= bytes.count ? offset + 2 : nil }
      guard label <= MessageSize.labelLimit else { return nil }
      offset += label + 1
    }
    return nil
  }

  /// The name at `offset` without compression, and the offset behind it; `nil` where it is none.
  static func name(_ bytes: [UInt8], _ offset: Int) -> (name: [UInt8], end: Int)? {
    var name: [UInt8] = []
    var offset = offset
    var end: Int?
    var jumps = 0
    while offset < bytes.count {
      let label = Int(bytes[offset])
      if label == 0 {
        name.append(0)
        return name.count <= MessageSize.nameLimit ? (name, end ?? offset + 1) : nil
      }
      if label & 0xc0 == 0xc0 {
        guard offset + 2 <= bytes.count else { return nil }
        end = end ?? offset + 2
        let target = (label & 0x3f) << 8 | Int(bytes[offset + 1])
        jumps += 1
        guard target < offset, jumps <= 128 else { return nil }
        offset = target
        continue
      }
      guard label <= MessageSize.labelLimit, offset + label + 1 <= bytes.count, name.count < MessageSize.nameLimit
      else { return nil }
      name += bytes[offset...(offset + label)]
      offset += label + 1
    }
    return nil
  }
}
