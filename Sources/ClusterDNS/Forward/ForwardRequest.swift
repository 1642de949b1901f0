/// A query that is to be asked elsewhere, and how its answer goes back to the client.
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
  var reply: @Sendable ([UInt8]) -> Void

  var followsAlias: Bool { answers > 0 }

  /// - Parameter buffer: where the answerer began the answer.
  init(
    _ answerer: borrowing Answerer, reply buffer: UnsafeMutableRawPointer, isTCP: Bool,
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
  func message(id: UInt16) -> [UInt8] {
    var flags = HeaderFlag.recursionDesired
    if checkingDisabled { flags |= HeaderFlag.checkingDisabled }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(MessageSize.header + name.count + 4 + MessageSize.opt)
    for word in [id, flags, 1, 0, 0, 1] as [UInt16] { bytes.append(bigEndian: word) }
    bytes += name
    bytes.append(bigEndian: type)
    bytes.append(bigEndian: RecordClass.internet)
    bytes.append(0)
    bytes.append(bigEndian: RecordType.opt)
    bytes.append(bigEndian: UInt16(MessageSize.maximumUDP))
    for word in [0, dnssecOK ? 0x8000 : 0, 0] as [UInt16] { bytes.append(bigEndian: word) }
    return bytes
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
