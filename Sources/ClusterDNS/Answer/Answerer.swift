/// What becomes of a packet.
enum Outcome: Equatable {
  /// An answer of so many bytes was written.
  case reply(Int)
  case drop
  /// The name is not the cluster's: it must be asked elsewhere. `Answerer.query` and `Answerer.alias` say what.
  case forward
}

/// Answers queries from a snapshot. One a thread: it owns the scratch space of that thread.
///
/// From packet to answer there is no lock, no allocation and no system call.
struct Answerer: ~Copyable {
  /// Room for a name of 255 bytes, and for a look-ahead of 8.
  static let scratchSize = 264
  /// How many aliases are followed (spec item 7).
  static let aliasLimit = 10

  /// Changed between two queries only; the zone stays the same.
  var settings: AnswerSettings
  /// The question's name in lower case.
  let lower: UnsafeMutablePointer<UInt8>
  private let zoneBytes: UnsafeMutablePointer<UInt8>
  let zoneLength: Int
  var query = Query()
  var random: UInt64
  /// Set with `.forward` where the question's name is an alias of a name outside the cluster: that name, and the part
  /// of the answer that is written already.
  var alias: Alias?
  /// The code of the last reply, for metrics.
  var code: UInt16 = 0
  /// Whether the last query's name is within the cluster's zones, for metrics.
  var isCluster = false

  struct Alias {
    var target: WireName
    var written: Int
    var answers: UInt16
  }

  init(_ settings: AnswerSettings) {
    self.settings = settings
    lower = .allocate(capacity: Self.scratchSize)
    lower.initialize(repeating: 0, count: Self.scratchSize)
    zoneLength = settings.zone.bytes.count
    zoneBytes = .allocate(capacity: Self.scratchSize)
    zoneBytes.initialize(repeating: 0, count: Self.scratchSize)
    for (index, byte) in settings.zone.bytes.enumerated() { zoneBytes[index] = byte }
    var generator = SystemRandomNumberGenerator()
    random = generator.next() | 1
  }

  deinit {
    lower.deallocate()
    zoneBytes.deallocate()
  }

  /// Answers `packet` into `reply`, which must hold `MessageSize.maximumTCP` bytes for TCP and `maximumUDP` for UDP.
  @inline(__always)
  mutating func answer(
    _ packet: UnsafeRawBufferPointer, _ snapshot: Snapshot, into reply: UnsafeMutableRawPointer, isTCP: Bool
  ) -> Outcome {
    query = Query()
    isCluster = false
    alias = nil
    switch query.read(packet, lower: lower) {
    case .query: break
    case .drop: return .drop
    case .formatError: return bare(ResponseCode.formatError, reply)
    case .notImplemented: return bare(ResponseCode.notImplemented, reply)
    }
    let limit = isTCP ? MessageSize.maximumTCP : query.payload
    var writer = ReplyWriter(query, packet: packet, reply: reply, limit: limit)
    if query.version != 0 { return finish(&writer, ResponseCode.badVersion, authoritative: false) }
    if query.recordClass != RecordClass.internet { return answerClass(&writer) }
    if query.type >= RecordType.tkey || query.type == RecordType.opt {
      if let outcome = answerMetaType(&writer) { return outcome }
    }
    let name = UnsafeRawPointer(lower)
    guard let entry = snapshot.find(name, query.nameLength) else { return answerMissing(&writer, snapshot) }
    isCluster = true
    if !snapshot.isSynced { return finish(&writer, ResponseCode.serverFailure, authoritative: false) }
    return answer(from: entry, &writer, snapshot)
  }

  // MARK: Names that exist

  @inline(__always)
  private mutating func answer(from entry: Entry, _ writer: inout ReplyWriter, _ snapshot: Snapshot) -> Outcome {
    let ttl = settings.ttl
    switch query.type {
    case RecordType.a:
      let (bytes, count) = entry.v4
      if count > 0 {
        let start = count == 1 ? 0 : next(count)
        if !writer.addresses(
          .answer, bytes, count: count, size: 4, owner: ReplyWriter.question, ttl: ttl, start: start)
        {
          writer.truncate()
        }
        return finish(&writer, ResponseCode.noError, authoritative: true)
      }
    case RecordType.aaaa:
      let (bytes, count) = entry.v6
      if count > 0 {
        let start = count == 1 ? 0 : next(count)
        if !writer.addresses(
          .answer, bytes, count: count, size: 16, owner: ReplyWriter.question, ttl: ttl, start: start)
        {
          writer.truncate()
        }
        return finish(&writer, ResponseCode.noError, authoritative: true)
      }
    case RecordType.srv:
      if entry.kinds.contains(.service) {
        writeServices(entry, &writer)
        return finish(&writer, ResponseCode.noError, authoritative: true)
      }
    case RecordType.ptr:
      if entry.kinds.contains(.pointer) {
        writePointers(entry, ttl: ttl, &writer)
        return finish(&writer, ResponseCode.noError, authoritative: true)
      }
    default:
      if answerRareType(entry, &writer, snapshot) {
        return finish(&writer, ResponseCode.noError, authoritative: true)
      }
    }
    if entry.kinds.contains(.alias) { return answerAlias(entry, &writer, snapshot) }
    writeStartOfAuthority(.authority, &writer, snapshot)
    return finish(&writer, ResponseCode.noError, authoritative: true)
  }

  /// ANY, TXT, SOA, NS. Returns false where the name has none of the type.
  private mutating func answerRareType(_ entry: Entry, _ writer: inout ReplyWriter, _ snapshot: Snapshot) -> Bool {
    switch query.type {
    case RecordType.any:
      writeHostInformation(&writer)
      return true
    case RecordType.txt:
      guard let (strings, length) = entry.text, writer.fits(12 + length) else { return false }
      writer.head(
        .answer, owner: ReplyWriter.question, type: RecordType.txt, ttl: settings.ttl, dataLength: length)
      writer.bytes(strings, length)
      return true
    case RecordType.soa:
      guard entry.kinds.contains(.apex) else { return false }
      writeStartOfAuthority(.answer, &writer, snapshot)
      return true
    case RecordType.ns:
      guard entry.kinds.contains(.apex) else { return false }
      writeNameServer(&writer, snapshot)
      return true
    default:
      return false
    }
  }

  // MARK: Names that do not

  private mutating func answerMissing(_ writer: inout ReplyWriter, _ snapshot: Snapshot) -> Outcome {
    guard isInZone() else { return answerOutside(&writer, snapshot) }
    isCluster = true
    if !snapshot.isSynced { return finish(&writer, ResponseCode.serverFailure, authoritative: false) }
    if settings.echoesPodNames, let outcome = answerPodName(&writer, snapshot) { return outcome }
    writeStartOfAuthority(.authority, &writer, snapshot)
    return finish(&writer, ResponseCode.nameError, authoritative: true)
  }

  private mutating func answerOutside(_ writer: inout ReplyWriter, _ snapshot: Snapshot) -> Outcome {
    for zone in settings.reverseZones where ends(with: zone) {
      isCluster = true
      if !snapshot.isSynced { return finish(&writer, ResponseCode.serverFailure, authoritative: false) }
      // The apex of such a zone, and what stands between it and the addresses, exists without records.
      let isNonTerminal = query.labels < Self.reverseLabels(zone)
      writeStartOfAuthority(.authority, &writer, snapshot)
      return finish(
        &writer, isNonTerminal ? ResponseCode.noError : ResponseCode.nameError, authoritative: true)
    }
    if let statics = settings.statics, let entry = statics.find(UnsafeRawPointer(lower), query.nameLength) {
      return answerStatic(entry, ttl: statics.ttl, &writer)
    }
    if query.type == RecordType.any {
      writeHostInformation(&writer)
      return finish(&writer, ResponseCode.noError, authoritative: false)
    }
    return .forward
  }

  /// Records of a static name. It has no zone whose SOA could go with a denial.
  private mutating func answerStatic(_ entry: Entry, ttl: UInt32, _ writer: inout ReplyWriter) -> Outcome {
    switch query.type {
    case RecordType.a, RecordType.aaaa:
      let isIPv4 = query.type == RecordType.a
      let (bytes, count) = isIPv4 ? entry.v4 : entry.v6
      let isWhole = writer.addresses(
        .answer, bytes, count: count, size: isIPv4 ? 4 : 16, owner: ReplyWriter.question, ttl: ttl,
        start: count > 1 ? next(count) : 0)
      if !isWhole { writer.truncate() }
    case RecordType.ptr:
      if entry.kinds.contains(.pointer) { writePointers(entry, ttl: ttl, &writer) }
    case RecordType.any: writeHostInformation(&writer)
    default: break
    }
    return finish(&writer, ResponseCode.noError, authoritative: true)
  }

  /// Labels of a whole reverse name of the zone's family.
  private static func reverseLabels(_ zone: WireName) -> Int {
    zone.bytes.suffix(10).starts(with: [3, UInt8(ascii: "i"), UInt8(ascii: "p"), UInt8(ascii: "6")]) ? 34 : 6
  }

  /// Whether the question's name is the cluster's zone or below it.
  @inline(__always)
  private func isInZone() -> Bool {
    var offset = 0
    while query.nameLength &- offset > zoneLength {
      offset &+= Int(lower[offset]) &+ 1
    }
    guard query.nameLength &- offset == zoneLength else { return false }
    for index in 0..<zoneLength where lower[offset &+ index] != zoneBytes[index] { return false }
    return true
  }

  private func ends(with zone: WireName) -> Bool {
    var offset = 0
    while query.nameLength - offset > zone.bytes.count { offset += Int(lower[offset]) + 1 }
    guard query.nameLength - offset == zone.bytes.count else { return false }
    for (index, byte) in zone.bytes.enumerated() where lower[offset + index] != byte { return false }
    return true
  }

  // MARK: End

  /// The next start of a rotation through `count` records (xorshift).
  @inline(__always)
  mutating func next(_ count: Int) -> Int {
    random ^= random << 13
    random ^= random >> 7
    random ^= random << 17
    return Int(truncatingIfNeeded: ((random >> 33) &* UInt64(truncatingIfNeeded: count)) >> 31)
  }

  @inline(__always)
  mutating func finish(_ writer: inout ReplyWriter, _ code: UInt16, authoritative: Bool) -> Outcome {
    self.code = code
    return .reply(writer.finish(code: code, authoritative: authoritative))
  }

  private mutating func bare(_ code: UInt16, _ reply: UnsafeMutableRawPointer) -> Outcome {
    self.code = code
    return .reply(ReplyWriter.headerOnly(query, code: code, reply: reply))
  }
}
