public import Netlink

/// A query of a benchmark, and what a right answer to it shows.
public struct CheckedQuery: Sendable {
  private enum Expected: Sendable {
    /// One record with these data, which hold no name.
    case data([UInt8])
    /// One record whose data end with this name, behind `port`'s six bytes where there are any.
    case name(prefix: [UInt8], WireName)
    /// The code, and no record that answers.
    case nothing(code: UInt16)
  }

  /// The message, its ID zero.
  public let packet: [UInt8]
  private let type: UInt16
  private let expected: Expected

  private init?(_ name: some StringProtocol, _ type: UInt16, _ expected: Expected) {
    guard let name = WireName(name) else { return nil }
    var packet: [UInt8] = [0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0] + name.bytes
    packet.append(bigEndian: type)
    packet.append(bigEndian: RecordClass.internet)
    self.packet = packet
    self.type = type
    self.expected = expected
  }

  /// A or AAAA: the name has this one address.
  public static func address(_ name: some StringProtocol, _ address: IPAddress) -> CheckedQuery? {
    CheckedQuery(name, address.isIPv4 ? RecordType.a : RecordType.aaaa, .data(address.bytes))
  }

  /// AAAA: the name exists, and has none.
  public static func noData(_ name: some StringProtocol) -> CheckedQuery? {
    CheckedQuery(name, RecordType.aaaa, .nothing(code: ResponseCode.noError))
  }

  /// A: there is no such name.
  public static func noName(_ name: some StringProtocol) -> CheckedQuery? {
    CheckedQuery(name, RecordType.a, .nothing(code: ResponseCode.nameError))
  }

  /// SRV: one record with this port and target; priority and weight may be any.
  public static func service(_ name: some StringProtocol, port: UInt16, target: some StringProtocol) -> CheckedQuery? {
    guard let target = WireName(target) else { return nil }
    return CheckedQuery(
      name, RecordType.srv, .name(prefix: [UInt8(port >> 8), UInt8(truncatingIfNeeded: port)], target))
  }

  /// PTR: the address is that of one name.
  public static func pointer(_ address: IPAddress, _ name: some StringProtocol) -> CheckedQuery? {
    guard let name = WireName(name) else { return nil }
    return CheckedQuery(address.reverseName.description, RecordType.ptr, .name(prefix: [], name))
  }

  // MARK: Checking

  /// Whether it is what an echo sends back.
  func isEchoed(by bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count == packet.count && bytes.dropFirst(3).elementsEqual(packet.dropFirst(3))
  }

  /// Whether an answer says what it must: the same question, the code, and exactly the expected record. An answer that
  /// denies something must say until when, by an SOA record (RFC 2308).
  public func isAnswered(by bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count >= packet.count, let base = bytes.baseAddress else { return false }
    let flags = base.bigEndian16(2)
    guard flags & HeaderFlag.response != 0, flags & HeaderFlag.truncated == 0, base.bigEndian16(4) == 1,
      UnsafeRawBufferPointer(rebasing: bytes[12..<packet.count]).elementsEqual(packet[12...])
    else { return false }
    let (code, answers) = (flags & HeaderFlag.code, base.bigEndian16(6))
    if case .nothing(let expectedCode) = expected {
      return code == expectedCode && answers == 0 && base.bigEndian16(8) >= 1
        && recordType(bytes, at: packet.count) == RecordType.soa
    }
    guard code == ResponseCode.noError, answers == 1, recordType(bytes, at: packet.count) == type,
      let start = nameEnd(bytes, at: packet.count)
    else { return false }
    let length = Int(base.bigEndian16(start + 8))
    let data = start + 10
    guard data + length <= bytes.count else { return false }
    switch expected {
    case .data(let expected):
      return length == expected.count && UnsafeRawBufferPointer(rebasing: bytes[data...]).starts(with: expected)
    case .name(let prefix, let name):
      // Of SRV's six bytes the first four are priority and weight.
      let skipped = prefix.isEmpty ? 0 : 4
      guard length > skipped + prefix.count,
        UnsafeRawBufferPointer(rebasing: bytes[(data + skipped)...]).starts(with: prefix)
      else { return false }
      return isName(bytes, at: data + skipped + prefix.count, name)
    case .nothing: return false
    }
  }

  /// The type of the record at `offset`; `nil` where none is there.
  private func recordType(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt16? {
    nameEnd(bytes, at: offset).flatMap { bytes.baseAddress?.bigEndian16($0) }
  }

  /// Where the name at `offset` ends, if a record's ten bytes follow it.
  private func nameEnd(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int? {
    var offset = offset
    while offset < bytes.count, bytes[offset] != 0, bytes[offset] < 0xc0 { offset += Int(bytes[offset]) + 1 }
    guard offset < bytes.count else { return nil }
    offset += bytes[offset] == 0 ? 1 : 2
    return offset + 10 <= bytes.count ? offset : nil
  }

  /// Whether the name at `offset`, compressed or not, is `name` in letters of any case.
  private func isName(_ bytes: UnsafeRawBufferPointer, at offset: Int, _ name: WireName) -> Bool {
    var (offset, matched, jumps) = (offset, 0, 0)
    while offset < bytes.count {
      if bytes[offset] >= 0xc0 {
        guard offset + 1 < bytes.count, jumps < 20 else { return false }
        offset = Int(bytes[offset] & 0x3f) << 8 | Int(bytes[offset + 1])
        jumps += 1
        continue
      }
      let size = Int(bytes[offset]) + 1
      guard offset + size <= bytes.count, matched + size <= name.bytes.count, name.bytes[matched] == bytes[offset]
      else { return false }
      for index in 1..<max(1, size) where WireName.lower(bytes[offset + index]) != name.bytes[matched + index] {
        return false
      }
      if size == 1 { return matched + 1 == name.bytes.count }
      (offset, matched) = (offset + size, matched + size)
    }
    return false
  }
}
