import CNetlink

/// Writes netlink messages of the netfilter subsystems (`<linux/netlink.h>`, `<linux/netfilter/nfnetlink.h>`).
///
/// Numbers in netfilter's attributes are big endian; the headers are in the machine's order.
struct MessageBuffer {
  private(set) var bytes: [UInt8] = []

  var count: Int { bytes.count }

  mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }

  /// Begins a message; give the result to `endMessage`.
  mutating func beginMessage(
    _ type: UInt16, flags: UInt16, sequence: UInt32, family: UInt8, version: UInt8 = UInt8(NFNETLINK_V0),
    resource: UInt16 = 0
  ) -> Int {
    let start = bytes.count
    append(UInt32(0))
    append(type)
    append(flags)
    append(sequence)
    append(UInt32(0))
    bytes.append(family)
    bytes.append(version)
    append(resource.bigEndian)
    return start
  }

  mutating func endMessage(_ start: Int) {
    store(UInt32(bytes.count - start), at: start)
  }

  mutating func addFlags(_ flags: UInt16, toMessageAt start: Int) {
    let old = UInt16(bytes[start + 6]) | UInt16(bytes[start + 7]) << 8
    store(old | flags, at: start + 6)
  }

  /// Begins a nest of attributes; give the result to `endNest`.
  mutating func beginNest(_ type: some RawRepresentable<UInt32>) -> Int { beginNest(UInt16(type.rawValue)) }

  mutating func beginNest(_ type: UInt16) -> Int {
    let start = bytes.count
    append(UInt16(0))
    append(type | UInt16(NLA_F_NESTED))
    return start
  }

  /// Attribute lengths are 16 bits wide: whoever fills a nest with a list splits it before that.
  mutating func endNest(_ start: Int) {
    precondition(bytes.count - start <= Int(UInt16.max), "a netlink attribute holds at most 65535 bytes")
    store(UInt16(bytes.count - start), at: start)
  }

  mutating func nest(_ type: some RawRepresentable<UInt32>, _ body: (inout MessageBuffer) -> Void) {
    let start = beginNest(type)
    body(&self)
    endNest(start)
  }

  mutating func put(_ type: some RawRepresentable<UInt32>, _ value: UInt8) {
    header(UInt16(type.rawValue), 1)
    bytes.append(value)
    pad()
  }

  mutating func put(_ type: some RawRepresentable<UInt32>, _ value: UInt16) {
    header(UInt16(type.rawValue), 2)
    append(value.bigEndian)
    pad()
  }

  mutating func put(_ type: some RawRepresentable<UInt32>, _ value: UInt32) {
    header(UInt16(type.rawValue), 4)
    append(value.bigEndian)
  }

  mutating func put(_ type: some RawRepresentable<UInt32>, _ value: UInt64) {
    header(UInt16(type.rawValue), 8)
    append(value.bigEndian)
  }

  mutating func put(_ type: some RawRepresentable<UInt32>, _ value: [UInt8]) {
    header(UInt16(type.rawValue), value.count)
    bytes.append(contentsOf: value)
    pad()
  }

  /// A number in the machine's order, which a few attributes have.
  mutating func putNative(_ type: some RawRepresentable<UInt32>, _ value: UInt32) {
    header(UInt16(type.rawValue), 4)
    append(value)
  }

  /// A string with the terminating zero that netfilter's policies expect.
  mutating func put(_ type: some RawRepresentable<UInt32>, _ value: String) {
    header(UInt16(type.rawValue), value.utf8.count + 1)
    bytes.append(contentsOf: value.utf8)
    bytes.append(0)
    pad()
  }

  mutating func append(message: MessageBuffer) { bytes.append(contentsOf: message.bytes) }

  private mutating func header(_ type: UInt16, _ length: Int) {
    append(UInt16(length + 4))
    append(type)
  }

  private mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
  }

  private mutating func pad() {
    while bytes.count & 3 != 0 { bytes.append(0) }
  }

  private mutating func store(_ value: some FixedWidthInteger, at offset: Int) {
    withUnsafeBytes(of: value) { source in
      for (index, byte) in source.enumerated() { bytes[offset + index] = byte }
    }
  }
}
