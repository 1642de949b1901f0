import Glibc
import Netlink
import Testing

@testable import NetAgent

/// What something else does to a node's network is put right, and what is not ours is left alone.
@Suite(.namespaces, .timeLimit(.minutes(5))) struct RepairTests {
  private static func number(_ name: String, _ usual: UInt64) -> UInt64 {
    getenv(name).flatMap { UInt64(String(cString: $0)) } ?? usual
  }

  /// Things of all kinds that the agent must not touch. Returns the number of a bridge.
  private func makeForeign(_ node: TestNode) throws -> Int32 {
    let socket = node.socket
    try socket.create(NewLink("foreign0", .bridge(), hardwareAddress: .local(0xf0), isUp: true))
    try socket.create(NewLink("foreign1", .vxlan(VXLAN(identifier: 7, port: 8472)), isUp: true))
    let (bridge, tunnel) = (try socket.index(of: "foreign0"), try socket.index(of: "foreign1"))
    try socket.add(InterfaceAddress(IPAddress(198, 51, 100, 1), prefixLength: 24, interface: bridge))
    try socket.replace(Neighbour(IPAddress(198, 51, 100, 9), .local(9), interface: bridge))
    try socket.replace(ForwardingEntry(.local(77), to: IPAddress(198, 51, 100, 7), interface: tunnel))
    let origin = Route.Origin(rawValue: 85)
    let elsewhere = IPPrefix(IPAddress(10, 99, 0, 0), length: 16)
    try socket.add(Route(to: elsewhere, via: IPAddress(198, 51, 100, 9), interface: bridge, origin: origin))
    try socket.add(Route(to: elsewhere, via: IPAddress(198, 51, 100, 9), interface: bridge, table: 7, origin: origin))
    try socket.add(
      RoutingRule(from: IPPrefix(IPAddress(192, 0, 2, 0), length: 24), table: 7, priority: 100, origin: origin))
    let table = NFTableName(.inet, "foreign")
    let nftables = try node.namespace.run { () throws(NetlinkError) in try NFTablesSocket() }
    try nftables.commit(
      NFBatch([
        .addTable(NFTable(table)),
        .addChain(NFChain("c", in: table, base: NFBaseChain(.filter, hook: .forward, priority: 0))),
        .addRule(NFRule(in: "c", of: table, comment: "foreign", [.counter()])),
      ]))
    return bridge
  }

  /// `SKIFF_ADVERSARY_SECONDS` says for how long; `SKIFF_ADVERSARY_SEED` repeats a run.
  @Test func whatAnAdversaryBreaksIsRightWhenItStops() async throws {
    let cluster = try await ThreeNodes()
    try await cluster.addPods()
    let node = cluster.nodes[0]
    let more = try (0..<4).map { _ in try TestPod() }
    for pod in more { _ = try await pod.add(to: node) }
    let bridge = try makeForeign(node)
    for from in 0..<3 { for to in 0..<3 where to != from { try cluster.talk(from, to) } }
    let stream = try StreamTransfer(
      from: (cluster.pods[0].namespace, cluster.addresses[0][0]),
      to: (cluster.pods[2].namespace, cluster.addresses[2][0]))
    #expect(stream.send(1 << 16) == 1 << 16)
    let (right, foreign) = (try NodeSnapshot(node, ours: true), try NodeSnapshot(node, ours: false))

    let seed = Self.number("SKIFF_ADVERSARY_SEED", .random(in: 0...UInt64.max))
    let seconds = Self.number("SKIFF_ADVERSARY_SECONDS", 5)
    var adversary = try Adversary(node, foreignBridge: bridge, seed: seed)
    let end = ContinuousClock.now + .seconds(Int64(seconds))
    var strikes = 0
    while ContinuousClock.now < end {
      adversary.strike()
      strikes += 1
      try await Task.sleep(for: .milliseconds(2))
    }
    let stop = ContinuousClock.now
    var now = right
    _ = await eventually(within: .seconds(30)) {
      // A dump may be cut short by what changes meanwhile.
      guard let snapshot = try? NodeSnapshot(node, ours: true) else { return false }
      now = snapshot
      return now == right
    }
    print(
      "seed \(seed): \(strikes) strikes in \(seconds) s were put right \(ContinuousClock.now - stop) after the last")
    #expect(now.lines.subtracting(right.lines).sorted() == [])
    #expect(right.lines.subtracting(now.lines).sorted() == [])
    let after = try NodeSnapshot(node, ours: false)
    #expect(after == foreign, "\(after.lines.symmetricDifference(foreign.lines).sorted())")
    for from in 0..<3 { for to in 0..<3 where to != from { try cluster.talk(from, to) } }
    #expect(stream.send(1 << 16) == 1 << 16)
    withExtendedLifetime(more) {}
    await cluster.stop()
  }

  @Test func eventsThatWereLostLeadToAComparison() async throws {
    let cluster = try await ThreeNodes()
    let node = cluster.nodes[0]
    let right = try NodeSnapshot(node, ours: true)
    // More than any queue holds, and in the middle of it what matters.
    for number in 0..<12_000 {
      let route = Route(
        to: IPPrefix(host: IPAddress(v4: 0xc633_6400 + UInt32(number % 200))), kind: .blackhole, origin: .static)
      try node.socket.add(route)
      try node.socket.delete(route)
      if number == 6000 {
        for route in try node.socket.routes(RouteFilter(.v4, origin: .skiffNode)) { try node.socket.delete(route) }
      }
    }
    #expect(try await eventually(within: .seconds(20)) { try NodeSnapshot(node, ours: true) == right })
    await cluster.stop()
  }

  @Test func podsFollowTheMTUOfTheUplink() async throws {
    let cluster = try await ThreeNodes()
    try await cluster.addPods()
    let node = cluster.nodes[0]
    for family in 0..<2 { try cluster.talk(0, 2, family) }
    let streams = try (0..<2).map { family in
      try StreamTransfer(
        from: (cluster.pods[2].namespace, cluster.addresses[2][family]),
        to: (cluster.pods[0].namespace, cluster.addresses[0][family]))
    }
    for stream in streams { #expect(stream.send(1 << 20) == 1 << 20) }
    let inside = try RouteSocket(in: cluster.pods[0].namespace)
    for uplink in [UInt32(1400), 1500, 1480] {
      try node.socket.set("up", LinkChange(mtu: uplink))
      #expect(
        try await eventually(within: .seconds(20)) {
          let links = try node.socket.links()
          return try inside.link(named: "eth0")?.mtu == uplink - 70
            && links.allSatisfy { !$0.name.hasPrefix(PodLink.prefix) || $0.mtu == uplink - 70 }
            && links.first { $0.name == "skiff-vx4" }?.mtu == uplink - 50
            && links.first { $0.name == "skiff-vx6" }?.mtu == uplink - 70
        })
      for stream in streams { #expect(stream.send(1 << 20) == 1 << 20) }
    }
    // Something inside the pod is put right at the next start.
    try inside.set("eth0", LinkChange(mtu: 900))
    await node.stop()
    try await node.serve()
    #expect(try inside.link(named: "eth0")?.mtu == 1410)
    await cluster.stop()
  }

  @Test func podsKeepAddressesOfAFormerPodCIDR() async throws {
    let cluster = try await ThreeNodes()
    try await cluster.addPods()
    let node = cluster.nodes[0]
    try cluster.api.putNode(
      "n0", podCIDRs: ["10.244.9.0/24", "fd00:244:0:9::/64"], addresses: cluster.nodeAddresses[0].map { "\($0)" })
    let new = try TestPod()
    var addresses: [IPAddress] = []
    for _ in 0..<100 where addresses.first?.bytes[2] != 9 {
      if !addresses.isEmpty { _ = try await node.plugin.call("DEL", new.container, namespace: new.path) }
      addresses = try await new.addAll(to: node)
    }
    #expect(addresses.map { "\($0)" } == ["10.244.9.1", "fd00:244:0:9::1"])
    // Old and new speak with each other, and the old is still one of the node's pods for the rules.
    let old = cluster.addresses[0][0]
    let receiver = try Datagrams(in: cluster.pods[0].namespace, old)
    try Datagrams(in: new.namespace, addresses[0]).send("hello", to: old)
    #expect(receiver.receive()?.source == addresses[0])
    let elements = try node.namespace.run { () throws in
      try NFTablesSocket().elements(of: "pods-v4", in: NetworkRules.table)
    }
    #expect(elements.contains { $0.key == old.bytes })
    // The others' routes follow.
    #expect(
      try await eventually(within: .seconds(20)) {
        try cluster.routes(of: 1)["10.244.9.0/24"] == "up" && cluster.routes(of: 2)["10.244.9.0/24"] == "skiff-vx4"
      })
    await cluster.stop()
  }

  @Test func aPodCIDRThatOverlapsTheNodesNetworkIsRefusedClearly() async throws {
    let cluster = try await ThreeNodes(beforeStart: { nodes in
      try nodes[0].socket.create(NewLink("cni0", .bridge(), isUp: true))
      try nodes[0].socket.add(
        InterfaceAddress(
          IPAddress(10, 244, 1, 1), prefixLength: 24, interface: try nodes[0].socket.index(of: "cni0")))
      nodes[0].waitsForServing.withLock { $0 = false }
    })
    let node = cluster.nodes[0]
    let text = "pod CIDR 10.244.1.0/24 overlaps 10.244.1.0/24, which the node itself is on"
    #expect(
      try await eventually(within: .seconds(20)) {
        let status = try await node.plugin.call("STATUS", "", [("cniVersion", "1.1.0")])
        return status.code == 50 && status.output?["details"]?.stringValue == text
      })
    let pod = try TestPod()
    let add = try await node.plugin.call("ADD", pod.container, namespace: pod.path)
    #expect(add.code == 11 && add.output?["details"]?.stringValue == text)
    try node.socket.deleteLink(named: "cni0")
    #expect(
      try await eventually(within: .seconds(20)) {
        try await node.plugin.call("ADD", pod.container, namespace: pod.path).exitCode == 0
      })
    await cluster.stop()
  }
}
