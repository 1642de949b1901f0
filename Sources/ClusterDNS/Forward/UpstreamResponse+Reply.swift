/// How old a kept answer is.
enum AnswerAge: Sendable, Hashable {
  /// Seconds since it came: they are taken off the TTLs.
  case seconds(UInt32)
  /// Its time is over: it is good for this many seconds more (RFC 8767 §4).
  case stale(UInt32)

  @inline(__always)
  func remaining(_ ttl: UInt32) -> UInt32 {
    switch self {
    case .seconds(let age): ttl > age ? ttl - age : 0
    case .stale(let seconds): seconds
    }
  }
}

extension UpstreamResponse {
  /// Writes the answer for one client into `reply`, which holds the client's question already and at least
  /// `MessageSize.plainUDP` bytes, or `limit` bytes where that is more. Returns its length.
  ///
  /// The question is as long in the client's spelling as in the upstream's, so pointers into the message stay right.
  func write(_ query: Query, into reply: UnsafeMutableRawPointer, limit: Int, age: AnswerAge) -> Int {
    var position = questionEnd
    var isTooLong = isTruncated
    var counts = counts
    if bytes.count <= limit - (query.hasEDNS ? MessageSize.opt : 0) {
      bytes.withUnsafeBytes { source in
        guard let base = source.baseAddress, source.count > questionEnd else { return }
        (reply + questionEnd).copyMemory(from: base + questionEnd, byteCount: source.count - questionEnd)
      }
      for offset in ttlOffsets { reply.put(age.remaining(min(bytes.bigEndian32(offset), 0x7fff_ffff)), at: offset) }
      position = bytes.count
    } else {
      isTooLong = true
      counts = (0, 0, 0)
    }
    if query.hasEDNS {
      reply.put(UInt8(0), at: position)
      reply.put(RecordType.opt, at: position + 1)
      reply.put(UInt16(MessageSize.maximumUDP), at: position + 3)
      reply.put(UInt16(0), at: position + 5)
      reply.put(query.dnssecOK ? UInt16(0x8000) : 0, at: position + 7)
      reply.put(UInt16(0), at: position + 9)
      position += MessageSize.opt
      counts.additionals += 1
    }
    reply.put(query.id, at: 0)
    reply.put(flags(for: query, isTooLong: isTooLong, isWhole: true), at: 2)
    reply.put(UInt16(1), at: 4)
    reply.put(counts.answers, at: 6)
    reply.put(counts.authorities, at: 8)
    reply.put(counts.additionals, at: 10)
    return position
  }

  /// The answer for one client: its ID, its spelling of the name, its own size limit.
  func reply(to request: ForwardRequest, age: AnswerAge) -> [UInt8] {
    let query = request.query
    guard request.followsAlias || request.isRewritten else {
      let size = max(request.prefix.count, min(request.limit, bytes.count + MessageSize.opt)) + MessageSize.opt
      return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        guard let base = UnsafeMutableRawPointer(buffer.baseAddress) else { return }
        request.prefix.withUnsafeBytes { prefix in
          if let source = prefix.baseAddress { base.copyMemory(from: source, byteCount: prefix.count) }
        }
        count = write(query, into: base, limit: request.limit, age: age)
      }
    }
    let room = request.limit - (query.hasEDNS ? MessageSize.opt : 0)
    var message = request.prefix
    var counts = (request.answers, UInt16(0), UInt16(0))
    var isTooLong = isTruncated
    let own = request.isRewritten ? request.question.name : nil
    if let records = expanded(age: age, own: own), message.count + records.bytes.count <= room {
      message += records.bytes
      counts = (request.answers + records.answers, records.authorities, 0)
    } else {
      isTooLong = true
    }
    message.finish(query, flags: flags(for: query, isTooLong: isTooLong, isWhole: false), counts: counts)
    return message
  }

  /// - Parameter isWhole: whether the answer is the upstream's alone: only then its word for it counts.
  @inline(__always)
  private func flags(for query: Query, isTooLong: Bool, isWhole: Bool) -> UInt16 {
    var flags = HeaderFlag.response | HeaderFlag.recursionAvailable | code
    flags |= query.flags & (HeaderFlag.recursionDesired | HeaderFlag.checkingDisabled)
    if isTooLong { flags |= HeaderFlag.truncated }
    if isWhole, isAuthenticated, query.dnssecOK || query.flags & HeaderFlag.authenticData != 0 {
      flags |= HeaderFlag.authenticData
    }
    return flags
  }

  /// The records of the first two sections with all names written out, so that they may stand elsewhere in a message
  /// (RFC 3597 §4 names the types whose data may be compressed).
  /// - Parameter own: the name asked for; where it is given, records that it owns are written as the question's.
  func expanded(age: AnswerAge, own: [UInt8]?) -> (bytes: [UInt8], answers: UInt16, authorities: UInt16)? {
    var out: [UInt8] = []
    var offset = questionEnd
    for _ in 0..<(Int(counts.answers) + Int(counts.authorities)) {
      guard let (owner, end) = Self.name(bytes, offset) else { return nil }
      let type = bytes.bigEndian16(end)
      let ttl = min(bytes.bigEndian32(end + 4), 0x7fff_ffff)
      let length = Int(bytes.bigEndian16(end + 8))
      let start = end + 10
      guard let data = expandedData(type, start, length) else { return nil }
      if let own, owner.map(WireName.lower) == own {
        out.append(bigEndian: ReplyWriter.question)
      } else {
        out += owner
      }
      out.append(bigEndian: type)
      out.append(bigEndian: bytes.bigEndian16(end + 2))
      out.append(bigEndian: age.remaining(ttl))
      out.append(bigEndian: UInt16(data.count))
      out += data
      offset = start + length
    }
    return (out, counts.answers, counts.authorities)
  }

  private func expandedData(_ type: UInt16, _ start: Int, _ length: Int) -> [UInt8]? {
    let fixed: (before: Int, names: Int)
    switch type {
    case RecordType.ns, RecordType.cname, RecordType.ptr, RecordType.dname: fixed = (0, 1)
    case RecordType.mx: fixed = (2, 1)
    case RecordType.srv: fixed = (6, 1)
    case RecordType.soa: fixed = (0, 2)
    default: return Array(bytes[start..<(start + length)])
    }
    guard fixed.before <= length else { return nil }
    var data = Array(bytes[start..<(start + fixed.before)])
    var offset = start + fixed.before
    for _ in 0..<fixed.names {
      guard let (name, end) = Self.name(bytes, offset), end <= start + length else { return nil }
      data += name
      offset = end
    }
    data += bytes[offset..<(start + length)]
    return data.count <= Int(UInt16.max) ? data : nil
  }
}

extension ForwardRequest {
  /// An answer with a code and no records but the aliases found so far.
  func failure(_ code: UInt16) -> [UInt8] {
    var message = prefix
    let flags =
      HeaderFlag.response | HeaderFlag.recursionAvailable | code
      | query.flags & (HeaderFlag.recursionDesired | HeaderFlag.checkingDisabled)
    message.finish(query, flags: flags, counts: (answers, 0, 0))
    return message
  }
}

extension [UInt8] {
  /// Writes the header, and the OPT record where the query had one.
  fileprivate mutating func finish(
    _ query: Query, flags: UInt16, counts: (answers: UInt16, authorities: UInt16, additionals: UInt16)
  ) {
    var additionals = counts.additionals
    if query.hasEDNS {
      append(0)
      append(bigEndian: RecordType.opt)
      append(bigEndian: UInt16(MessageSize.maximumUDP))
      for word in [0, query.dnssecOK ? 0x8000 : 0, 0] as [UInt16] { append(bigEndian: word) }
      additionals += 1
    }
    put(query.id, at: 0)
    put(flags, at: 2)
    put(UInt16(1), at: 4)
    put(counts.answers, at: 6)
    put(counts.authorities, at: 8)
    put(additionals, at: 10)
  }
}
