import Glibc

extension IPAddress {
  /// The address as a number: its first byte is the most significant of the family's width.
  public var number: UInt128 { UInt128(high) << 64 | UInt128(low) }

  /// The address of a number; bits beyond the family's width are dropped.
  public init(number: UInt128, family: Family) {
    switch family {
    case .v4: self.init(v4: UInt32(truncatingIfNeeded: number))
    case .v6:
      self.init(
        high: UInt64(truncatingIfNeeded: number >> 64), low: UInt64(truncatingIfNeeded: number), family: .v6)
    }
  }

  public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
    self.init(v4: UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d))
  }
}

extension IPPrefix {
  /// The /32 or /128 of an address.
  public init(host address: IPAddress) { self.init(address, length: address.family.bitCount) }

  /// 0.0.0.0/0 or ::/0.
  public static func everything(_ family: IPAddress.Family) -> IPPrefix {
    IPPrefix(IPAddress(number: 0, family: family), length: 0)
  }

  public var isHost: Bool { length == family.bitCount }
}

extension IPAddress.Family {
  /// `AF_INET` or `AF_INET6`.
  var socketFamily: UInt8 { UInt8(self == .v4 ? AF_INET : AF_INET6) }

  init?(socketFamily: UInt8) {
    switch Int32(socketFamily) {
    case AF_INET: self = .v4
    case AF_INET6: self = .v6
    default: return nil
    }
  }
}
