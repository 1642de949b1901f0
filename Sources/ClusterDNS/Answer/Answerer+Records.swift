// The records of names in the zone. None of this allocates; data that does not fit is left out.

extension Answerer {
  /// SRV records in rotated order, and the addresses of their targets as glue where there is room.
  ///
  /// The target's name is written in full (RFC 2782 forbids to compress it), and its glue points back at it.
  mutating func writeServices(_ entry: Entry, _ writer: inout ReplyWriter) {
    let (targetOffset, first, count) = entry.service
    let suffixLength = entry.nameLength &- targetOffset
    let suffix = entry.name + targetOffset
    let start = count == 1 ? 0 : next(count)
    var target = ServiceTargetEntry(base: first)
    for _ in 0..<start { target = target.next }
    let isWhole = serviceSize(first, count, suffixLength) <= writer.limit &- writer.position
    var index = start
    for _ in 0..<count {
      let labelLength = target.labelLength
      let nameLength = suffixLength &+ (labelLength > 0 ? labelLength &+ 1 : 0)
      let (ports, portCount) = target.ports
      for port in 0..<portCount {
        guard writer.fits(18 &+ nameLength) else {
          writer.truncate()
          return
        }
        writer.head(
          .answer, owner: ReplyWriter.question, type: RecordType.srv, ttl: settings.ttl, dataLength: 6 &+ nameLength)
        writer.word(0)
        writer.word(Self.weight(portCount &* count))
        writer.word(UInt16(truncatingIfNeeded: ports.native16(2 &* port)))
        if labelLength > 0 {
          writer.byte(UInt8(truncatingIfNeeded: labelLength))
          writer.bytes(target.label, labelLength)
        }
        writer.bytes(suffix, suffixLength)
      }
      index &+= 1
      if index == count {
        index = 0
        target = ServiceTargetEntry(base: first)
      } else {
        target = target.next
      }
    }
    if isWhole { writeGlue(first, count, suffixLength, start, &writer) }
  }

  /// Equal targets share the load: the weights of all add up to 100, as CoreDNS has them.
  private static func weight(_ count: Int) -> UInt16 { UInt16(max(1, 100 / max(1, count))) }

  private func serviceSize(_ first: UnsafeRawPointer, _ count: Int, _ suffixLength: Int) -> Int {
    var target = ServiceTargetEntry(base: first)
    var size = 0
    for index in 0..<count {
      let labelLength = target.labelLength
      size &+= (18 &+ suffixLength &+ (labelLength > 0 ? labelLength &+ 1 : 0)) &* target.ports.count
      if index &+ 1 < count { target = target.next }
    }
    return size
  }

  /// Addresses of the targets. A pointer reaches 16 KiB into the message (RFC 1035 §4.1.4): behind that the owner is
  /// left out, since glue is a help only.
  private mutating func writeGlue(
    _ first: UnsafeRawPointer, _ count: Int, _ suffixLength: Int, _ start: Int, _ writer: inout ReplyWriter
  ) {
    var target = ServiceTargetEntry(base: first)
    for _ in 0..<start { target = target.next }
    var nameOffset = query.questionEnd &+ 18
    var index = start
    for _ in 0..<count {
      let labelLength = target.labelLength
      let nameLength = suffixLength &+ (labelLength > 0 ? labelLength &+ 1 : 0)
      let portCount = target.ports.count
      if portCount > 0 {
        guard nameOffset < 0x4000 else { return }
        let owner = 0xc000 | UInt16(truncatingIfNeeded: nameOffset)
        let v4 = target.v4
        let v6 = target.v6
        guard
          writer.addresses(
            .additional, v4.bytes, count: v4.count, size: 4, owner: owner, ttl: settings.ttl, start: 0),
          writer.addresses(
            .additional, v6.bytes, count: v6.count, size: 16, owner: owner, ttl: settings.ttl, start: 0)
        else { return }
      }
      nameOffset &+= (18 &+ nameLength) &* portCount
      index &+= 1
      if index == count {
        index = 0
        target = ServiceTargetEntry(base: first)
      } else {
        target = target.next
      }
    }
  }

  mutating func writePointers(_ entry: Entry, ttl: UInt32, _ writer: inout ReplyWriter) {
    let (first, count) = entry.pointers
    let start = count == 1 ? 0 : next(count)
    var at = first
    for _ in 0..<start { at += 1 &+ Int(at.byte(0)) }
    var index = start
    for _ in 0..<count {
      let length = Int(at.byte(0))
      guard writer.fits(12 &+ length) else {
        writer.truncate()
        return
      }
      writer.head(
        .answer, owner: ReplyWriter.question, type: RecordType.ptr, ttl: ttl, dataLength: length)
      writer.bytes(at + 1, length)
      index &+= 1
      at = index == count ? first : at + (1 &+ length)
      if index == count { index = 0 }
    }
  }

  /// RFC 8482: one small record for ANY.
  func writeHostInformation(_ writer: inout ReplyWriter) {
    guard writer.fits(21) else { return }
    writer.head(
      .answer, owner: ReplyWriter.question, type: RecordType.hinfo, ttl: settings.ttl, dataLength: 9)
    writer.byte(7)
    for byte in "RFC8482".utf8 { writer.byte(byte) }
    writer.byte(0)
  }

  /// The SOA record of the zone that the question's name is in. Within the cluster's zone its names are pointers into
  /// the question; in a reverse zone they are written out.
  func writeStartOfAuthority(_ section: ReplyWriter.Section, _ writer: inout ReplyWriter, _ snapshot: Snapshot) {
    let name = UnsafeRawPointer(lower)
    var zoneOffset = query.nameLength &- zoneLength
    var isReverse = false
    if zoneOffset < 0 || name.byte(query.nameLength &- zoneLength) != settings.zone.bytes[0] || !isZone(zoneOffset) {
      isReverse = true
      zoneOffset = reverseZoneOffset()
    }
    let owner = 0xc000 | UInt16(truncatingIfNeeded: MessageSize.header &+ zoneOffset)
    let length =
      isReverse ? settings.nameServer.bytes.count &+ settings.mailbox.bytes.count &+ 20 : 9 &+ 13 &+ 20
    guard writer.fits(12 &+ length) else { return }
    writer.head(section, owner: owner, type: RecordType.soa, ttl: settings.ttl, dataLength: length)
    if isReverse {
      settings.nameServer.bytes.withUnsafeBytes { if let base = $0.baseAddress { writer.bytes(base, $0.count) } }
      settings.mailbox.bytes.withUnsafeBytes { if let base = $0.baseAddress { writer.bytes(base, $0.count) } }
    } else {
      writer.byte(2)
      writer.word(0x6e73)  // ns
      writer.byte(3)
      writer.byte(UInt8(ascii: "d"))
      writer.word(0x6e73)
      writer.word(owner)
      writer.byte(10)
      for byte in "hostmaster".utf8 { writer.byte(byte) }
      writer.word(owner)
    }
    writer.long(snapshot.serial)
    writer.long(7200)
    writer.long(1800)
    writer.long(86_400)
    writer.long(settings.ttl)
  }

  /// NS at the apex, with the name server's addresses.
  mutating func writeNameServer(_ writer: inout ReplyWriter, _ snapshot: Snapshot) {
    let server = settings.nameServer.bytes
    guard writer.fits(12 + 9) else { return }
    let zone = 0xc000 | UInt16(truncatingIfNeeded: MessageSize.header + query.nameLength - zoneLength)
    writer.head(.answer, owner: ReplyWriter.question, type: RecordType.ns, ttl: settings.ttl, dataLength: 9)
    let owner = 0xc000 | UInt16(truncatingIfNeeded: writer.position)
    writer.byte(2)
    writer.word(0x6e73)
    writer.byte(3)
    writer.byte(UInt8(ascii: "d"))
    writer.word(0x6e73)
    writer.word(zone)
    let glue = server.withUnsafeBytes { bytes in bytes.baseAddress.flatMap { snapshot.find($0, bytes.count) } }
    guard let glue else { return }
    let v4 = glue.v4
    let v6 = glue.v6
    _ =
      writer.addresses(.additional, v4.bytes, count: v4.count, size: 4, owner: owner, ttl: settings.ttl, start: 0)
      && writer.addresses(.additional, v6.bytes, count: v6.count, size: 16, owner: owner, ttl: settings.ttl, start: 0)
  }

  private func isZone(_ offset: Int) -> Bool {
    for (index, byte) in settings.zone.bytes.enumerated() where lower[offset + index] != byte { return false }
    return true
  }

  /// Where the reverse zone starts in the question's name: the configured zone that it is in, else `in-addr.arpa` or
  /// `ip6.arpa`, whose names this server holds in part.
  private func reverseZoneOffset() -> Int {
    for zone in settings.reverseZones where query.nameLength >= zone.bytes.count {
      let offset = query.nameLength - zone.bytes.count
      var isEqual = true
      for (index, byte) in zone.bytes.enumerated() where lower[offset + index] != byte {
        isEqual = false
        break
      }
      if isEqual { return offset }
    }
    var offset = 0
    var left = query.labels
    while left > 2 {
      offset += Int(lower[offset]) + 1
      left -= 1
    }
    return offset
  }
}
