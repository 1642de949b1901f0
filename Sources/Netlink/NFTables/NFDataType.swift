/// The type of a part of a key or of a map's value, as the `nft` program numbers them.
///
/// The kernel knows lengths only; the number is kept for those who list the set.
public struct NFDataType: Hashable, Sendable {
  /// The number in nft's table of data types.
  public let number: UInt32
  /// Bytes of a value, without the padding that a place in a concatenation adds.
  public let length: Int
  /// Whether nft reads the value in network byte order; it needs to know that of a key.
  let isBigEndian: Bool

  public static let verdict = NFDataType(number: 1, length: 16, isBigEndian: false)
  public static let ipv4Address = NFDataType(number: 7, length: 4, isBigEndian: true)
  public static let ipv6Address = NFDataType(number: 8, length: 16, isBigEndian: true)
  public static let etherAddress = NFDataType(number: 9, length: 6, isBigEndian: true)
  /// An IP protocol number.
  public static let inetProtocol = NFDataType(number: 12, length: 1, isBigEndian: true)
  /// A port.
  public static let inetService = NFDataType(number: 13, length: 2, isBigEndian: true)
  /// Thirty-two bits in the machine's order. It has a fixed size, which nft's `integer` has not.
  public static let mark = NFDataType(number: 19, length: 4, isBigEndian: false)
  public static let interfaceName = NFDataType(number: 41, length: 16, isBigEndian: false)

  /// A concatenation's number has 32 bits, and six for each type.
  static let mostParts = 5

  /// Bytes in a register row or a concatenation: parts begin at multiples of four.
  public var paddedLength: Int { (length + 3) & ~3 }
}

extension [NFDataType] {
  /// nft's number for one type, or for a concatenation: six bits each.
  var number: UInt32 { reduce(0) { $0 << 6 | $1.number } }

  /// Bytes of a value. A type alone is not padded.
  var length: Int { count == 1 ? self[0].length : reduce(0) { $0 + $1.paddedLength } }

  /// Reads nft's number; the length disambiguates nothing, so unknown types are refused.
  init?(number: UInt32) {
    let known: [NFDataType] = [
      .verdict, .ipv4Address, .ipv6Address, .etherAddress, .inetProtocol, .inetService, .mark, .interfaceName,
    ]
    var types: [NFDataType] = []
    var rest = number
    guard rest != 0 else { return nil }
    while rest != 0 {
      guard let type = known.first(where: { $0.number == rest & 0x3f }) else { return nil }
      types.insert(type, at: 0)
      rest >>= 6
    }
    self = types
  }
}
