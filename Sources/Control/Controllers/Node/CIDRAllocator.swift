#if canImport(Glibc)
  import Glibc
#endif

/// A range of addresses, IPv4 or IPv6: `10.244.0.0/16`.
struct AddressRange: Sendable, Hashable, CustomStringConvertible {
  var isIPv6: Bool
  /// The first address.
  var base: UInt128
  var length: Int

  var bits: Int { isIPv6 ? 128 : 32 }

  init(isIPv6: Bool, base: UInt128, length: Int) {
    self.isIPv6 = isIPv6
    self.length = length
    self.base = base
  }

  /// `nil` for what is no CIDR. Bits behind the prefix are cleared.
  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let length = Int(parts[1]), length >= 0 else { return nil }
    let address = String(parts[0])
    isIPv6 = address.contains(":")
    self.length = length
    var bytes = [UInt8](repeating: 0, count: 16)
    guard inet_pton(isIPv6 ? AF_INET6 : AF_INET, address, &bytes) == 1, length <= (isIPv6 ? 128 : 32) else {
      return nil
    }
    var value: UInt128 = 0
    for byte in bytes.prefix(isIPv6 ? 16 : 4) { value = value << 8 | UInt128(byte) }
    let host = (isIPv6 ? 128 : 32) - length
    base = host >= 128 ? 0 : (value >> UInt128(host)) << UInt128(host)
  }

  var description: String {
    let count = isIPv6 ? 16 : 4
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: base >> UInt128(8 * (count - 1 - $0))) }
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_ntop(isIPv6 ? AF_INET6 : AF_INET, bytes, &text, socklen_t(text.count)) != nil else { return "" }
    let characters = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return "\(String(decoding: characters, as: UTF8.self))/\(length)"
  }
}

/// Hands out equal parts of a cluster range, each to one node at a time.
///
/// The search goes round, so that the range of a node that left is not given to the next one at once, while
/// neighbours may still have routes to it.
struct CIDRAllocator: Sendable {
  let range: AddressRange
  let nodeLength: Int
  private var taken: Set<UInt64> = []
  private var next: UInt64 = 0

  /// - Returns: `nil` where the parts would be larger than the whole, or too many to count.
  init?(_ range: AddressRange, nodeLength: Int) {
    guard nodeLength >= range.length, nodeLength <= range.bits, nodeLength - range.length <= 32 else { return nil }
    self.range = range
    self.nodeLength = nodeLength
  }

  var capacity: UInt64 { 1 << UInt64(nodeLength - range.length) }

  private func part(_ index: UInt64) -> AddressRange {
    let shift = UInt128(range.bits - nodeLength)
    return AddressRange(isIPv6: range.isIPv6, base: range.base + (UInt128(index) << shift), length: nodeLength)
  }

  /// The part's number; `nil` where it is none of this range.
  private func index(of part: AddressRange) -> UInt64? {
    guard part.isIPv6 == range.isIPv6, part.length == nodeLength, part.base >= range.base else { return nil }
    let index = (part.base - range.base) >> UInt128(range.bits - nodeLength)
    return index < UInt128(capacity) ? UInt64(index) : nil
  }

  func contains(_ part: AddressRange) -> Bool { index(of: part) != nil }

  /// - Returns: whether the part was free (or is no part of this range).
  @discardableResult
  mutating func occupy(_ part: AddressRange) -> Bool {
    guard let index = index(of: part) else { return true }
    return taken.insert(index).inserted
  }

  mutating func release(_ part: AddressRange) { if let index = index(of: part) { taken.remove(index) } }

  /// A free part; `nil` where there is none.
  mutating func allocate() -> AddressRange? {
    guard UInt64(taken.count) < capacity else { return nil }
    while taken.contains(next) { next = (next + 1) % capacity }
    let index = next
    taken.insert(index)
    next = (next + 1) % capacity
    return part(index)
  }
}
