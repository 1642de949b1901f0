#if canImport(Glibc)
  import Glibc
#endif

/// A range of addresses as it is written: `10.9.8.0/24`.
struct CIDRText {
  static let problem = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"

  /// Four or sixteen.
  private let bytes: [UInt8]
  private let length: Int

  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, let family = IPFamily(address: parts[0]), let length = Int(parts[1]),
      parts[1] == "\(length)"
    else { return nil }
    var bytes = [UInt8](repeating: 0, count: family == .v4 ? 4 : 16)
    guard (0...bytes.count * 8).contains(length), inet_pton(family == .v4 ? AF_INET : AF_INET6, parts[0], &bytes) == 1
    else { return nil }
    self.bytes = bytes
    self.length = length
  }

  /// Whether the other is within this one, and smaller.
  func isStrictlyAbove(_ other: CIDRText) -> Bool {
    guard bytes.count == other.bytes.count, other.length > length else { return false }
    for (index, byte) in bytes.enumerated() {
      let bits = min(max(length - index * 8, 0), 8)
      let mask = UInt8(truncatingIfNeeded: 0xff00 >> bits)
      if byte & mask != other.bytes[index] & mask { return false }
    }
    return true
  }
}
