import Glibc
import Netlink
import Testing

@testable import ServiceProxy

/// A node with pods and a client outside, each a network namespace with addresses of both families; nothing leaves them.
///
///     outside 192.0.2.2 ── 192.0.2.1 node 169.254.1.1 ── 10.244.1.x pods
///             fd00:192::2 ── fd00:192::1     fe80::1 ── fd00:10:244:1::x
final class Network {
  let node: NetworkNamespace
  let outside: NetworkNamespace
  private(set) var pods: [IPAddress: NetworkNamespace] = [:]
  private let links: RouteSocket
  private var uplink: Int32 = 0
  /// Of the next datagram: not that of an earlier flow, which the kernel remembers.
  private var sourcePort: UInt16 = 20_000
  private var servers: [Server] = []

  private static let gateways = (v4: IPAddress(169, 254, 1, 1), v6: IPAddress("fe80::1"))

  init() throws {
    (node, outside) = (try Self.makeNamespace(), try Self.makeNamespace())
    links = try RouteSocket(in: node)
    try node.setSysctl("net/ipv4/ip_forward", "1")
    try node.setSysctl("net/ipv6/conf/all/forwarding", "1")
    // Refusals are to be heard, however many there are.
    try node.setSysctl("net/ipv4/icmp_ratelimit", "0")
    try node.setSysctl("net/ipv6/icmp/ratelimit", "0")
    let client: Int32
    (uplink, client) = try connect("uplink", to: outside)
    for family in [Addresses.v4, .v6] {
      try add(family.node, to: uplink, length: family.networkLength)
      let inside = try RouteSocket(in: outside)
      let address = InterfaceAddress(
        family.outside, prefixLength: family.networkLength, interface: client, flags: .noDuplicateDetection)
      try inside.add(address)
      try inside.add(Route(to: .everything(family.family), via: family.node, interface: client))
    }
    // As the proxy does it for the node's own programs.
    try node.run { () throws(NetlinkError) in
      _ = try ServiceRoute().reconcile(
        .init(prefixes: KernelTests.options.serviceCIDRs, nodeAddresses: [Addresses.v4.node, Addresses.v6.node]))
    }
  }

  deinit { for server in servers { server.stop() } }

  private static func makeNamespace() throws -> NetworkNamespace {
    let namespace = try NetworkNamespace.make()
    // Nobody else has these addresses, and nobody waits until that is certain.
    for place in ["all", "default"] { try namespace.setSysctl("net/ipv6/conf/\(place)/accept_dad", "0") }
    try RouteSocket(in: namespace).set("lo", LinkChange(isUp: true))
    return namespace
  }

  /// A pair of interfaces, both up: `name` here and `eth0` there.
  private func connect(_ name: String, to namespace: NetworkNamespace) throws -> (here: Int32, there: Int32) {
    try links.create(NewLink(name, .veth(peer: NewLink.Peer("eth0", in: namespace)), isUp: true))
    let there = try RouteSocket(in: namespace)
    try there.set("eth0", LinkChange(isUp: true))
    return (try links.index(of: name), try there.index(of: "eth0"))
  }

  private func add(_ address: IPAddress, to interface: Int32, length: Int? = nil, scope: UInt8 = 0) throws {
    try links.add(
      InterfaceAddress(address, prefixLength: length, interface: interface, flags: .noDuplicateDetection, scope: scope))
  }

  /// Another address of the node's own.
  func addNodeAddress(_ address: IPAddress) throws { try add(address, to: uplink) }

  /// A pod with an IPv4 address, and with the IPv6 address of the same number: `10.244.1.9` and `fd00:10:244:1::9`.
  @discardableResult
  func addPod(_ text: String) throws -> NetworkNamespace {
    let v4 = try #require(IPAddress(text))
    let v6 = try #require(IPAddress("fd00:10:244:\(v4.bytes[2])::\(v4.bytes[3])"))
    let pod = try Self.makeNamespace()
    let (here, there) = try connect("pod\(pods.count)", to: pod)
    let inside = try RouteSocket(in: pod)
    try add(Self.gateways.v4, to: here, scope: 253)
    try add(try #require(Self.gateways.v6), to: here, length: 64, scope: 253)
    for (address, gateway) in [(v4, Self.gateways.v4), (v6, try #require(Self.gateways.v6))] {
      try inside.add(InterfaceAddress(address, interface: there, flags: .noDuplicateDetection))
      try inside.add(Route(to: .everything(address.family), via: gateway, interface: there, isOnLink: true))
      try links.add(Route(to: IPPrefix(host: address), interface: here))
      pods[address] = pod
    }
    return pod
  }

  /// A pod on a bridge of the node, which is made with its first pod and has the first address of the /24.
  @discardableResult
  func addPod(_ text: String, bridge: String) throws -> NetworkNamespace {
    let address = try #require(IPAddress(text))
    let gateway = IPPrefix(address, length: 24).address.advanced(by: 1)
    if try links.link(named: bridge) == nil {
      try links.create(NewLink(bridge, .bridge(), isUp: true))
      try add(gateway, to: try links.index(of: bridge), length: 24)
    }
    let pod = try Self.makeNamespace()
    let (here, there) = try connect("port\(pods.count)", to: pod)
    try links.set(here, LinkChange(master: .link(try links.index(of: bridge))))
    let inside = try RouteSocket(in: pod)
    try inside.add(InterfaceAddress(address, prefixLength: 24, interface: there))
    try inside.add(Route(to: .everything(.v4), via: gateway, interface: there))
    pods[address] = pod
    return pod
  }

  /// Answers over TCP and UDP on a port in a namespace with a name and the peer's address as it sees it.
  func serve(_ namespace: NetworkNamespace, _ address: IPAddress? = nil, port: UInt16, name: String) throws {
    servers.append(try Server(namespace, address, port: port, name: name))
  }

  /// What is answered: `name peer-address`, or how it failed.
  func ask(
    _ namespace: NetworkNamespace, _ address: String, _ port: UInt16, over transport: Transport = .tcp,
    patience: Duration = .seconds(10)
  ) throws -> String {
    sourcePort += 1
    return try Client(
      in: namespace, to: try #require(IPAddress(address)), port, over: transport,
      sourcePort: transport == .udp ? sourcePort : 0, patience: patience
    ).ask()
  }

  /// Whether nobody answers, and nobody says that nobody is there.
  func isSilent(
    _ namespace: NetworkNamespace, _ address: String, _ port: UInt16, over transport: Transport = .tcp
  ) throws -> Bool {
    let answer = try ask(namespace, address, port, over: transport, patience: .milliseconds(150))
    return ["EINPROGRESS", "EAGAIN", "ETIMEDOUT", "EPERM"].contains(answer)
  }
}
