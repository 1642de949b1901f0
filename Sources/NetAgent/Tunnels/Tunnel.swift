import Netlink

/// A VXLAN device, which carries packets between nodes' own addresses of one family, and the nodes that it leads to.
///
/// Everything that the kernel holds of it follows from the nodes' objects, so that it can be compared and made again at
/// any time. All entries of the device are ours.
struct Tunnel: Sendable, Hashable {
  /// A node that is reached through the tunnel.
  struct Peer: Sendable, Hashable {
    var name: String
    /// The node's own address, which packets are sent to.
    var address: IPAddress
    /// Its pods.
    var podCIDRs: [IPPrefix] = []
    /// Its addresses, which pods of this node reach through the tunnel too.
    var nodeAddresses: [IPAddress] = []
  }

  /// The first letters of every tunnel's device.
  static let prefix = "skiff-vx"
  /// Set on the device: says whose it is, also where it was given another name.
  static let alias = "skiff tunnel"
  /// The table of pods' routes to nodes behind tunnels.
  static let table: UInt32 = 83
  /// Before `main`, after `local`.
  static let rulePriority: UInt32 = 8300
  /// The least MTU that IPv6 works with (RFC 8200, 5).
  static let leastIPv6MTU: UInt32 = 1280

  /// This node's address, which packets are sent from.
  var local: IPAddress
  var identifier: UInt32
  var port: UInt16
  var mtu: UInt32
  /// What the node itself speaks from to pods behind the tunnel, by family of the pods.
  var sources: [IPAddress.Family: IPAddress]
  var peers: [Peer] = []

  var family: IPAddress.Family { local.family }
  var name: String { Self.name(family) }
  var hardwareAddress: HardwareAddress { Self.hardwareAddress(local) }
  var details: VXLAN { VXLAN(identifier: identifier, port: port, local: local) }

  static func name(_ family: IPAddress.Family) -> String { prefix + (family == .v4 ? "4" : "6") }

  /// What VXLAN adds to a packet: an IP header, UDP, VXLAN, Ethernet.
  static func overhead(_ family: IPAddress.Family) -> UInt32 { (family == .v4 ? 20 : 40) + 8 + 8 + 14 }

  /// The Ethernet address of a node's device, from the address that the tunnel ends at: all nodes work it out alike.
  static func hardwareAddress(_ address: IPAddress) -> HardwareAddress { .local(StableHash.of("tunnel \(address)")) }

  /// The link-local address that a device with this Ethernet address has (RFC 4291, appendix A).
  static func linkLocal(_ address: HardwareAddress) -> IPAddress {
    let bytes = address.bytes
    let identifier = [bytes[0] ^ 0x02] + bytes[1...2] + [0xff, 0xfe] + bytes[3...5]
    return IPAddress(
      number: 0xfe80 << 112 | identifier.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }, family: .v6)
  }

  /// What routes to a peer's pods lead via: an address that only this node's neighbour entry knows.
  ///
  /// For IPv4 that of the pod CIDR itself, which no pod has. For IPv6 the link-local one: the kernel refuses a gateway that
  /// it would look for at another interface, as it would while a direct route is still there.
  private func gateway(_ prefix: IPPrefix, _ peer: Peer) -> IPAddress {
    prefix.family == .v4 ? prefix.address : Self.linkLocal(Self.hardwareAddress(peer.address))
  }

  func entries(_ device: Int32) -> [ForwardingEntry] {
    peers.map { ForwardingEntry(Self.hardwareAddress($0.address), to: $0.address, interface: device) }
  }

  func neighbours(_ device: Int32) -> [Neighbour] {
    peers.flatMap { peer in
      peer.podCIDRs.map { Neighbour(gateway($0, peer), Self.hardwareAddress(peer.address), interface: device) }
    }
  }

  /// The node's own addresses on the device: what the kernel puts in packets that are masqueraded towards it.
  func addresses(_ device: Int32) -> [InterfaceAddress] {
    sources.values.sorted().map {
      InterfaceAddress($0, interface: device, flags: [.permanent, .noPrefixRoute, .noDuplicateDetection])
    }
  }

  /// Routes to peers' pods for all, and in the tunnel's table routes to the peers themselves for pods.
  func routes(_ device: Int32) -> [Route] {
    var routes: [Route] = []
    for peer in peers {
      for prefix in peer.podCIDRs {
        let family = prefix.family
        var route = Route(
          to: prefix, via: gateway(prefix, peer), interface: device, source: sources[family], origin: .skiffNode,
          priority: family == .v6 ? 1024 : 0, isOnLink: family == .v4)
        routes.append(route)
        route.source = nil
        route.table = Self.table
        for address in peer.nodeAddresses where address.family == family {
          route.destination = IPPrefix(host: address)
          routes.append(route)
        }
      }
    }
    return routes
  }
}
