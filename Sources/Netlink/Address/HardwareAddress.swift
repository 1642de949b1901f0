/// An Ethernet address.
public struct HardwareAddress: Sendable, Hashable {
  /// The 48 bits, the first byte most significant.
  public var value: UInt64

  public init(value: UInt64) { self.value = value & 0xffff_ffff_ffff }

  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 6 else { return nil }
    value = bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// A unicast, locally administered address with these 46 bits.
  public static func local(_ bits: UInt64) -> HardwareAddress {
    HardwareAddress(value: bits & ~(0x03 << 40) | 0x02 << 40)
  }

  public var bytes: [UInt8] {
    stride(from: 40, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> UInt64($0)) }
  }
}

extension HardwareAddress: LosslessStringConvertible {
  /// Parses `02:42:0a:00:00:01`.
  public init?(_ description: String) {
    let parts = description.split(separator: ":", omittingEmptySubsequences: false)
    let bytes = parts.compactMap { $0.utf8.count == 2 ? UInt8($0, radix: 16) : nil }
    guard parts.count == 6, bytes.count == 6, !description.utf8.contains(UInt8(ascii: "+")) else { return nil }
    self.init(bytes: bytes)
  }

  public var description: String {
    bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined(separator: ":")
  }
}
