import Glibc
import KubeAPI
import KubeClient
import Netlink
import Testing

@testable import NetAgent

/// Which nodes are behind which tunnel, and what the kernel should hold for it, as values.
@Suite struct TunnelPlanTests {
  private func node(_ name: String, _ podCIDRs: [String], _ addresses: [String]) -> NodeDefinition {
    NodeDefinition(
      name: name, podCIDRs: podCIDRs.compactMap { IPPrefix($0) }, addresses: addresses.compactMap { IPAddress($0) })
  }

  private let own = NodeDefinition(
    name: "one", podCIDRs: ["10.244.1.0/24", "fd00:244:0:1::/64"].compactMap { IPPrefix($0) },
    addresses: ["172.30.0.1", "fd00:30::1"].compactMap { IPAddress($0) })

  private func plan(
    _ nodes: [NodeDefinition], use: TunnelSettings.Use = .auto, mtu: UInt32 = 1500, length: Int = 24,
    leases: [IPAddress] = []
  ) throws -> NetworkPlan {
    var state = ClusterState()
    state.apply(
      .replaced(Dictionary(uniqueKeysWithValues: (nodes + [own]).map { (ObjectKey(name: $0.name), $0) })))
    let (v4, v6) = (IPAddress(172, 30, 0, 1), try #require(IPAddress("fd00:30::1")))
    let interfaces = NodeInterfaces(onLink: [
      NodeInterfaces.OnLink(prefix: IPPrefix(v4, length: length), interface: 2, mtu: mtu, address: v4),
      NodeInterfaces.OnLink(prefix: IPPrefix(v6, length: 64), interface: 2, mtu: mtu, address: v6),
    ])
    let scope = NetworkScope(
      nodeName: "one", clusterCIDRs: [], serviceCIDRs: [],
      tunnels: TunnelSettings(use: use, identifier: 5, port: 8472))
    return NetworkPlan(state, interfaces, scope, leases: leases)
  }

  @Test func eachFamilyTakesItsOwnWay() throws {
    // IPv4 is on the same network, IPv6 is not.
    let plan = try plan([node("two", ["10.244.2.0/24", "fd00:244:0:2::/64"], ["172.30.0.2", "fd00:31::2"])])
    #expect(plan.routes.last?.gateway == IPAddress(172, 30, 0, 2))
    let tunnel = try #require(plan.tunnels.first)
    #expect(plan.tunnels.count == 1 && tunnel.family == .v6 && tunnel.name == "skiff-vx6")
    #expect(tunnel.peers.map { $0.podCIDRs.map { $0.description } } == [["fd00:244:0:2::/64"]])
    #expect(tunnel.mtu == 1430 && plan.mtu == 1430)
    #expect(tunnel.identifier == 5 && tunnel.port == 8472)
  }

  @Test func whatTheKernelHoldsFollowsFromTheNodesAlone() throws {
    let plan = try plan([node("far", ["10.244.3.0/24", "fd00:244:0:3::/64"], ["172.31.0.3"])])
    let tunnel = try #require(plan.tunnels.first)
    #expect(tunnel.name == "skiff-vx4" && tunnel.mtu == 1450)
    let address = Tunnel.hardwareAddress(IPAddress(172, 31, 0, 3))
    // The far node works out the same for its own device.
    #expect(
      Tunnel(local: IPAddress(172, 31, 0, 3), identifier: 5, port: 8472, mtu: 1450, sources: [:]).hardwareAddress
        == address)
    #expect(tunnel.entries(9) == [ForwardingEntry(address, to: IPAddress(172, 31, 0, 3), interface: 9)])
    let gateway = Tunnel.linkLocal(address)
    #expect(gateway.isLinkLocal)
    #expect(
      tunnel.neighbours(9) == [
        Neighbour(IPAddress(10, 244, 3, 0), address, interface: 9), Neighbour(gateway, address, interface: 9),
      ])
    let routes = tunnel.routes(9)
    #expect(
      routes.map { "\($0)" } == [
        "10.244.3.0/24 via 10.244.3.0 dev number 9 src 172.30.0.1",
        "172.31.0.3/32 via 10.244.3.0 dev number 9 table 83",
        "fd00:244:0:3::/64 via \(gateway) dev number 9 src fd00:30::1",
      ])
  }

  @Test func linkLocalAddressesAreMadeAsTheKernelMakesThem() throws {
    let address = try #require(HardwareAddress("8a:1a:c7:81:9b:52"))
    #expect(Tunnel.linkLocal(address).description == "fe80::881a:c7ff:fe81:9b52")
  }

  @Test func theUseOfTunnelsCanBeForcedAndForbidden() throws {
    let near = node("near", ["10.244.2.0/24"], ["172.30.0.2"])
    let far = node("far", ["10.244.3.0/24"], ["172.31.0.3"])
    #expect(try plan([near, far], use: .always).tunnels.first?.peers.map { $0.name } == ["far", "near"])
    let never = try plan([near, far], use: .never)
    #expect(never.tunnels.isEmpty && never.mtu == 1500)
    #expect(
      never.unroutable == ["far": "no interface of this node is on the network of 172.31.0.3, and VXLAN is turned off"])
  }

  /// As machines of some clouds have it: the address is a /32, and everything else is behind a router.
  @Test func anAddressWithoutANetworkReachesAllByTunnel() throws {
    let plan = try plan([node("near", ["10.244.2.0/24"], ["172.30.0.2"])], length: 32)
    #expect(plan.sources[.v4] == IPAddress(172, 30, 0, 1))
    #expect(plan.tunnels.first?.peers.map { $0.name } == ["near"])
  }

  @Test func anMTUThatIsTooSmallForIPv6IsSaid() throws {
    let plan = try plan([node("far", ["10.244.3.0/24", "fd00:244:0:3::/64"], ["172.31.0.3"])], mtu: 1300)
    #expect(
      plan.unroutable == [
        "far": "VXLAN leaves 1250 bytes of the uplink's MTU, and IPv6 needs 1280: raise the MTU"
      ])
    #expect(plan.tunnels.first?.peers.first?.podCIDRs.map { $0.family } == [.v4])
    // Pods keep what IPv6 needs on this network.
    #expect(plan.tunnels.first?.mtu == 1250 && plan.mtu == 1280)
  }

  @Test func theUplinkIsTheNetworkAndNotACopyOfTheAddress() throws {
    let address = IPAddress(172, 30, 0, 1)
    let network = NodeInterfaces.OnLink(
      prefix: IPPrefix(address, length: 24), interface: 2, mtu: 1500, address: address)
    let copy = NodeInterfaces.OnLink(prefix: IPPrefix(host: address), interface: 3, mtu: 700, address: address)
    #expect(NodeInterfaces(onLink: [copy, network]).own(address) == network)
    #expect(NodeInterfaces(onLink: [copy]).own(address) == copy)
    #expect(NodeInterfaces(onLink: [network]).own(IPAddress(172, 30, 0, 2)) == nil)
  }

  @Test func podsWithFormerAddressesAreStillPods() throws {
    let plan = try plan([], leases: [IPAddress(10, 244, 1, 4), IPAddress(10, 244, 9, 9)])
    #expect(plan.pods.map { $0.description } == ["10.244.1.0/24", "fd00:244:0:1::/64", "10.244.9.9/32"])
    #expect(NetworkRules(plan).contents.elements["pods-v4"]?.count == 4)
  }

  @Test(arguments: [
    (EOPNOTSUPP, "this kernel has none (CONFIG_VXLAN)"), (EADDRINUSE, "UDP port 8472 is taken"),
    (EEXIST, "another device of this node has VXLAN number 5"), (ENOMEM, "its device cannot be made: cannot create"),
  ]) func whyATunnelCannotBeHadIsSaid(code: Int32, text: String) {
    let tunnel = Tunnel(local: IPAddress(172, 30, 0, 1), identifier: 5, port: 8472, mtu: 1450, sources: [:])
    let error = NetlinkError(call: "create", object: "vxlan skiff-vx4", errno: code)
    let reason = TunnelApply.reason(error, tunnel)
    #expect(reason.hasPrefix("it needs VXLAN over IPv4, and ") && reason.contains(text))
  }
}
