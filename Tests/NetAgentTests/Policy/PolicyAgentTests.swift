import Glibc
import KubeAPI
import KubeClient
import KubeClientTesting
import Netlink
import Synchronization
import Testing

@testable import NetAgent

/// Policies in the whole agent: from API objects to packets.
@Suite(.namespaces, .timeLimit(.minutes(2))) struct PolicyAgentTests {
  private func scene() async throws -> (TestNode, FakeAPI) {
    let api = FakeAPI()
    let node = try TestNode("one", api)
    try node.socket.add(InterfaceAddress(IPAddress(172, 30, 0, 1), interface: try node.socket.index(of: "lo")))
    try api.putNode("one", podCIDRs: ["10.244.1.0/24", "fd00:244:0:1::/64"], addresses: ["172.30.0.1"])
    try await node.serve()
    return (node, api)
  }

  private func add(_ name: String, _ labels: [String: String], _ node: TestNode) async throws -> (TestPod, IPAddress) {
    node.api.putPod(name, node: node.name, labels: labels)
    let pod = try TestPod()
    return (pod, try await add(pod, name, node))
  }

  private func add(_ pod: TestPod, _ name: String, _ node: TestNode, uid: String = "") async throws -> IPAddress {
    let outcome = try await call(pod, name, node, uid: uid)
    try #require(outcome.exitCode == 0, "\(outcome.message) \(outcome.output?["details"]?.stringValue ?? "")")
    return try #require(outcome.addresses.first)
  }

  private func call(
    _ pod: TestPod, _ name: String, _ node: TestNode, uid: String = ""
  ) async throws -> Plugin.Outcome {
    try await node.plugin.call(
      "ADD", pod.container, namespace: pod.path,
      arguments: "IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=\(name)"
        + (uid.isEmpty ? "" : ";K8S_POD_UID=\(uid)"))
  }

  private func deny(_ api: FakeAPI, _ name: String, _ app: String, from allowed: String? = nil) {
    var spec: JSONValue = ["podSelector": ["matchLabels": ["app": .string(app)]], "policyTypes": ["Ingress"]]
    if let allowed { spec["ingress"] = [["from": [["podSelector": ["matchLabels": ["app": .string(allowed)]]]]]] }
    api.put(NetworkPolicy(name, in: "default") { $0.json["spec"] = spec })
  }

  private func isProgrammed(_ node: TestNode, _ address: IPAddress) throws -> Bool {
    let socket = try node.namespace.run { () throws(NetlinkError) in try NFTablesSocket() }
    guard try socket.tables().contains(where: { $0.name == PolicyRuleset.table }) else { return false }
    return try socket.elements(of: PolicyRuleset.subjects(.ingress, .v4), in: PolicyRuleset.table).contains {
      $0.key == address.bytes
    }
  }

  /// Packets are sent to the address that the pod will get, from before it is made until well after; the pod's first
  /// process listens before that. None arrives.
  @Test func noPacketPassesBeforeThePolicyIsProgrammed() async throws {
    let (node, api) = try await scene()
    deny(api, "deny", "locked")
    let (first, own) = try await add("first", ["app": "free"], node)
    let sender = try Datagrams(in: first.namespace, own)
    let target = IPAddress(10, 244, 1, 2)
    let flood = Flood(sender, to: target)
    func sends(_ count: Int) async -> Bool {
      let goal = flood.sent + count
      return await eventually { flood.sent >= goal }
    }
    let pod = try TestPod()
    let receiver = try Datagrams(in: pod.namespace, IPAddress(0, 0, 0, 0))
    // The API server tells of the pod while ADD waits for it.
    async let added = add(pod, "second", node)
    #expect(await sends(100))
    #expect(try RouteSocket(in: pod.namespace).link(named: "eth0") == nil)
    api.putPod("second", node: "one", labels: ["app": "locked"])
    let address = try await added
    #expect(address == target)
    #expect(await sends(500))
    #expect(receiver.receive(within: 50) == nil)
    // They do arrive when nothing forbids it.
    api.remove(NetworkPolicy.self, ObjectKey(namespace: "default", name: "deny"))
    #expect(receiver.receive(within: 5000)?.text == "early")
    flood.end()
    await node.stop()
  }

  /// A StatefulSet's pod comes back under its name: the labels of the one before do not count.
  @Test func aPodIsKnownByItsUID() async throws {
    let (node, api) = try await scene()
    deny(api, "deny", "locked")
    let (other, from) = try await add("other", [:], node)
    api.putPod("same", node: "one", labels: ["app": "free"], uid: "old")
    let pod = try TestPod()
    async let added = add(pod, "same", node, uid: "new")
    let sender = try Datagrams(in: other.namespace, from)
    for _ in 0..<50 {
      sender.send("x", to: IPAddress(10, 244, 1, 2))
      await Task.yield()
    }
    #expect(try RouteSocket(in: pod.namespace).link(named: "eth0") == nil)
    api.putPod("same", node: "one", labels: ["app": "locked"], uid: "new")
    let address = try await added
    #expect(try isProgrammed(node, address))
    await node.stop()
  }

  @Test func aPodThatNobodyKnowsDoesNotStart() async throws {
    let (node, _) = try await scene()
    let pod = try TestPod()
    let refused = try await call(pod, "ghost", node)
    #expect(refused.code == 11)
    #expect(refused.message == "the policies of pod default/ghost are not in place")
    #expect(try node.socket.links().allSatisfy { !$0.name.hasPrefix("skf") })
    // Its addresses are another's now.
    #expect(try await TestPod().add(to: node) != IPAddress(10, 244, 1, 0))
    await node.stop()
  }

  @Test func aNewPolicyCutsWhatItForbidsAndNothingElse() async throws {
    let (node, api) = try await scene()
    let (server, address) = try await add("server", ["app": "server"], node)
    let (good, _) = try await add("good", ["app": "good"], node)
    let (bad, _) = try await add("bad", ["app": "bad"], node)
    let listener = try Listener(in: server.namespace, address, port: 80)
    let kept = try #require(try Stream.connect(from: good.namespace, to: address, port: 80))
    let keptEnd = try #require(listener.accept())
    let cut = try #require(try Stream.connect(from: bad.namespace, to: address, port: 80))
    let cutEnd = try #require(listener.accept())
    #expect(kept.send(1000) && cut.send(1000))
    deny(api, "only-good", "server", from: "good")
    let conntrack = try node.namespace.run { () throws(NetlinkError) in try ConntrackSocket() }
    #expect(
      try await eventually(within: .seconds(20)) {
        try conntrack.flows(ConntrackFilter(.v4, transport: 6)).count == 1
      })
    // Either end may go on talking: nothing arrives at the other.
    #expect(cut.send(1000) && cutEnd.send(1000))
    #expect(kept.send(2000) && keptEnd.send(10))
    kept.finish()
    keptEnd.finish()
    #expect(keptEnd.drain() == 3000)
    #expect(kept.drain() == 10)
    #expect(cut.waiting(atLeast: 1, within: 300) == 0)
    #expect(cutEnd.waiting(atLeast: 1001, within: 300) == 1000)
    #expect(try conntrack.flows(ConntrackFilter(.v4, transport: 6)).count == 1)
    // It goes on when it is allowed again, for neither end knows better.
    api.remove(NetworkPolicy.self, ObjectKey(namespace: "default", name: "only-good"))
    #expect(cutEnd.waiting(atLeast: 2000, within: 20000) == 2000)
    await node.stop()
  }

  @Test func labelsNamespacesAndPoliciesAreFollowed() async throws {
    let (node, api) = try await scene()
    let (server, address) = try await add("server", ["app": "server"], node)
    let (client, own) = try await add("client", ["app": "none"], node)
    deny(api, "only-good", "server", from: "good")
    #expect(try await eventually { try isProgrammed(node, address) })
    let receiver = try Datagrams(in: server.namespace, address)
    let port = Mutex<UInt16>(20000)
    /// Whether a new flow passes.
    func passes(within milliseconds: Int32) throws -> Bool {
      let number = port.withLock { port in
        port += 1
        return port
      }
      try Datagrams(in: client.namespace, own, port: number).send("\(number)", to: address)
      while let got = receiver.receive(within: milliseconds) { if got.text == "\(number)" { return true } }
      return false
    }
    #expect(try !passes(within: 50))
    api.putPod("client", node: "one", labels: ["app": "good"])
    #expect(try await eventually { try passes(within: 50) })
    api.putPod("client", node: "one", labels: ["app": "bad"])
    #expect(try await eventually { try !passes(within: 50) })
    // The cluster's administrator has the first word.
    api.put(
      ClusterNetworkPolicy("let-bad-in") {
        $0.json["spec"] = [
          "tier": "Admin", "priority": 1, "subject": ["namespaces": [:]],
          "ingress": [
            [
              "action": "Accept",
              "from": [["pods": ["namespaceSelector": [:], "podSelector": ["matchLabels": ["app": "bad"]]]]],
            ]
          ],
        ]
      })
    #expect(try await eventually { try passes(within: 50) })
    // The node itself always passes.
    try Datagrams(in: node.namespace, IPAddress(172, 30, 0, 1), port: 7001).send("probe", to: address)
    #expect(receiver.receive()?.text == "probe")
    let answer = try #require(await node.explanations.answer(path: "/explain/pod", query: "name=default/server"))
    #expect(answer.text.contains("ingress: ClusterNetworkPolicy let-bad-in, NetworkPolicy default/only-good (profile "))
    #expect(answer.text.contains("egress: no policy selects it, everything passes"))
    let denied = node.registry.text().split(separator: "\n").first {
      $0.hasPrefix("skiff_policy_denied_packets_total ")
    }
    #expect(denied.flatMap { $0.split(separator: " ").last }.flatMap { Int($0) } ?? 0 > 0)
    let check = try await node.plugin.call(
      "CHECK", server.container, namespace: server.path, [("prevResult", ["ips": []])])
    #expect(check.exitCode == 0, "\(check.message)")
    await node.stop()
  }

  /// A restart writes nothing and loses no packet; damage is put right.
  @Test func restartsAndDamage() async throws {
    let (node, api) = try await scene()
    let (server, address) = try await add("server", ["app": "server"], node)
    let (good, own) = try await add("good", ["app": "good"], node)
    deny(api, "only-good", "server", from: "good")
    #expect(try await eventually { try isProgrammed(node, address) })
    let socket = try node.namespace.run { () throws(NetlinkError) in try NFTablesSocket() }
    func contents() throws -> PolicyElements? { try PolicyElements.read(socket) }
    let before = try #require(try contents())
    await node.stop()
    let listener = try node.namespace.run { () throws(NetlinkError) in try NFGenerationListener() }
    try await node.serve()
    #expect(await eventually { await node.health.run(.ready, only: "network-policy")?.first?.result == .healthy })
    // Whoever reads and finds all right has read after the start: a call that waits for the policies says so.
    let check = try await node.plugin.call(
      "CHECK", server.container, namespace: server.path, [("prevResult", ["ips": []])])
    #expect(check.exitCode == 0, "\(check.message)")
    #expect(try listener.wait(milliseconds: 0).isEmpty)

    try socket.commit(NFBatch([.deleteTable(PolicyRuleset.table)]))
    #expect(
      try await eventually {
        guard let now = try contents() else { return false }
        return now.ingress.applied == before.ingress.applied && now.pairs.applied == before.pairs.applied
          && now.peers.applied == before.peers.applied
      })
    try socket.commit(NFBatch([.flushSet(PolicyRuleset.table, PolicyRuleset.subjects(.ingress, .v4))]))
    #expect(try await eventually { try isProgrammed(node, address) })
    let receiver = try Datagrams(in: server.namespace, address)
    try Datagrams(in: good.namespace, own).send("hello", to: address)
    #expect(receiver.receive()?.text == "hello")
    await node.stop()
  }

  /// An API server without policies has none; pods start.
  @Test func anAPIServerNeedNotKnowPolicies() async throws {
    let api = FakeAPI()
    for resource in [NetworkPolicy.resource, ClusterNetworkPolicy.resource] {
      api.failNext(
        1_000_000, pathContaining: resource.resource, with: APIError(code: 404, reason: "NotFound", message: ""))
    }
    let node = try TestNode("one", api)
    try api.putNode("one", podCIDRs: ["10.244.1.0/24"], addresses: ["172.30.0.1"])
    try await node.serve()
    _ = try await add("pod", ["app": "x"], node)
    await node.stop()
  }
}

/// Sends datagrams as fast as it can, on a thread of its own.
private final class Flood: Sendable {
  private let state = Mutex((sent: 0, isDone: false))

  init(_ sender: Datagrams, to address: IPAddress) {
    TestThread { [self] in
      while !state.withLock({ $0.isDone }) {
        sender.send("early", to: address)
        state.withLock { $0.sent += 1 }
        usleep(100)
      }
    }.start()
  }

  var sent: Int { state.withLock { $0.sent } }

  func end() { state.withLock { $0.isDone = true } }
}

extension Stream {
  /// How many bytes wait to be read, as soon as there are so many, or after the milliseconds.
  fileprivate func waiting(atLeast count: Int, within milliseconds: Int) -> Int {
    let deadline = ContinuousClock.now + .milliseconds(milliseconds)
    while available < count, ContinuousClock.now < deadline { usleep(1000) }
    return available
  }
}
