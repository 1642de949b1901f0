/// A query that is to be answered from elsewhere, and how its answer goes back to the client.
struct ForwardRequest: Sendable {
  /// What is asked of the upstream.
  var question: ForwardQuestion
  var query: Query
  /// The answer's beginning: room for the header, the question as the client wrote it, and the aliases found.
  var prefix: [UInt8]
  /// The answer records within `prefix`.
  var answers: UInt16
  /// What the client takes, in bytes.
  var limit: Int
  /// Who asks, as a number that is the same for all its queries.
  var client: UInt64
  /// Whether `question` has another name than the client's query, without an alias that says so.
  var isRewritten = false
  /// An answer whose time is over, for when no other comes.
  var stale: UpstreamResponse?
  /// The client's name without its search domain, and the answer where the walk through all domains finds nothing.
  var search: SearchWalk?
  var reply: @Sendable ([UInt8]) -> Void

  /// A pod's query for a name with the pod's own search domain behind it.
  struct SearchWalk: Sendable {
    var name: [UInt8]
    var denial: [UInt8]
  }

  var followsAlias: Bool { answers > 0 }

  /// - Parameters:
  ///   - buffer: where the answerer began the answer.
  ///   - client: see ``client``.
  init(
    _ answerer: borrowing Answerer, reply buffer: UnsafeMutableRawPointer, isTCP: Bool, client: UInt64,
    reply: @escaping @Sendable ([UInt8]) -> Void
  ) {
    query = answerer.query
    let own = UnsafeBufferPointer(start: answerer.lower, count: answerer.query.nameLength)
    let written = answerer.alias?.written ?? answerer.query.questionEnd
    prefix = Array(UnsafeRawBufferPointer(start: UnsafeRawPointer(buffer), count: written))
    answers = answerer.alias?.answers ?? 0
    question = ForwardQuestion(
      name: answerer.alias?.target.bytes ?? Array(own), type: answerer.query.type,
      dnssecOK: answerer.query.dnssecOK,
      checkingDisabled: answerer.query.flags & HeaderFlag.checkingDisabled != 0)
    limit = isTCP ? MessageSize.maximumTCP : answerer.query.payload
    self.client = client
    self.reply = reply
  }
}

/// What distinguishes one question to an upstream from another.
struct ForwardQuestion: Sendable, Hashable {
  /// In lower-case wire form.
  var name: [UInt8]
  var type: UInt16
  var dnssecOK = false
  var checkingDisabled = false

  /// The query to send: recursion desired, and EDNS with the payload that fits every path.
  /// - Parameter spelling: the name, letters in any case.
  func message(id: UInt16, spelling: [UInt8], hasEDNS: Bool) -> [UInt8] {
    var flags = HeaderFlag.recursionDesired
    if checkingDisabled { flags |= HeaderFlag.checkingDisabled }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(MessageSize.header + name.count + 4 + MessageSize.opt)
    for word in [id, flags, 1, 0, 0, hasEDNS ? 1 : 0] as [UInt16] { bytes.append(bigEndian: word) }
    bytes += spelling
    bytes.append(bigEndian: type)
    bytes.append(bigEndian: RecordClass.internet)
    if hasEDNS {
      bytes.append(0)
      bytes.append(bigEndian: RecordType.opt)
      bytes.append(bigEndian: UInt16(MessageSize.maximumUDP))
      for word in [0, dnssecOK ? 0x8000 : 0, 0] as [UInt16] { bytes.append(bigEndian: word) }
    }
    return bytes
  }

  /// Makes letters of a name upper case at random (draft-vixie-dnsext-dns0x20).
  static func randomizeCase(_ name: inout [UInt8], _ random: inout some RandomNumberGenerator) {
    var bits: UInt64 = 0
    for index in name.indices {
      if index % 64 == 0 { bits = random.next() }
      // A length byte is below 64, so it is no letter.
      if name[index] >= UInt8(ascii: "a"), name[index] <= UInt8(ascii: "z"), bits & 1 != 0 { name[index] ^= 0x20 }
      bits >>= 1
    }
  }
}

extension [UInt8] {
  mutating func append(bigEndian word: UInt16) {
    append(UInt8(truncatingIfNeeded: word >> 8))
    append(UInt8(truncatingIfNeeded: word))
  }

  mutating func append(bigEndian long: UInt32) {
    append(bigEndian: UInt16(truncatingIfNeeded: long >> 16))
    append(bigEndian: UInt16(truncatingIfNeeded: long))
  }

  /// The word at `offset`, in network order; the caller checked that it is there.
  func bigEndian16(_ offset: Int) -> UInt16 { UInt16(self[offset]) << 8 | UInt16(self[offset + 1]) }
  func bigEndian32(_ offset: Int) -> UInt32 { UInt32(bigEndian16(offset)) << 16 | UInt32(bigEndian16(offset + 2)) }

  mutating func put(_ word: UInt16, at offset: Int) {
    self[offset] = UInt8(truncatingIfNeeded: word >> 8)
    self[offset + 1] = UInt8(truncatingIfNeeded: word)
  }

  mutating func put(_ long: UInt32, at offset: Int) {
    put(UInt16(truncatingIfNeeded: long >> 16), at: offset)
    put(UInt16(truncatingIfNeeded: long), at: offset + 2)
  }
}
