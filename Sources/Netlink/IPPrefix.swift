/// A range of addresses with a common beginning, `10.244.1.0/24`. Bits after the prefix are zero.
public struct IPPrefix: Hashable, Sendable {
  public let address: IPAddress
  /// 0...32 or 0...128.
  public let length: Int

  /// The prefix that holds `address`; `length` is clamped to the family's width.
  public init(_ address: IPAddress, length: Int) {
    self.length = max(0, min(length, address.family.bitCount))
    self.address = address.masked(to: self.length)
  }

  /// Reads `10.244.0.0/16`; bits after the prefix may be set and are dropped. An address alone is refused.
  public init?(_ text: some StringProtocol) {
    guard let slash = text.lastIndex(of: "/"), let address = IPAddress(text[..<slash]) else { return nil }
    let digits = text[text.index(after: slash)...]
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }), let length = Int(digits),
      length <= address.family.bitCount
    else { return nil }
    self.init(address, length: length)
  }

  /// Reads ranges with commas between them, `10.244.0.0/16,fd00:10:244::/56`; nil where one is none.
  public static func list(_ text: some StringProtocol) -> [IPPrefix]? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let prefixes = parts.compactMap { IPPrefix($0.drop { $0 == " " }) }
    return prefixes.count == parts.count ? prefixes : nil
  }

  public var family: IPAddress.Family { address.family }

  public func contains(_ other: IPAddress) -> Bool {
    other.family == family && other.masked(to: length) == address
  }

  public func contains(_ other: IPPrefix) -> Bool { other.length >= length && contains(other.address) }

  public func overlaps(_ other: IPPrefix) -> Bool { contains(other) || other.contains(self) }

  /// The last address of the range.
  public var last: IPAddress {
    switch family {
    case .v4:
      let host: UInt64 = length == 32 ? 0 : 0xffff_ffff >> UInt64(length)
      return IPAddress(high: 0, low: address.low | host, family: .v4)
    case .v6:
      let high: UInt64 = length >= 64 ? 0 : .max >> UInt64(length)
      let low: UInt64 = length == 128 ? 0 : length <= 64 ? .max : .max >> UInt64(length - 64)
      return IPAddress(high: address.high | high, low: address.low | low, family: .v6)
    }
  }
}

extension IPPrefix: CustomStringConvertible {
  public var description: String { "\(address)/\(length)" }
}
