extension UpstreamResponse {
  /// The answer for one client: its ID, its spelling of the name, the time the answer was kept taken off the TTLs, and
  /// its own size limit.
  func reply(to request: ForwardRequest, age: UInt32) -> [UInt8] {
    let query = request.query
    let room = request.limit - (query.hasEDNS ? MessageSize.opt : 0)
    var message = request.prefix
    var counts = counts
    var isTooLong = isTruncated
    if request.followsAlias {
      if let records = expandedAnswers(age: age), message.count + records.bytes.count <= room {
        message += records.bytes
        counts = (request.answers + records.count, 0, 0)
      } else {
        counts = (request.answers, 0, 0)
        isTooLong = true
      }
    } else if bytes.count <= room {
      // The question is as long in the client's spelling, so pointers into the message stay right.
      message += bytes[questionEnd...]
      for offset in ttlOffsets {
        let ttl = min(message.bigEndian32(offset), 0x7fff_ffff)
        message.put(ttl > age ? ttl - age : 0, at: offset)
      }
    } else {
      isTooLong = true
      counts = (0, 0, 0)
    }
    var flags = HeaderFlag.response | HeaderFlag.recursionAvailable | code
    flags |= query.flags & (HeaderFlag.recursionDesired | HeaderFlag.checkingDisabled)
    if isTooLong { flags |= HeaderFlag.truncated }
    if isAuthenticated, query.dnssecOK || query.flags & HeaderFlag.authenticData != 0, !request.followsAlias {
      flags |= HeaderFlag.authenticData
    }
    message.finish(query, flags: flags, counts: counts)
    return message
  }

  /// The answer's records with all names written out, so that they may stand elsewhere in a message (RFC 3597 §4 names
  /// the types whose data may be compressed).
  private func expandedAnswers(age: UInt32) -> (bytes: [UInt8], count: UInt16)? {
    var out: [UInt8] = []
    var offset = questionEnd
    for _ in 0..<counts.answers {
      guard let (owner, end) = Self.name(bytes, offset) else { return nil }
      let type = bytes.bigEndian16(end)
      let ttl = min(bytes.bigEndian32(end + 4), 0x7fff_ffff)
      let length = Int(bytes.bigEndian16(end + 8))
      let start = end + 10
      guard let data = expandedData(type, start, length) else { return nil }
      out += owner
      out.append(bigEndian: type)
      out.append(bigEndian: bytes.bigEndian16(end + 2))
      out.append(bigEndian: ttl > age ? ttl - age : 0)
      out.append(bigEndian: UInt16(data.count))
      out += data
      offset = start + length
    }
    return (out, counts.answers)
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
