// ExternalName services, pod names, and what is not class IN.

import Netlink

extension Answerer {
  /// A chain of CNAME records, and the records of the name at its end (RFC 1034 §4.3.2).
  ///
  /// An end outside the cluster's zone must be asked elsewhere; the chain so far stays in the reply.
  mutating func answerAlias(_ entry: Entry, _ writer: inout ReplyWriter, _ snapshot: Snapshot) -> Outcome {
    var entry = entry
    var owner = ReplyWriter.question
    for _ in 0..<Self.aliasLimit {
      guard let (name, length) = entry.alias else { break }
      guard writer.fits(12 + length) else {
        writer.truncate()
        return finish(&writer, ResponseCode.noError, authoritative: true)
      }
      writer.head(.answer, owner: owner, type: RecordType.cname, ttl: settings.ttl, dataLength: length)
      owner = 0xc000 | UInt16(truncatingIfNeeded: writer.position)
      writer.bytes(name, length)
      if query.type == RecordType.cname { return finish(&writer, ResponseCode.noError, authoritative: true) }
      guard let next = snapshot.find(name, length) else {
        return answerAliasEnd(
          WireName(unchecked: Array(UnsafeRawBufferPointer(start: name, count: length))),
          owner, &writer, snapshot)
      }
      entry = next
      if entry.kinds.contains(.alias) { continue }
      let (bytes, count) = query.type == RecordType.a ? entry.v4 : query.type == RecordType.aaaa ? entry.v6 : (name, 0)
      if count > 0 {
        let isWhole = writer.addresses(
          .answer, bytes, count: count, size: query.type == RecordType.a ? 4 : 16, owner: owner, ttl: settings.ttl,
          start: self.next(count))
        if !isWhole { writer.truncate() }
      } else {
        writeStartOfAuthority(.authority, &writer, snapshot)
      }
      return finish(&writer, ResponseCode.noError, authoritative: true)
    }
    // A loop of aliases, or a chain too long to be meant.
    return finish(&writer, ResponseCode.serverFailure, authoritative: false)
  }

  private mutating func answerAliasEnd(
    _ target: WireName, _ owner: UInt16, _ writer: inout ReplyWriter, _ snapshot: Snapshot
  ) -> Outcome {
    guard target.isWithin(settings.zone) || settings.reverseZones.contains(where: { target.isWithin($0) }) else {
      alias = Alias(target: target, written: writer.position, answers: writer.answers)
      return .forward
    }
    if settings.echoesPodNames {
      let spelled = target.bytes.withUnsafeBytes { bytes in
        bytes.baseAddress.flatMap { podAddress($0, bytes.count, snapshot) }
      }
      if let spelled {
        writeSpelled(spelled, owner: owner, &writer, snapshot)
        return finish(&writer, ResponseCode.noError, authoritative: true)
      }
    }
    writeStartOfAuthority(.authority, &writer, snapshot)
    return finish(&writer, ResponseCode.nameError, authoritative: true)
  }

  // MARK: Pod names

  /// `10-0-0-7.ns.pod.<zone>`: `nil` where the name is no such name.
  mutating func answerPodName(_ writer: inout ReplyWriter, _ snapshot: Snapshot) -> Outcome? {
    guard let address = podAddress(UnsafeRawPointer(lower), query.nameLength, snapshot) else { return nil }
    if query.type == RecordType.any {
      writeHostInformation(&writer)
    } else {
      writeSpelled(address, owner: ReplyWriter.question, &writer, snapshot)
    }
    return finish(&writer, ResponseCode.noError, authoritative: true)
  }

  private mutating func writeSpelled(
    _ address: IPAddress, owner: UInt16, _ writer: inout ReplyWriter, _ snapshot: Snapshot
  ) {
    let isAsked = query.type == (address.isIPv4 ? RecordType.a : RecordType.aaaa)
    guard isAsked, writer.fits(28) else {
      writeStartOfAuthority(.authority, &writer, snapshot)
      return
    }
    let bytes = address.bytes
    writer.head(.answer, owner: owner, type: query.type, ttl: settings.ttl, dataLength: bytes.count)
    for byte in bytes { writer.byte(byte) }
  }

  /// The address that the first label of a name below an existing `ns.pod.<zone>` spells.
  private func podAddress(_ name: UnsafeRawPointer, _ length: Int, _ snapshot: Snapshot) -> IPAddress? {
    let label = Int(name.byte(0))
    guard label > 0, label <= 45, label + 1 < length,
      let namespace = snapshot.find(name + (label + 1), length - label - 1), namespace.kinds.contains(.podNamespace)
    else { return nil }
    let text = UnsafeRawBufferPointer(start: name + 1, count: label)
    let dashes = text.reduce(0) { $0 + ($1 == UInt8(ascii: "-") ? 1 : 0) }
    let isIPv4 = dashes == 3 && text.allSatisfy { $0 == UInt8(ascii: "-") || $0 &- 0x30 < 10 }
    let separator = isIPv4 ? UInt8(ascii: ".") : UInt8(ascii: ":")
    return IPAddress(String(decoding: text.map { $0 == UInt8(ascii: "-") ? separator : $0 }, as: UTF8.self))
  }

  // MARK: Classes and types that no zone holds

  /// CHAOS names that tell of the server; every other class is refused.
  mutating func answerClass(_ writer: inout ReplyWriter) -> Outcome {
    guard query.recordClass == RecordClass.chaos, query.type == RecordType.txt || query.type == RecordType.any else {
      return finish(&writer, ResponseCode.refused, authoritative: false)
    }
    let name = WireName(unchecked: Array(UnsafeBufferPointer(start: lower, count: query.nameLength)))
    let text: String
    switch name.description {
    case "version.bind.", "version.server.": text = settings.version
    case "id.server.", "hostname.bind.": text = settings.identity
    default: return finish(&writer, ResponseCode.refused, authoritative: false)
    }
    let bytes = Array(text.utf8.prefix(255))
    guard writer.fits(13 + bytes.count) else { return finish(&writer, ResponseCode.refused, authoritative: false) }
    writer.head(
      .answer, owner: ReplyWriter.question, type: RecordType.txt, ttl: 0, dataLength: bytes.count + 1,
      recordClass: RecordClass.chaos)
    writer.byte(UInt8(bytes.count))
    for byte in bytes { writer.byte(byte) }
    return finish(&writer, ResponseCode.noError, authoritative: true)
  }

  /// Types that ask for a transaction and not for records; `nil` for ANY, which names answer.
  mutating func answerMetaType(_ writer: inout ReplyWriter) -> Outcome? {
    switch query.type {
    case RecordType.axfr, RecordType.ixfr: finish(&writer, ResponseCode.refused, authoritative: false)
    case RecordType.opt: finish(&writer, ResponseCode.formatError, authoritative: false)
    case RecordType.tkey, RecordType.tsig, RecordType.mailb, RecordType.maila:
      finish(&writer, ResponseCode.notImplemented, authoritative: false)
    default: nil
    }
  }
}

extension Answerer {
  /// The question's name without `<namespace>.svc.<zone>` behind it; `nil` where it does not end so, or where nothing
  /// else is asked than addresses.
  func searchedName(_ namespace: String) -> [UInt8]? {
    guard query.type == RecordType.a || query.type == RecordType.aaaa,
      let domain = settings.zone.prepending("svc")?.prepending(namespace)
    else { return nil }
    let name = WireName(unchecked: Array(UnsafeBufferPointer(start: lower, count: query.nameLength)))
    guard name != domain, name.isWithin(domain) else { return nil }
    return name.bytes.dropLast(domain.bytes.count) + [0]
  }
}
