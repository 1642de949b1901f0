import Netlink

/// A client and pods beside the benchmark's node, each a network namespace. All packets between them cross the node.
///
///     client 198.51.100.6 ── 198.51.100.5 node 198.51.100.1 ── 198.51.100.2 pods
///     10.143.0.0/16                       192.0.2.1                         10.128.0.0/13
///
/// The client and the pods answer at every address of their prefixes.
struct TrafficNetwork: Sendable {
  let client: NetworkNamespace
  let pods: NetworkNamespace

  /// Joins them to the network namespace of the calling process.
  static func build() throws -> TrafficNetwork {
    let network = TrafficNetwork(client: try .make(), pods: try .make())
    let node = try RouteSocket()
    try join(node, "pods0", network.pods, first: IPAddress(v4: 0xC633_6401), owns: BenchNetworks.endpointCIDR)
    try join(node, "client0", network.client, first: IPAddress(v4: 0xC633_6405), owns: BenchNetworks.clientCIDR)
    for (name, value) in nodeSysctls { try Sysctl.write(name, value) }
    return network
  }

  private static let nodeSysctls = [
    ("net/ipv4/ip_forward", "1"),
    // Connections that were closed are forgotten soon: a load makes tens of thousands a second.
    ("net/netfilter/nf_conntrack_tcp_timeout_close", "1"),
    ("net/netfilter/nf_conntrack_tcp_timeout_time_wait", "1"),
  ]

  /// - Parameter first: the node's address on the link; the other end has the next one.
  private static func join(
    _ node: RouteSocket, _ link: String, _ namespace: NetworkNamespace, first: IPAddress, owns prefix: IPPrefix
  ) throws {
    let other = first.advanced(by: 1)
    try node.create(NewLink(link, .veth(peer: NewLink.Peer("eth0", in: namespace)), isUp: true))
    let near = try node.index(of: link)
    try node.replace(InterfaceAddress(first, prefixLength: 30, interface: near))
    let inside = try RouteSocket(in: namespace)
    try inside.set(BenchNetworks.loopback, LinkChange(isUp: true))
    let far = try inside.index(of: "eth0")
    try inside.replace(InterfaceAddress(other, prefixLength: 30, interface: far))
    try inside.set(far, LinkChange(isUp: true))
    try inside.replace(Route(to: .everything(.v4), via: first, interface: far))
    try inside.replace(Route(to: prefix, kind: .local, interface: BenchNetworks.loopback, table: Route.localTable))
    try node.replace(Route(to: prefix, via: other, interface: near))
  }
}
