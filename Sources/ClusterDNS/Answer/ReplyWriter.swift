/// Writes one answer: the query's question as it came, and records behind it, never past `limit`.
///
/// The names of the question's own zone are written as pointers into the question (RFC 1035 §4.1.4), so they show the
/// case in which the client asked.
struct ReplyWriter {
  let base: UnsafeMutableRawPointer
  private(set) var position: Int
  /// What the records may fill: the client's limit less what the OPT record needs.
  private(set) var limit: Int
  private(set) var answers: UInt16 = 0
  private(set) var authorities: UInt16 = 0
  private(set) var additionals: UInt16 = 0
  private(set) var isTruncated = false
  private let query: Query

  /// A pointer to the question's name.
  static let question: UInt16 = 0xc00c

  /// `reply` must be at least `limit` bytes long, and `limit` at least 512.
  @inline(__always)
  init(_ query: Query, packet: UnsafeRawBufferPointer, reply: UnsafeMutableRawPointer, limit: Int) {
    self.query = query
    base = reply
    self.limit = query.hasEDNS ? limit &- MessageSize.opt : limit
    position = query.questionEnd
    if let source = packet.baseAddress {
      // At most 12 + 255 + 4 bytes: the question was read whole.
      (base + MessageSize.header).copyMemory(
        from: source + MessageSize.header, byteCount: query.questionEnd &- MessageSize.header)
    }
  }

  @inline(__always)
  func fits(_ bytes: Int) -> Bool { position &+ bytes <= limit }

  mutating func truncate() { isTruncated = true }

  // MARK: Records

  enum Section { case answer, authority, additional }

  @inline(__always)
  private mutating func count(_ section: Section) {
    switch section {
    case .answer: answers &+= 1
    case .authority: authorities &+= 1
    case .additional: additionals &+= 1
    }
  }

  /// A record's head with a pointer for its owner; the caller checked that it and its data fit.
  @inline(__always)
  mutating func head(
    _ section: Section, owner: UInt16, type: UInt16, ttl: UInt32, dataLength: Int,
    recordClass: UInt16 = RecordClass.internet
  ) {
    base.put(owner, at: position)
    base.put(type, at: position &+ 2)
    base.put(recordClass, at: position &+ 4)
    base.put(ttl, at: position &+ 6)
    base.put(UInt16(truncatingIfNeeded: dataLength), at: position &+ 10)
    position &+= 12
    count(section)
  }

  @inline(__always)
  mutating func bytes(_ source: UnsafeRawPointer, _ count: Int) {
    (base + position).copyMemory(from: source, byteCount: count)
    position &+= count
  }

  @inline(__always)
  mutating func word(_ value: UInt16) {
    base.put(value, at: position)
    position &+= 2
  }

  @inline(__always)
  mutating func long(_ value: UInt32) {
    base.put(value, at: position)
    position &+= 4
  }

  @inline(__always)
  mutating func byte(_ value: UInt8) {
    base.put(value, at: position)
    position &+= 1
  }

  /// Address records, all with one owner, starting with number `start` and going round. What does not fit is left out.
  /// Returns whether all fitted.
  @inline(__always)
  mutating func addresses(
    _ section: Section, _ source: UnsafeRawPointer, count: Int, size: Int, owner: UInt16, ttl: UInt32, start: Int
  ) -> Bool {
    let type = size == 4 ? RecordType.a : RecordType.aaaa
    let room = max(0, limit &- position) / (12 &+ size)
    let kept = min(room, count)
    var index = start
    for _ in 0..<kept {
      head(section, owner: owner, type: type, ttl: ttl, dataLength: size)
      bytes(source + index &* size, size)
      index &+= 1
      if index == count { index = 0 }
    }
    return kept == count
  }

  // MARK: End

  /// Writes the header and the OPT record, and returns the length of the message.
  @inline(__always)
  mutating func finish(code: UInt16, authoritative: Bool) -> Int {
    if query.hasEDNS {
      base.put(UInt8(0), at: position)
      base.put(RecordType.opt, at: position &+ 1)
      base.put(UInt16(MessageSize.maximumUDP), at: position &+ 3)
      base.put(UInt8(truncatingIfNeeded: code >> 4), at: position &+ 5)
      base.put(UInt8(0), at: position &+ 6)
      base.put(query.dnssecOK ? UInt16(0x8000) : 0, at: position &+ 7)
      base.put(UInt16(0), at: position &+ 9)
      position &+= MessageSize.opt
      additionals &+= 1
    }
    var flags = HeaderFlag.response | HeaderFlag.recursionAvailable | code & HeaderFlag.code
    flags |= query.flags & (HeaderFlag.recursionDesired | HeaderFlag.checkingDisabled)
    if authoritative { flags |= HeaderFlag.authoritative }
    if isTruncated { flags |= HeaderFlag.truncated }
    base.put(query.id, at: 0)
    base.put(flags, at: 2)
    base.put(UInt16(1), at: 4)
    base.put(answers, at: 6)
    base.put(authorities, at: 8)
    base.put(additionals, at: 10)
    return position
  }

  /// A header alone, for a query whose question could not be read or is not repeated.
  static func headerOnly(_ query: Query, code: UInt16, reply: UnsafeMutableRawPointer) -> Int {
    var flags = HeaderFlag.response | HeaderFlag.recursionAvailable | code
    flags |= query.flags & (HeaderFlag.opcode | HeaderFlag.recursionDesired)
    reply.put(query.id, at: 0)
    reply.put(flags, at: 2)
    for offset in [4, 6, 8, 10] { reply.put(UInt16(0), at: offset) }
    return MessageSize.header
  }
}
