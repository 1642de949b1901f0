import Glibc

/// An IPv4 or IPv6 address.
public struct IPAddress: Hashable, Sendable {
  public enum Family: UInt8, Sendable, Hashable, CaseIterable {
    case v4 = 4
    case v6 = 6

    /// Bytes in an address.
    public var byteCount: Int { self == .v4 ? 4 : 16 }
    public var bitCount: Int { byteCount * 8 }
  }

  /// The first eight bytes in network order; zero for IPv4.
  let high: UInt64
  /// The last eight bytes in network order; an IPv4 address is the lower half.
  let low: UInt64
  public let family: Family

  init(high: UInt64, low: UInt64, family: Family) {
    self.high = high
    self.low = low
    self.family = family
  }

  /// An IPv4 address from its number: `0x7f000001` is 127.0.0.1.
  public init(v4 number: UInt32) {
    self.init(high: 0, low: UInt64(number), family: .v4)
  }

  /// An address from 4 or 16 bytes in network order; nil for any other count.
  public init?(bytes: some Collection<UInt8>) {
    switch bytes.count {
    case 4: self.init(high: 0, low: bytes.reduce(0) { $0 << 8 | UInt64($1) }, family: .v4)
    case 16:
      self.init(
        high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
        low: bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }, family: .v6)
    default: return nil
    }
  }

  /// Reads `10.96.0.1` or `fd00::1`. Zones, ports, prefixes and octets with leading zeros are refused.
  public init?(_ text: some StringProtocol) {
    let text = String(text)
    var v4 = in_addr()
    if inet_pton(AF_INET, text, &v4) == 1 {
      self.init(v4: UInt32(bigEndian: v4.s_addr))
      return
    }
    var v6 = in6_addr()
    guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
    let halves = withUnsafeBytes(of: &v6) {
      (
        UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
        UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      )
    }
    self.init(high: halves.0, low: halves.1, family: .v6)
  }

  public var isIPv4: Bool { family == .v4 }

  /// 4 or 16 bytes in network order.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(family.byteCount)
    append(to: &bytes)
    return bytes
  }

  /// Appends the 4 or 16 bytes in network order.
  public func append(to bytes: inout [UInt8]) {
    switch family {
    case .v4: withUnsafeBytes(of: UInt32(truncatingIfNeeded: low).bigEndian) { bytes.append(contentsOf: $0) }
    case .v6:
      withUnsafeBytes(of: high.bigEndian) { bytes.append(contentsOf: $0) }
      withUnsafeBytes(of: low.bigEndian) { bytes.append(contentsOf: $0) }
    }
  }

  /// 127.0.0.0/8 and ::1.
  public var isLoopback: Bool {
    switch family {
    case .v4: low >> 24 == 127
    case .v6: high == 0 && low == 1
    }
  }

  /// 0.0.0.0 and ::.
  public var isUnspecified: Bool { high == 0 && low == 0 }

  /// 169.254.0.0/16 and fe80::/10.
  public var isLinkLocal: Bool {
    switch family {
    case .v4: low >> 16 == 0xa9fe
    case .v6: high >> 54 == 0xfe80 >> 6
    }
  }

  /// 224.0.0.0/4 and ff00::/8.
  public var isMulticast: Bool {
    switch family {
    case .v4: low >> 28 == 0xe
    case .v6: high >> 56 == 0xff
    }
  }

  /// The address with all but its first bits set to zero. `length` is clamped to the family's width.
  public func masked(to length: Int) -> IPAddress {
    let length = max(0, min(length, family.bitCount))
    switch family {
    case .v4:
      let mask: UInt64 = length == 0 ? 0 : (0xffff_ffff << UInt64(32 - length)) & 0xffff_ffff
      return IPAddress(high: 0, low: low & mask, family: .v4)
    case .v6:
      let highMask: UInt64 = length == 0 ? 0 : length >= 64 ? .max : .max << UInt64(64 - length)
      let lowMask: UInt64 = length <= 64 ? 0 : .max << UInt64(128 - length)
      return IPAddress(high: high & highMask, low: low & lowMask, family: .v6)
    }
  }

  /// The address so many further on, wrapping at the end of the family.
  public func advanced(by count: UInt64) -> IPAddress {
    switch family {
    case .v4: return IPAddress(v4: UInt32(truncatingIfNeeded: low &+ count))
    case .v6:
      let (sum, overflow) = low.addingReportingOverflow(count)
      return IPAddress(high: overflow ? high &+ 1 : high, low: sum, family: .v6)
    }
  }
}

extension IPAddress: Comparable {
  /// IPv4 before IPv6, then by number.
  public static func < (left: Self, right: Self) -> Bool {
    (left.family.rawValue, left.high, left.low) < (right.family.rawValue, right.high, right.low)
  }
}

extension IPAddress: CustomStringConvertible {
  public var description: String {
    var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let bytes = self.bytes
    let written = inet_ntop(isIPv4 ? AF_INET : AF_INET6, bytes, &buffer, socklen_t(buffer.count))
    guard written != nil else { return "?" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
