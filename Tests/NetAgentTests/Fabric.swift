import Netlink
import Testing

@testable import NetAgent

/// Two networks of the link layer with a router between them, which knows no pod.
///
/// Segment S has 172.30.S.0/24 and fd00:30:0:S::/64; the router is 254 in each.
final class Fabric: Sendable {
  private let switches: NetworkNamespace
  let router: NetworkNamespace
  static let segments = 0...1

  init(mtu: UInt32 = 1500) throws {
    switches = try NetworkNamespace.make()
    router = try NetworkNamespace.make()
    try router.setSysctl("net/ipv4/ip_forward", "1")
    try router.setSysctl("net/ipv6/conf/all/forwarding", "1")
    let (bridges, routing) = (try RouteSocket(in: switches), try RouteSocket(in: router))
    try routing.set("lo", LinkChange(isUp: true))
    for segment in Self.segments {
      try bridges.create(NewLink("br\(segment)", .bridge(), mtu: 9000, isUp: true))
      try plug(router, "seg\(segment)", segment, mtu: mtu)
      for address in Self.addresses(segment, 254) {
        try Self.give(address, to: "seg\(segment)", routing)
      }
    }
  }

  static func addresses(_ segment: Int, _ number: UInt8) -> [IPAddress] {
    [
      IPAddress(172, 30, UInt8(segment), number),
      IPAddress(number: 0xfd00_0030_0000_0000 << 64 | UInt128(segment) << 64 | UInt128(number), family: .v6),
    ]
  }

  /// Joins a node to a segment by its link `up`, with a default route to the router. A link that it had is unplugged.
  @discardableResult
  func connect(_ node: TestNode, _ segment: Int, _ number: UInt8, mtu: UInt32 = 1500) throws -> [IPAddress] {
    try node.socket.deleteLink(named: "up")
    try plug(node.namespace, "up", segment, mtu: mtu)
    let addresses = Self.addresses(segment, number)
    for address in addresses { try Self.give(address, to: "up", node.socket) }
    let up = try node.socket.index(of: "up")
    for gateway in Self.addresses(segment, 254) {
      try node.socket.replace(Route(to: .everything(gateway.family), via: gateway, interface: up))
    }
    return addresses
  }

  private func plug(_ namespace: NetworkNamespace, _ name: String, _ segment: Int, mtu: UInt32) throws {
    let bridges = try RouteSocket(in: switches)
    let port = "p" + String(UInt32.random(in: 0...UInt32.max), radix: 16)
    try bridges.create(
      NewLink(
        port, .veth(peer: NewLink.Peer(name, in: namespace, mtu: mtu)), mtu: 9000,
        master: try bridges.index(of: "br\(segment)"), isUp: true))
    try RouteSocket(in: namespace).set(name, LinkChange(isUp: true))
  }

  private static func give(_ address: IPAddress, to name: String, _ socket: RouteSocket) throws {
    try socket.add(
      InterfaceAddress(
        address, prefixLength: address.isIPv4 ? 24 : 64, interface: try socket.index(of: name),
        flags: .noDuplicateDetection))
  }
}
