import Netlink

/// The gateway that every pod sees: a link-local address that no interface has. The pod knows its Ethernet address from a
/// permanent neighbour entry, so nothing ever asks for it.
enum PodGateway {
  static let v4 = IPAddress(169, 254, 1, 1)
  static let v6 = IPAddress(number: 0xfe80_0000_0000_0000_0000_0000_0000_0001, family: .v6)

  static func of(_ family: IPAddress.Family) -> IPAddress { family == .v4 ? v4 : v6 }
}
