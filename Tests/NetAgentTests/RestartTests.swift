import Glibc
import KubeClientTesting
import Netlink
import Testing

@testable import NetAgent

/// A node with many pods whose agent is started again.
@Suite(.namespaces, .timeLimit(.minutes(5))) struct RestartTests {
  private static let pods = 1000

  /// Pods as ADD leaves them, fifty in a namespace: what counts is the node's side.
  private func makePods(on node: TestNode, _ sources: [IPAddress]) throws -> [NetworkNamespace] {
    let (journal, _, _) = try AddressJournal.open(folder: node.folder.path + "/state")
    defer { journal.unlock() }
    let network = try PodNetwork(in: node.namespace)
    var namespaces: [NetworkNamespace] = []
    for number in 0..<Self.pods {
      if number % 50 == 0 { namespaces.append(try NetworkNamespace.make()) }
      let namespace = namespaces[number / 50]
      let lease = AddressLease(
        attachment: CNIRequest.Attachment(container: "many\(number)", interface: "e\(number % 50)"),
        addresses: [
          IPAddress(v4: 0x0af4_4100 + UInt32(number)),
          IPAddress(number: 0xfd00_0244_0000_0040 << 64 | UInt128(0x1000 + number), family: .v6),
        ],
        namespace: "/proc/\(getpid())/fd/\(namespace.descriptor)", namespaceInode: namespace.identifier.inode, pod: "")
      try journal.append([.leased(lease)])
      _ = try network.connect(
        lease, namespace, mtu: 1430,
        sources: Dictionary(uniqueKeysWithValues: sources.map { ($0.family, $0) }))
    }
    return namespaces
  }

  @Test func aRestartWithAThousandPodsWritesNothingAndLosesNoPacket() async throws {
    let cluster = try await ThreeNodes(first: ["10.244.64.0/20", "fd00:244:0:40::/64"])
    try await cluster.addPods()
    for from in 0..<3 { for to in 0..<3 where to != from { try cluster.talk(from, to) } }
    let node = cluster.nodes[0]
    await node.stop()
    let namespaces = try makePods(on: node, cluster.nodeAddresses[0])
    try await node.serve()
    #expect(try node.socket.routes(RouteFilter(.v4, origin: .skiffPod)).count == Self.pods + 1)
    #expect(
      await eventually(within: .seconds(20)) {
        AgentMetrics(node.registry).addresses.value(["10.244.64.0/20", "used"]) == 1001
      })
    await node.stop()

    let traffic = try [(0, 1, 0), (0, 2, 0), (2, 0, 1)].enumerated().map { index, way in
      let (from, to, family) = way
      return try SteadyTraffic(
        from: (cluster.pods[from].namespace, cluster.addresses[from][family]),
        to: (cluster.pods[to].namespace, cluster.addresses[to][family]), port: UInt16(7500 + index))
    }
    let writes = node.writes
    let start = ContinuousClock.now
    try await node.serve()
    print("a restart with \(Self.pods) pods: \(ContinuousClock.now - start) until it served")
    for (index, stream) in traffic.enumerated() {
      let (sent, lost) = await stream.stop()
      #expect(sent > 0 && lost == 0, "stream \(index): \(lost) of \(sent) lost")
    }
    #expect(node.writes == writes)
    withExtendedLifetime(namespaces) {}
    await cluster.stop()
  }

  @Test func nodesAreKnownFromAFileThatMayChange() async throws {
    let api = FakeAPI()
    let fabric = try Fabric()
    let nodes = [try TestNode("one", api), try TestNode("two", api)]
    let folder = try TemporaryFolder()
    let path = folder.path + "/nodes.yaml"
    func write(_ text: String) throws {
      let file = try #require(fopen(path, "w"))
      fputs(text, file)
      fclose(file)
    }
    let both = """
      nodes:
      - {name: one, podCIDRs: [10.244.1.0/24], addresses: [172.30.0.1]}
      - {name: two, podCIDRs: [10.244.2.0/24], addresses: [172.30.1.2]}

      """
    try write(both)
    for (index, node) in nodes.enumerated() {
      try fabric.connect(node, index, UInt8(index + 1))
      node.nodesFile.withLock { $0 = NodesFile(path) }
      try await node.serve()
    }
    let pods = (try TestPod(), try TestPod())
    let (a, b) = (try await pods.0.add(to: nodes[0]), try await pods.1.add(to: nodes[1]))
    let receiver = try Datagrams(in: pods.1.namespace, b)
    let sender = try Datagrams(in: pods.0.namespace, a)
    var source: IPAddress?
    for _ in 0..<20 where source == nil {
      sender.send("hello", to: b)
      source = receiver.receive(within: 500)?.source
    }
    #expect(source == a)
    func destinations() throws -> [String] {
      try nodes[0].socket.routes(RouteFilter(.v4, origin: .skiffNode)).filter { $0.kind == .unicast }
        .map { "\($0.destination)" }.sorted()
    }
    try write(both + "- {name: three, podCIDRs: [10.244.3.0/24], addresses: [172.30.0.3]}\n")
    #expect(try await eventually(within: .seconds(20)) { try destinations() == ["10.244.2.0/24", "10.244.3.0/24"] })
    // One that cannot be used changes nothing; the next that can does.
    try write("nodes: nonsense")
    try write("nodes:\n- {name: one, podCIDRs: [10.244.1.0/24], addresses: [172.30.0.1]}\n")
    #expect(try await eventually(within: .seconds(20)) { try destinations().isEmpty })
    for node in nodes { await node.stop() }
  }
}
