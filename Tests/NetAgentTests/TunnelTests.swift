import Glibc
import KubeAPI
import KubeClientTesting
import Netlink
import Testing

@testable import NetAgent

/// Three nodes on two networks with a router between: one and two beside each other, three behind the router.
@Suite(.namespaces, .timeLimit(.minutes(3))) struct TunnelTests {
  @Test func podsReachEachOtherByRouteAndByTunnel() async throws {
    let cluster = try await ThreeNodes()
    try await cluster.addPods()
    for from in 0..<3 { for to in 0..<3 where to != from { try cluster.talk(from, to) } }
    // The way is chosen by node.
    let destinations = try cluster.routes(of: 0)
    #expect(destinations["10.244.2.0/24"] == "up" && destinations["10.244.3.0/24"] == "skiff-vx4")
    #expect(destinations["fd00:244:0:2::/64"] == "up" && destinations["fd00:244:0:3::/64"] == "skiff-vx6")
    await cluster.stop()
  }

  @Test func packetsAreAsLongAsTheTunnelCarriesAndNoLonger() async throws {
    let cluster = try await ThreeNodes()
    try await cluster.addPods()
    // The IPv6 tunnel has the smaller packets, and a pod has one interface for both.
    for pod in cluster.pods {
      let link = try #require(try RouteSocket(in: pod.namespace).link(named: "eth0"))
      #expect(link.mtu == 1430)
    }
    for (from, to) in [(0, 2), (2, 0), (0, 1)] {
      for family in 0..<2 {
        try cluster.talk(from, to, family)
        let (source, destination) = (cluster.addresses[from][family], cluster.addresses[to][family])
        let receiver = try Datagrams(in: cluster.pods[to].namespace, destination, port: 7200)
        let sender = try Datagrams(in: cluster.pods[from].namespace, source, port: 7200)
        sender.neverFragment(source.family)
        let room = 1430 - (family == 0 ? 28 : 48)
        #expect(sender.send([UInt8](repeating: 1, count: room), to: destination, port: 7200) == 0)
        #expect(receiver.receive()?.text.utf8.count == room)
        #expect(sender.send([UInt8](repeating: 1, count: room + 1), to: destination, port: 7200) == EMSGSIZE)
        let stream = try StreamTransfer(
          from: (cluster.pods[from].namespace, source), to: (cluster.pods[to].namespace, destination))
        #expect(stream.send(4 << 20) == 4 << 20)
      }
    }
    await cluster.stop()
  }

  /// A pod of one node and the node itself, behind a tunnel, see each other by their own addresses.
  @Test func nodesAndPodsBehindATunnelReachEachOther() async throws {
    let cluster = try await ThreeNodes()
    try await cluster.addPods()
    // Where the way back is looked at strictly, it must be the way there.
    for node in cluster.nodes {
      for name in ["all", "up", "skiff-vx4"] {
        try node.namespace.setSysctl("net/ipv4/conf/\(name)/rp_filter", "1")
      }
    }
    for family in 0..<2 {
      try cluster.talk(0, 2, family)
      try cluster.talk(2, 0, family)
      let pod = cluster.addresses[0][family]
      let node = cluster.nodeAddresses[2][family]
      let inPod = try Datagrams(in: cluster.pods[0].namespace, pod, port: 7300)
      let onNode = try Datagrams(in: cluster.nodes[2].namespace, node, port: 7300)
      inPod.send("to the node", to: node, port: 7300)
      #expect(onNode.receive()?.source == pod)
      onNode.send("to the pod", to: pod, port: 7300)
      #expect(inPod.receive()?.source == node)
      // Without an address of its own choice the node speaks from its InternalIP.
      let unbound = try Datagrams(
        in: cluster.nodes[2].namespace, IPAddress(number: 0, family: pod.family), port: 7301)
      unbound.send("unbound", to: pod, port: 7300)
      #expect(inPod.receive()?.source == node)
    }
    await cluster.stop()
  }

  @Test func tunnelPacketsThatNoNodeSentAreDropped() async throws {
    let cluster = try await ThreeNodes()
    try await cluster.addPods()
    try cluster.talk(0, 2, 0)
    let victim = try Datagrams(in: cluster.pods[2].namespace, cluster.addresses[2][0], port: 7400)
    // What a pod of node one puts in VXLAN by hand, as if another pod had sent it.
    let forged = ForgedPacket(
      from: IPAddress(10, 244, 2, 77), to: cluster.addresses[2][0], port: 7400,
      device: Tunnel.hardwareAddress(cluster.nodeAddresses[2][0]))
    let attacker = try Datagrams(in: cluster.pods[0].namespace, cluster.addresses[0][0], port: 7401)
    attacker.send(forged.vxlan(83), to: cluster.nodeAddresses[2][0], port: 4789)
    // The same from a node arrives: the packet is what it should be.
    let node = try Datagrams(in: cluster.nodes[0].namespace, cluster.nodeAddresses[0][0], port: 7401)
    #expect(victim.receive(within: 300) == nil)
    node.send(forged.vxlan(83), to: cluster.nodeAddresses[2][0], port: 4789)
    #expect(victim.receive()?.text == "forged")
    await cluster.stop()
  }

  @Test func routesFollowNodesThatMoveAndChange() async throws {
    let cluster = try await ThreeNodes()
    try await cluster.addPods()
    // Node two goes behind the router.
    let addresses = try cluster.fabric.connect(cluster.nodes[1], 1, 2)
    try cluster.put(1, addresses)
    #expect(
      try await eventually(within: .seconds(20)) {
        let routes = try (cluster.routes(of: 0), cluster.routes(of: 1), cluster.routes(of: 2))
        return routes.0["10.244.2.0/24"] == "skiff-vx4" && routes.1["10.244.3.0/24"] == "up"
          && routes.1["10.244.1.0/24"] == "skiff-vx4" && routes.2["fd00:244:0:2::/64"] == "up"
          && routes.0["fd00:244:0:2::/64"] == "skiff-vx6"
      })
    for from in 0..<3 { for to in 0..<3 where to != from { try cluster.talk(from, to) } }
    // Node three comes to where node one is: no tunnel between these two any more, one to node two.
    try cluster.put(2, try cluster.fabric.connect(cluster.nodes[2], 0, 3))
    #expect(
      try await eventually(within: .seconds(20)) {
        try cluster.routes(of: 0)["10.244.3.0/24"] == "up" && cluster.routes(of: 2)["10.244.1.0/24"] == "up"
          && cluster.routes(of: 2)["fd00:244:0:2::/64"] == "skiff-vx6"
          && cluster.routes(of: 1)["10.244.3.0/24"] == "skiff-vx4"
      })
    for from in 0..<3 { for to in 0..<3 where to != from { try cluster.talk(from, to) } }
    // Node two is gone: nothing is left of the tunnels to it, nor of the devices.
    cluster.api.remove(Node.self, ObjectKey(name: "n1"))
    let socket = cluster.nodes[0].socket
    #expect(
      try await eventually(within: .seconds(20)) {
        try socket.links().allSatisfy { !$0.name.hasPrefix(Tunnel.prefix) }
          && socket.rules(.v4, origin: .skiffNode).isEmpty && socket.rules(.v6, origin: .skiffNode).isEmpty
          && socket.routes(RouteFilter(.v4, table: nil, origin: .skiffNode)).count == 2
      })
    try cluster.talk(0, 2)
    await cluster.stop()
  }

  @Test func aRestartOfATunnelsNodeWritesNothing() async throws {
    let cluster = try await ThreeNodes()
    try await cluster.addPods()
    let node = cluster.nodes[0]
    await node.stop()
    let events = try RouteEvents.stream(.all, in: node.namespace)
    let before = node.writes
    try await node.serve()
    #expect(node.writes == before)
    try node.socket.create(NewLink("mark", .bridge()))
    for await event in events {
      if case .link(let link) = event, link.name == "mark" { break }
      #expect(!event.isOurs, "the restart changed something: \(event)")
    }
    for family in 0..<2 { try cluster.talk(0, 2, family) }
    await cluster.stop()
  }

  @Test func whereIPv6HasNoWayOfItsOwnItGoesOverIPv4() async throws {
    let cluster = try await ThreeNodes(families: [.v4])
    try await cluster.addPods()
    #expect(try cluster.routes(of: 0)["fd00:244:0:3::/64"] == "skiff-vx4")
    for family in 0..<2 { for (from, to) in [(0, 2), (2, 0), (0, 1)] { try cluster.talk(from, to, family) } }
    await cluster.stop()
  }

  @Test func allNodesAreReachedByTunnelWhereThatIsAsked() async throws {
    let cluster = try await ThreeNodes(use: .always)
    try await cluster.addPods()
    #expect(Set(try cluster.routes(of: 0).values) == ["skiff-vx4", "skiff-vx6"])
    for from in 0..<3 { for to in 0..<3 where to != from { try cluster.talk(from, to) } }
    await cluster.stop()
  }

  @Test func aTunnelThatCannotBeMadeLeavesTheOthersReachable() async throws {
    let cluster = try await ThreeNodes(beforeStart: { nodes in
      // Someone else has the number.
      try nodes[0].socket.create(
        NewLink("foreign", .vxlan(VXLAN(identifier: 83, local: IPAddress(172, 30, 0, 1))), isUp: true))
    })
    try await cluster.addPods()
    try cluster.talk(0, 1)
    #expect(AgentMetrics(cluster.nodes[0].registry).unroutable.value() == 1)
    #expect(try cluster.routes(of: 0)["10.244.3.0/24"] == nil)
    try cluster.nodes[0].socket.deleteLink(named: "foreign")
    #expect(try await eventually(within: .seconds(20)) { try cluster.routes(of: 0)["10.244.3.0/24"] == "skiff-vx4" })
    try cluster.talk(0, 2)
    await cluster.stop()
  }
}

extension RouteEvent {
  /// Whether it tells of something that only the agent makes.
  var isOurs: Bool {
    switch self {
    case .overrun: true
    case .link(let link), .linkDeleted(let link):
      link.name.hasPrefix(PodLink.prefix) || link.name.hasPrefix(Tunnel.prefix)
    case .address(let address), .addressDeleted(let address): !address.address.isLinkLocal
    case .route(let route), .routeDeleted(let route): [.skiffNode, .skiffPod].contains(route.origin)
    case .rule, .ruleDeleted: true
    case .neighbour(let neighbour), .neighbourDeleted(let neighbour): neighbour.state.contains(.permanent)
    case .forwarding(let entry), .forwardingDeleted(let entry): entry.isOwn && entry.destination != nil
    default: false
    }
  }
}
