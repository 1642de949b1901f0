import Glibc
import KubeAPI
import KubeClientTesting
import Netlink
import Testing

@testable import NetAgent

/// The whole agent in real namespaces, called as a container runtime calls it.
@Suite(.namespaces, .timeLimit(.minutes(2))) struct AgentTests {
  /// Two nodes on one network, both serving.
  private func twoNodes() async throws -> (TestNode, TestNode, FakeAPI) {
    let api = FakeAPI()
    let (one, two) = (try TestNode("one", api), try TestNode("two", api))
    try one.join(two, "172.30.0.1/24", "172.30.0.2/24")
    try api.putNode("one", podCIDRs: ["10.244.1.0/24"], addresses: ["172.30.0.1"])
    try api.putNode("two", podCIDRs: ["10.244.2.0/24"], addresses: ["172.30.0.2"])
    try await one.serve()
    try await two.serve()
    return (one, two, api)
  }

  private func stop(_ nodes: TestNode...) async {
    for node in nodes { await node.stop() }
  }

  @Test func podsReachEachOtherOnANodeAndBetweenNodes() async throws {
    let (one, two, _) = try await twoNodes()
    let pods = (try TestPod(), try TestPod(), try TestPod())
    let a = try await pods.0.add(to: one)
    let b = try await pods.1.add(to: one)
    let c = try await pods.2.add(to: two)
    #expect([a, b, c] == [IPAddress(10, 244, 1, 1), IPAddress(10, 244, 1, 2), IPAddress(10, 244, 2, 1)])
    let from = try Datagrams(in: pods.0.namespace, a)
    for (pod, address) in [(pods.1, b), (pods.2, c)] {
      let to = try Datagrams(in: pod.namespace, address)
      #expect(from.send("hello", to: address) == 0)
      let got = try #require(to.receive())
      #expect(got.text == "hello")
      #expect(got.source == a)
      #expect(to.send("reply", to: a) == 0)
      #expect(from.receive()?.source == address)
    }
    // The node itself speaks from its own address.
    let node = try Datagrams(in: one.namespace, IPAddress(0, 0, 0, 0), port: 7001)
    #expect(node.send("probe", to: a) == 0)
    #expect(from.receive()?.source == IPAddress(172, 30, 0, 1))
    await stop(one, two)
  }

  @Test func theResultAndTheKernelAgree() async throws {
    let (one, two, api) = try await twoNodes()
    let pod = try TestPod()
    api.putPod("web", node: "one")
    let outcome = try await one.plugin.call(
      "ADD", pod.container, namespace: pod.path, arguments: "IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web"
    )
    let result = try #require(outcome.output)
    #expect(result["cniVersion"] == "1.0.0")
    #expect(result["interfaces"]?.arrayValue?.count == 2)
    #expect(result["interfaces"]?.arrayValue?[1]["sandbox"]?.stringValue == pod.path)
    #expect(result["ips"] == [["address": "10.244.1.1/32", "gateway": "169.254.1.1", "interface": 1]])
    #expect(result["routes"] == [["dst": "0.0.0.0/0", "gw": "169.254.1.1"]])
    let inside = try RouteSocket(in: pod.namespace)
    let link = try #require(try inside.link(named: "eth0"))
    #expect(link.hardwareAddress?.description == result["interfaces"]?.arrayValue?[1]["mac"]?.stringValue)
    #expect(link.isUp && link.operationalState == 6)
    let addresses = try inside.addresses(interface: link.index, family: .v4)
    #expect(addresses.map { $0.description } == ["10.244.1.1/32"])
    #expect(try inside.neighbours(.v4).contains { $0.address == PodGateway.v4 && $0.state.contains(.permanent) })
    #expect(
      try await one.plugin.call("CHECK", pod.container, namespace: pod.path, [("prevResult", result)]).exitCode == 0)

    // What CHECK must find: an address that is gone.
    let address = try #require(addresses.first)
    try inside.delete(address)
    let changed = try await one.plugin.call("CHECK", pod.container, namespace: pod.path, [("prevResult", result)])
    #expect(changed.code == 101)
    #expect(changed.message == "interface eth0 has no address 10.244.1.1")
    await stop(one, two)
  }

  @Test func aSecondAddIsRefusedAndDeleteMayBeRepeated() async throws {
    let (one, two, _) = try await twoNodes()
    let pod = try TestPod()
    let address = try await pod.add(to: one)
    let again = try await one.plugin.call("ADD", pod.container, namespace: pod.path)
    #expect(again.code == 103)
    #expect(
      try one.socket.routes(RouteFilter(.v4, origin: .skiffPod)).map { $0.destination } == [IPPrefix(host: address)])
    for namespace in [pod.path, nil, "/run/netns/gone"] {
      #expect(try await one.plugin.call("DEL", pod.container, namespace: namespace).exitCode == 0)
    }
    #expect(try one.socket.links().allSatisfy { !$0.name.hasPrefix("skf") })
    #expect(try one.socket.routes(RouteFilter(.v4, origin: .skiffPod)).isEmpty)
    let check: [(String, JSONValue)] = [("prevResult", [:])]
    #expect(try await one.plugin.call("CHECK", pod.container, namespace: pod.path, check).code == 3)
    // The address that was just freed comes last.
    #expect(try await TestPod().add(to: one) != address)
    await stop(one, two)
  }

  @Test func manyAddsAtOnceGetDistinctAddresses() async throws {
    let (one, two, _) = try await twoNodes()
    let pods = try (0..<60).map { _ in try TestPod() }
    let addresses = try await withThrowingTaskGroup(of: IPAddress.self) { group in
      for pod in pods { group.addTask { try await pod.add(to: one) } }
      return try await group.reduce(into: Set<IPAddress>()) { $0.insert($1) }
    }
    #expect(addresses.count == pods.count)
    #expect(try one.socket.routes(RouteFilter(.v4, origin: .skiffPod)).count == pods.count)
    let (first, last) = (pods[0], pods[59])
    let own = try RouteSocket(in: first.namespace).addresses(family: .v4).first { $0.address.bytes[0] == 10 }
    let other = try RouteSocket(in: last.namespace).addresses(family: .v4).first { $0.address.bytes[0] == 10 }
    let to = try Datagrams(in: last.namespace, try #require(other).address)
    try Datagrams(in: first.namespace, try #require(own).address).send("x", to: try #require(other).address)
    #expect(to.receive()?.source == own?.address)
    try await withThrowingTaskGroup(of: Int32.self) { group in
      for pod in pods {
        group.addTask { try await one.plugin.call("DEL", pod.container, namespace: pod.path).exitCode }
      }
      for try await code in group { #expect(code == 0) }
    }
    #expect(try one.socket.routes(RouteFilter(.v4, origin: .skiffPod)).isEmpty)
    await stop(one, two)
  }

  @Test func exhaustionIsAClearErrorAndLimitsTheStatus() async throws {
    let api = FakeAPI()
    let node = try TestNode("small", api)
    try api.putNode("small", podCIDRs: ["10.244.9.0/30"], addresses: ["172.30.0.1"])
    try await node.serve()
    let pods = try (0..<3).map { _ in try TestPod() }
    _ = try await pods[0].add(to: node)
    _ = try await pods[1].add(to: node)
    let refused = try await node.plugin.call("ADD", pods[2].container, namespace: pods[2].path)
    #expect(refused.code == 102)
    #expect(refused.message == "no address is free in 10.244.9.0/30")
    #expect(try await node.plugin.call("STATUS", "", [("cniVersion", "1.1.0")]).code == 51)
    // GC takes back what the runtime no longer has.
    let valid: JSONValue = [["containerID": .string(pods[1].container), "ifname": "eth0"]]
    #expect(
      try await node.plugin.call("GC", "", [("cniVersion", "1.1.0"), ("cni.dev/valid-attachments", valid)]).exitCode
        == 0)
    #expect(try await pods[2].add(to: node) == IPAddress(10, 244, 9, 1))
    await node.stop()
  }

  @Test func aRestartTakesUpWhatIsThereAndWritesNothing() async throws {
    let (one, two, _) = try await twoNodes()
    let pods = (try TestPod(), try TestPod())
    let a = try await pods.0.add(to: one)
    let b = try await pods.1.add(to: one)
    await one.stop()
    let events = try RouteEvents.stream([.links, .addresses, .routes], in: one.namespace)
    let rules = try one.namespace.run { () throws(NetlinkError) in try NFTablesMonitor() }
    let changes = rules.events()
    try await one.serve()
    #expect(try await pods.0.addAgain(to: one) == 103)
    // Marks the end of what is looked at.
    try one.socket.create(NewLink("mark", .bridge()))
    for await event in events {
      if case .link(let link) = event, link.name == "mark" { break }
      switch event {
      // The kernel itself ends the detection of duplicates of link-local addresses about now.
      case .address(let address) where address.address.isLinkLocal: continue
      case .route(let route) where route.table == Route.localTable: continue
      default: Issue.record("the restart changed something: \(event)")
      }
    }
    _ = try one.namespace.run { () throws in
      try NFTablesSocket().commit(NFBatch([.addTable(NFTable(NFTableName(.inet, "mark")))]))
    }
    for await event in changes {
      guard case .changed(let table, _) = event else { continue }
      #expect(table.name == "mark")
      break
    }
    rules.stop()
    let to = try Datagrams(in: pods.1.namespace, b)
    try Datagrams(in: pods.0.namespace, a).send("still", to: b)
    #expect(to.receive()?.text == "still")
    #expect(try await TestPod().add(to: one) == IPAddress(10, 244, 1, 3))
    await stop(one, two)
  }

  @Test func podsThatEndedWhileTheAgentWasAwayAreCollected() async throws {
    let (one, two, _) = try await twoNodes()
    let kept = try TestPod()
    let address = try await kept.add(to: one)
    do {
      let gone = try TestPod()
      _ = try await gone.add(to: one)
      await one.stop()
    }
    try #require(try await eventually { try one.socket.links().count { $0.name.hasPrefix("skf") } == 1 })
    try await one.serve()
    #expect(
      contents(of: one.folder.path + "/state/addresses.journal").map { String(decoding: $0, as: UTF8.self) }?
        .contains("release") == true)
    #expect(
      try one.socket.routes(RouteFilter(.v4, origin: .skiffPod)).map { $0.destination } == [IPPrefix(host: address)])
    await stop(one, two)
  }

  /// What a kill at each step of an ADD leaves: a lease without link, a link without addresses, a whole pod that the
  /// runtime never heard of.
  @Test func anAddThatWasKilledIsFinishedWithTheSameAddress() async throws {
    let (one, two, _) = try await twoNodes()
    await one.stop()
    let pods = try (0..<3).map { _ in try TestPod() }
    do {
      let (journal, _, _) = try AddressJournal.open(folder: one.folder.path + "/state")
      let network = try PodNetwork(in: one.namespace)
      for (step, pod) in pods.enumerated() {
        let lease = AddressLease(
          attachment: CNIRequest.Attachment(container: pod.container, interface: "eth0"),
          addresses: [IPAddress(10, 244, 1, UInt8(20 + step))], namespace: pod.path,
          namespaceInode: pod.namespace.identifier.inode, pod: "")
        try journal.append([.leased(lease)])
        let peer = NewLink.Peer("eth0", in: pod.namespace)
        if step == 1 { try one.socket.create(NewLink(lease.link.hostName, .veth(peer: peer))) }
        if step == 2 { _ = try network.connect(lease, pod.namespace, mtu: 1500, sources: [:]) }
      }
      journal.unlock()
    }
    try await one.serve()
    #expect(try await pods[0].add(to: one) == IPAddress(10, 244, 1, 20))
    // The runtime deletes what it got no answer for, and begins again.
    for pod in pods[1...] {
      #expect(try await one.plugin.call("DEL", pod.container, namespace: pod.path).exitCode == 0)
      #expect(try await pod.add(to: one).bytes.last ?? 0 < 20)
    }
    #expect(try one.socket.links().count { $0.name.hasPrefix("skf") } == 3)
    await stop(one, two)
  }

  @Test func aLostJournalIsMadeFromTheKernel() async throws {
    let (one, two, _) = try await twoNodes()
    let pod = try TestPod()
    let address = try await pod.add(to: one)
    await one.stop()
    unlink(one.folder.path + "/state/addresses.journal")
    try await one.serve()
    let second = try TestPod()
    let other = try await second.add(to: one)
    #expect(other != address)
    #expect(try await one.plugin.call("DEL", pod.container, namespace: pod.path).exitCode == 0)
    #expect(
      try one.socket.routes(RouteFilter(.v4, origin: .skiffPod)).map { $0.destination } == [IPPrefix(host: other)])
    withExtendedLifetime(second) {}
    await stop(one, two)
  }

  @Test func damageIsRepairedWithinASecond() async throws {
    let (one, two, _) = try await twoNodes()
    let pod = try TestPod()
    let address = try await pod.add(to: one)
    let foreign = Route(to: IPPrefix(IPAddress(10, 99, 0, 0), length: 16), kind: .blackhole, origin: .static)
    try one.socket.add(foreign)
    let node = try one.socket.routes(RouteFilter(.v4, origin: .skiffNode))
    let own = try one.socket.routes(RouteFilter(.v4, origin: .skiffPod))
    #expect(node.count == 2)
    for route in node + own { try one.socket.delete(route) }
    let link = try #require(try one.socket.links().first { $0.name.hasPrefix("skf") })
    func rules() throws -> Int {
      try one.namespace.run { () throws in try NFTablesSocket().rules(in: NetworkRules.table).count }
    }
    let ruleCount = try rules()
    let neighbour = try #require(try one.socket.neighbours(.v4, interface: link.index).first { $0.address == address })
    try one.socket.delete(neighbour)
    _ = try one.namespace.run { () throws in
      try NFTablesSocket().commit(NFBatch([.deleteTable(NetworkRules.table)]))
    }
    let isRight = try await eventually(within: .seconds(1)) {
      try one.socket.routes(RouteFilter(.v4, origin: .skiffNode)) == node
        && one.socket.routes(RouteFilter(.v4, origin: .skiffPod)) == own
        && one.socket.neighbours(.v4, interface: link.index).contains(neighbour)
        && rules() == ruleCount
    }
    #expect(isRight)
    #expect(try one.socket.routes(RouteFilter(.v4, origin: .static)) == [foreign])
    await stop(one, two)
  }

  @Test func routesFollowTheNodes() async throws {
    let (one, two, api) = try await twoNodes()
    func destinations() throws -> Set<String> {
      Set(
        try one.socket.routes(RouteFilter(.v4, origin: .skiffNode)).filter { $0.kind == .unicast }.map {
          $0.destination.description
        })
    }
    #expect(try destinations() == ["10.244.2.0/24"])
    try api.putNode("three", podCIDRs: ["10.244.3.0/24"], addresses: ["172.30.0.3"])
    #expect(try await eventually { try destinations() == ["10.244.2.0/24", "10.244.3.0/24"] })
    api.remove(Node.self, ObjectKey(name: "two"))
    #expect(try await eventually { try destinations() == ["10.244.3.0/24"] })
    await stop(one, two)
  }

  @Test func trafficThatLeavesTheClusterIsMasqueraded() async throws {
    let (one, two, _) = try await twoNodes()
    let pod = try TestPod()
    let address = try await pod.add(to: one)
    // Node two has another address, outside of all that belongs to the cluster.
    let outside = IPAddress(192, 0, 2, 7)
    try two.socket.add(InterfaceAddress(outside, interface: try two.socket.index(of: "lo")))
    let up = try one.socket.index(of: "up")
    try one.socket.add(Route(to: IPPrefix(host: outside), via: IPAddress(172, 30, 0, 2), interface: up))
    let far = try Datagrams(in: two.namespace, outside)
    let near = try Datagrams(in: pod.namespace, address)
    near.send("out", to: outside)
    #expect(far.receive()?.source == IPAddress(172, 30, 0, 1))
    // Nodes see pods as they are.
    let node = try Datagrams(in: two.namespace, IPAddress(172, 30, 0, 2), port: 7002)
    near.send("to a node", to: IPAddress(172, 30, 0, 2), port: 7002)
    #expect(node.receive()?.source == address)
    await stop(one, two)
  }

  @Test func aPodCannotSendFromAnotherAddress() async throws {
    let (one, two, _) = try await twoNodes()
    let pods = (try TestPod(), try TestPod())
    let a = try await pods.0.add(to: one)
    let b = try await pods.1.add(to: two)
    let receiver = try Datagrams(in: pods.1.namespace, b)
    let inside = try RouteSocket(in: pods.0.namespace)
    let index = try inside.index(of: "eth0")
    for stolen in [IPAddress(10, 244, 1, 77), IPAddress(10, 244, 2, 9), IPAddress(8, 8, 8, 8)] {
      try inside.add(InterfaceAddress(stolen, interface: index))
      try Datagrams(in: pods.0.namespace, stolen).send("spoofed", to: b)
    }
    try Datagrams(in: pods.0.namespace, a).send("honest", to: b)
    let got = try #require(receiver.receive())
    #expect(got.text == "honest")
    #expect(receiver.receive(within: 100) == nil)
    let dropped = try one.namespace.run { () throws in
      try NFTablesSocket().rules(in: NetworkRules.table).first { $0.chain == "spoofed" }
    }
    let packets = dropped?.expressions.compactMap { expression -> UInt64? in
      if case .counter(let packets, _) = expression { packets } else { nil }
    }
    #expect(packets == [3])
    await stop(one, two)
  }

  @Test func bothFamiliesWork() async throws {
    let api = FakeAPI()
    let (one, two) = (try TestNode("one", api), try TestNode("two", api))
    try one.join(two, "172.30.0.1/24", "172.30.0.2/24")
    for (node, text) in [(one, "fd00:30::1"), (two, "fd00:30::2")] {
      let address = try #require(IPAddress(text))
      let index = try node.socket.index(of: "up")
      try node.socket.add(InterfaceAddress(address, prefixLength: 64, interface: index, flags: .noDuplicateDetection))
    }
    try api.putNode("one", podCIDRs: ["10.244.1.0/24", "fd00:244:0:1::/64"], addresses: ["172.30.0.1", "fd00:30::1"])
    try api.putNode("two", podCIDRs: ["10.244.2.0/24", "fd00:244:0:2::/64"], addresses: ["172.30.0.2", "fd00:30::2"])
    try await one.serve()
    try await two.serve()
    let pods = (try TestPod(), try TestPod())
    let first = try await one.plugin.call("ADD", pods.0.container, namespace: pods.0.path)
    let second = try await two.plugin.call("ADD", pods.1.container, namespace: pods.1.path)
    #expect(first.addresses.map { $0.description } == ["10.244.1.1", "fd00:244:0:1::1"])
    try #require(second.addresses.count == 2)
    for index in 0..<2 {
      let to = try Datagrams(in: pods.1.namespace, second.addresses[index])
      let from = try Datagrams(in: pods.0.namespace, first.addresses[index])
      // A datagram may be lost while the nodes still look for each other's link addresses.
      var source: IPAddress?
      for _ in 0..<20 where source == nil {
        #expect(from.send("hello", to: second.addresses[index]) == 0)
        source = to.receive(within: 500)?.source
      }
      #expect(source == first.addresses[index])
    }
    await stop(one, two)
  }

  @Test func theListAppearsOnlyWhenPodsCanBeServed() async throws {
    let api = FakeAPI()
    let node = try TestNode("one", api)
    try api.putNode("one", podCIDRs: [], addresses: ["172.30.0.1"])
    node.start()
    #expect(try await eventually { try await node.plugin.call("STATUS", "", [("cniVersion", "1.1.0")]).code == 50 })
    #expect(access(node.listPath, F_OK) != 0)
    let pod = try TestPod()
    #expect(try await node.plugin.call("ADD", pod.container, namespace: pod.path).code == 11)
    try api.putNode("one", podCIDRs: ["10.244.1.0/24"], addresses: ["172.30.0.1"])
    #expect(await eventually { access(node.listPath, F_OK) == 0 })
    _ = try await pod.add(to: node)
    let list = try JSONValue(parsing: try #require(contents(of: node.listPath)))
    #expect(list["cniVersion"] == "1.0.0")
    #expect(list["plugins"]?.arrayValue?.first?["socket"]?.stringValue == node.socketPath)
    #expect(access(node.folder.path + "/bin/loopback", X_OK) == 0)
    #expect(access(node.folder.path + "/bin/skiff-cni", X_OK) == 0)
    #expect(try node.namespace.sysctl("net/ipv4/ip_forward") == "1")
    await node.stop()
  }
}

extension TestPod {
  /// The error code of an ADD that must fail.
  fileprivate func addAgain(to node: TestNode) async throws -> Int64? {
    try await node.plugin.call("ADD", container, namespace: path).code
  }
}
