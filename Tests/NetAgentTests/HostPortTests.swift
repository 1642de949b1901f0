import Glibc
import KubeAPI
import KubeClientTesting
import Netlink
import Testing

@testable import NetAgent

/// Ports of the node that lead to pods, with real packets.
@Suite(.namespaces, .timeLimit(.minutes(3))) struct HostPortTests {
  private let nodeAddress = IPAddress(172, 30, 0, 1)
  private let nodeAddress6 = IPAddress("fd00:30::1")

  /// A node and a machine beside it; the machine speaks from 172.30.0.2 and fd00:30::2.
  private func scene() async throws -> (TestNode, TestNode) {
    let api = FakeAPI()
    let (node, outside) = (try TestNode("one", api), try TestNode("outside", api))
    try node.join(outside, "172.30.0.1/24", "172.30.0.2/24")
    for (node, text) in [(node, "fd00:30::1"), (outside, "fd00:30::2")] {
      let address = try #require(IPAddress(text))
      let index = try node.socket.index(of: "up")
      try node.socket.add(InterfaceAddress(address, prefixLength: 64, interface: index, flags: .noDuplicateDetection))
    }
    try api.putNode("one", podCIDRs: ["10.244.1.0/24", "fd00:244:0:1::/64"], addresses: ["172.30.0.1", "fd00:30::1"])
    try await node.serve()
    return (node, outside)
  }

  private func mapping(
    _ port: Int64, _ target: Int64, _ transport: String = "tcp", at address: String? = nil
  ) -> JSONValue {
    var json: JSONValue = [
      "hostPort": .integer(port), "containerPort": .integer(target), "protocol": .string(transport),
    ]
    if let address { json["hostIP"] = .string(address) }
    return json
  }

  private func add(_ pod: TestPod, to node: TestNode, _ mappings: JSONValue...) async throws -> Plugin.Outcome {
    node.api.putPod(pod.container, node: node.name)
    return try await node.plugin.call(
      "ADD", pod.container, namespace: pod.path, arguments: "K8S_POD_NAMESPACE=default;K8S_POD_NAME=\(pod.container)",
      [("runtimeConfig", ["portMappings": .array(mappings)])])
  }

  private func elements(_ node: TestNode) throws -> Int {
    try node.namespace.run { () throws -> Int in
      let socket = try NFTablesSocket()
      return try socket.sets(in: PodRules.table).reduce(0) {
        $0 + (try socket.elements(of: $1.name, in: PodRules.table).count)
      }
    }
  }

  @Test func tcpComesFromEverywhere() async throws {
    let (node, outside) = try await scene()
    let (pod, other) = (try TestPod(), try TestPod())
    let outcome = try await add(pod, to: node, mapping(8080, 80))
    try #require(outcome.exitCode == 0, "\(outcome.message)")
    let addresses = outcome.addresses
    try #require(addresses.count == 2)
    _ = try await other.add(to: node)
    let nodeAddress6 = try #require(nodeAddress6)
    for (address, target) in [(nodeAddress, addresses[0]), (nodeAddress6, addresses[1])] {
      let listener = try Listener(in: pod.namespace, target, port: 80)
      // From another machine, another pod, the node itself, and the pod itself.
      for (name, from) in [
        ("outside", outside.namespace), ("other", other.namespace), ("node", node.namespace), ("self", pod.namespace),
      ] {
        let stream = try Stream.connect(from: from, to: address, port: 8080)
        #expect(stream != nil, "\(name) to \(address)")
        let accepted = listener.accept()
        if name == "outside" { #expect(accepted?.peer?.bytes.last == 2, "the client's address is kept") }
        if name == "self" { #expect(accepted?.peer == address) }
      }
      #expect(try Stream.connect(from: outside.namespace, to: address, port: 8081) == nil)
    }
    let listener = try Listener(in: pod.namespace, addresses[0], port: 80)
    #expect(try Stream.connect(from: node.namespace, to: IPAddress(127, 0, 0, 1), port: 8080) != nil)
    #expect(listener.accept()?.peer == nodeAddress)
    // The pod itself must not reach what listens on the node's loopback, although its link lets 127.0.0.1 pass.
    let hidden = try Datagrams(in: node.namespace, IPAddress(127, 0, 0, 1), port: 7009)
    try Frames(in: pod.namespace).send(
      Packet.ethernet(
        to: PodLink(CNIRequest.Attachment(container: pod.container, interface: "eth0")).hostAddress,
        from: .local(1), type: 0x0800,
        Packet.ipv4(
          17, from: addresses[0], to: IPAddress(127, 0, 0, 1), Packet.udp(from: 5, to: 7009, Array("hidden".utf8)))))
    #expect(hidden.receive(within: 100) == nil)
    #expect(try elements(node) == 4)
    #expect(try await node.plugin.call("DEL", pod.container, namespace: pod.path).exitCode == 0)
    #expect(try elements(node) == 0)
    await node.stop()
  }

  @Test func oneAddressAndOneFamily() async throws {
    let (node, outside) = try await scene()
    let second = IPAddress(172, 30, 0, 9)
    try node.socket.add(InterfaceAddress(second, interface: try node.socket.index(of: "up")))
    let pod = try TestPod()
    let outcome = try await add(
      pod, to: node, mapping(8080, 80, at: "172.30.0.9"), mapping(8081, 80, at: "0.0.0.0"), mapping(8082, 80, at: "::"))
    try #require(outcome.exitCode == 0, "\(outcome.message)")
    let listeners = try outcome.addresses.map { try Listener(in: pod.namespace, $0, port: 80) }
    let nodeAddress6 = try #require(nodeAddress6)
    for (address, port, answers) in [
      (second, 8080, true), (nodeAddress, 8080, false), (nodeAddress6, 8080, false), (second, 8081, true),
      (nodeAddress, 8081, true), (nodeAddress6, 8081, false), (nodeAddress6, 8082, true), (nodeAddress, 8082, false),
    ] as [(IPAddress, UInt16, Bool)] {
      let stream = try Stream.connect(from: outside.namespace, to: address, port: port)
      #expect((stream != nil) == answers, "\(address) \(port)")
    }
    withExtendedLifetime(listeners) {}
    await node.stop()
  }

  @Test func twoPodsCannotHaveOnePort() async throws {
    let (node, outside) = try await scene()
    let pods = (try TestPod(), try TestPod())
    #expect(try await add(pods.0, to: node, mapping(8080, 80), mapping(53, 53, "udp", at: "172.30.0.1")).exitCode == 0)
    for wanted in [mapping(8080, 81), mapping(8080, 80, at: "172.30.0.1"), mapping(53, 1, "UDP")] {
      let refused = try await add(pods.1, to: node, mapping(9000, 80), wanted)
      #expect(refused.code == 104)
      #expect(refused.message.hasSuffix("is taken by pod default/\(pods.0.container)"), "\(refused.message)")
    }
    // Nothing is left of what was refused.
    #expect(try node.socket.routes(RouteFilter(.v4, origin: .skiffPod)).count == 1)
    let beside = try await add(pods.1, to: node, mapping(8080, 80, "udp"), mapping(53, 53, "tcp"))
    #expect(beside.exitCode == 0, "\(beside.message)")
    #expect(try await node.plugin.call("DEL", pods.0.container).exitCode == 0)
    #expect(try await node.plugin.call("DEL", pods.1.container).exitCode == 0)
    #expect(try await add(pods.1, to: node, mapping(8080, 80)).exitCode == 0)
    withExtendedLifetime(outside) {}
    await node.stop()
  }

  @Test func datagramsFollowThePortFromPodToPod() async throws {
    let (node, outside) = try await scene()
    let client = try Datagrams(in: outside.namespace, IPAddress(0, 0, 0, 0), port: 6000)
    // A flow from before: it ended at the node itself.
    client.send("early", to: nodeAddress, port: 5353)
    for name in ["first", "second"] {
      let pod = try TestPod()
      let outcome = try await add(pod, to: node, mapping(5353, 53, "UDP"))
      try #require(outcome.exitCode == 0, "\(outcome.message)")
      let server = try Datagrams(in: pod.namespace, outcome.addresses[0], port: 53)
      // The answer to what came too early may be an error that waits in the socket.
      if client.send(name, to: nodeAddress, port: 5353) != 0 { client.send(name, to: nodeAddress, port: 5353) }
      let got = try #require(server.receive(), "\(name)")
      #expect(got.text == name)
      #expect(got.source == IPAddress(172, 30, 0, 2))
      server.send("reply", to: got.source, port: 6000)
      #expect(client.receive()?.source == nodeAddress)
      #expect(try await node.plugin.call("DEL", pod.container, namespace: pod.path).exitCode == 0)
      let flows = try node.namespace.run { () throws in
        try ConntrackSocket().flows(ConntrackFilter(.v4, transport: 17)) { $0.original.destinationPort == 5353 }
      }
      #expect(flows.isEmpty)
    }
    await node.stop()
  }

  /// No SCTP socket is needed: a packet that begins an association must come to the pod.
  @Test func sctpComesToThePod() async throws {
    let (node, outside) = try await scene()
    let pod = try TestPod()
    let outcome = try await add(pod, to: node, mapping(9899, 99, "SCTP"))
    try #require(outcome.exitCode == 0, "\(outcome.message)")
    let raw = try pod.namespace.run { () throws in socket(AF_INET, Int32(SOCK_RAW.rawValue), 132) }
    defer { close(raw) }
    let sender = try outside.namespace.run { () throws in socket(AF_INET, Int32(SOCK_RAW.rawValue), 132) }
    defer { close(sender) }
    let packet = Packet.sctpInit(from: 1234, to: 9899)
    var (name, size) = Stream.name(nodeAddress, 0)
    let sent = withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { sendto(sender, packet, packet.count, 0, $0, size) }
    }
    #expect(sent == packet.count)
    var waiting = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
    try #require(poll(&waiting, 1, 5000) == 1)
    var buffer = [UInt8](repeating: 0, count: 2048)
    let count = recv(raw, &buffer, buffer.count, 0)
    try #require(count == 20 + packet.count)
    #expect(Array(buffer[22..<24]) == [0, 99])
    #expect(Array(buffer[12..<16]) == [172, 30, 0, 2])
    await node.stop()
  }

  @Test func portsSurviveARestartAndAreRepaired() async throws {
    let (node, outside) = try await scene()
    let pod = try TestPod()
    let outcome = try await add(pod, to: node, mapping(8080, 80))
    let listener = try Listener(in: pod.namespace, try #require(outcome.addresses.first), port: 80)
    let before = try elements(node)
    await node.stop()
    try await node.serve()
    #expect(try elements(node) == before)
    #expect(try Stream.connect(from: outside.namespace, to: nodeAddress, port: 8080) != nil)
    let check: [(String, JSONValue)] = [("prevResult", try #require(outcome.output)), ("cniVersion", "1.0.0")]
    #expect(try await node.plugin.call("CHECK", pod.container, namespace: pod.path, check).exitCode == 0)
    _ = try node.namespace.run { () throws in
      let socket = try NFTablesSocket()
      let set = PodRules.SetName.ports.name(.v4)
      try socket.commit(
        NFBatch([.deleteElements(try socket.elements(of: set, in: PodRules.table), PodRules.table, set: set)]))
    }
    #expect(try await eventually { try elements(node) == before })
    _ = try node.namespace.run { () throws in
      try NFTablesSocket().commit(NFBatch([.deleteTable(PodRules.table), .deleteTable(PodRules.arpTable)]))
    }
    #expect(try await eventually { try elements(node) == before })
    #expect(try Stream.connect(from: outside.namespace, to: nodeAddress, port: 8080) != nil)
    withExtendedLifetime(listener) {}
    await node.stop()
  }

  @Test func aTableThatIsGoneDoesNotStopAPod() async throws {
    let (node, outside) = try await scene()
    let pod = try TestPod()
    _ = try node.namespace.run { () throws in try NFTablesSocket().commit(NFBatch([.deleteTable(PodRules.table)])) }
    let outcome = try await add(pod, to: node, mapping(8080, 80))
    try #require(outcome.exitCode == 0, "\(outcome.message)")
    let listener = try Listener(in: pod.namespace, outcome.addresses[0], port: 80)
    #expect(try Stream.connect(from: outside.namespace, to: nodeAddress, port: 8080) != nil)
    try node.namespace.run { () throws in
      let socket = try NFTablesSocket()
      if try socket.tables().contains(where: { $0.name == PodRules.table }) {
        try socket.commit(NFBatch([.deleteTable(PodRules.table)]))
      }
    }
    #expect(try await node.plugin.call("DEL", pod.container, namespace: pod.path).exitCode == 0)
    #expect(try await eventually { try elements(node) == 0 })
    withExtendedLifetime(listener) {}
    await node.stop()
  }
}
