import CNetlink

/// A netlink request being built: `nlmsghdr`, a fixed structure of the family, attributes (`nlattr`), all padded to four bytes.
struct RouteMessage {
  private(set) var bytes: [UInt8]
  let type: UInt16

  static let headerSize = 16

  init(_ type: some BinaryInteger, flags: Int32 = 0) {
    self.type = UInt16(truncatingIfNeeded: type)
    bytes = []
    bytes.reserveCapacity(256)
    append(UInt32(0))
    append(self.type)
    append(UInt16(truncatingIfNeeded: flags) | UInt16(NLM_F_REQUEST))
    append(UInt32(0))
    append(UInt32(0))
  }

  mutating func append(_ value: some BitwiseCopyable) {
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
  }

  mutating func attribute(_ type: some BinaryInteger, bytes payload: some Collection<UInt8>) {
    append(UInt16(4 + payload.count))
    append(UInt16(truncatingIfNeeded: type))
    bytes.append(contentsOf: payload)
    pad()
  }

  mutating func attribute<Value: FixedWidthInteger & BitwiseCopyable>(_ type: some BinaryInteger, _ value: Value) {
    append(UInt16(4 + MemoryLayout<Value>.size))
    append(UInt16(truncatingIfNeeded: type))
    append(value)
    pad()
  }

  mutating func attribute(_ type: some BinaryInteger, _ address: IPAddress) {
    attribute(type, bytes: address.bytes)
  }

  /// A string with its terminating zero.
  mutating func attribute(_ type: some BinaryInteger, string: String) {
    attribute(type, bytes: Array(string.utf8) + [0])
  }

  /// An attribute that holds what `body` appends.
  mutating func nest(_ type: some BinaryInteger, _ body: (inout RouteMessage) -> Void) {
    let start = bytes.count
    append(UInt16(0))
    append(UInt16(truncatingIfNeeded: type) | UInt16(NLA_F_NESTED))
    body(&self)
    let length = UInt16(truncatingIfNeeded: bytes.count - start)
    withUnsafeBytes(of: length) { bytes.replaceSubrange(start..<start + 2, with: $0) }
  }

  mutating func addFlags(_ flags: Int32) {
    let old = bytes[6..<8].load(UInt16.self) ?? 0
    let new = old | UInt16(truncatingIfNeeded: flags)
    withUnsafeBytes(of: new) { bytes.replaceSubrange(6..<8, with: $0) }
  }

  /// The bytes to send.
  func finished(sequence: UInt32, port: UInt32 = 0) -> [UInt8] {
    var result = bytes
    withUnsafeBytes(of: UInt32(result.count)) { result.replaceSubrange(0..<4, with: $0) }
    withUnsafeBytes(of: sequence) { result.replaceSubrange(8..<12, with: $0) }
    withUnsafeBytes(of: port) { result.replaceSubrange(12..<16, with: $0) }
    return result
  }

  private mutating func pad() {
    while bytes.count % 4 != 0 { bytes.append(0) }
  }
}
