import Netlink

/// Addresses in as few bytes as they need: four each where all are IPv4.
struct PackedAddresses: Sendable, Hashable {
  private let bytes: [UInt8]
  /// Of each: 4, or 17 with the family before the address.
  private let width: UInt8

  init(_ addresses: [IPAddress]) {
    let areIPv4 = addresses.allSatisfy(\.isIPv4)
    width = areIPv4 ? 4 : 17
    var bytes: [UInt8] = []
    bytes.reserveCapacity(addresses.count * Int(width))
    for address in addresses {
      if !areIPv4 {
        bytes.append(address.family.rawValue)
        if address.isIPv4 { bytes += [UInt8](repeating: 0, count: 12) }
      }
      address.append(to: &bytes)
    }
    self.bytes = bytes
  }

  var unpacked: [IPAddress] {
    stride(from: 0, to: bytes.count, by: Int(width)).compactMap { start in
      if width == 4 { return IPAddress(bytes: bytes[start..<(start + 4)]) }
      let isIPv4 = bytes[start] == IPAddress.Family.v4.rawValue
      return IPAddress(bytes: bytes[(start + (isIPv4 ? 13 : 1))..<(start + 17)])
    }
  }
}
