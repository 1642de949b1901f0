import Glibc
import KubeAPI
import KubeClientTesting
import Netlink
import Testing

@testable import NetAgent

/// How fast pods may be.
@Suite(.namespaces, .timeLimit(.minutes(2))) struct BandwidthTests {
  private func node() async throws -> TestNode {
    let api = FakeAPI()
    let node = try TestNode("one", api)
    try api.putNode("one", podCIDRs: ["10.244.1.0/24"], addresses: ["172.30.0.1"])
    try await node.serve()
    return node
  }

  private let limits: JSONValue = [
    "bandwidth": [
      "ingressRate": 16_000_000, "ingressBurst": 800_000, "egressRate": 16_000_000, "egressBurst": 4_294_967_295,
    ]
  ]

  /// How long it takes until so many bytes have come from one pod to the other.
  private func time(_ bytes: Int, from: TestPod, to: TestPod, at address: IPAddress) async throws -> Duration {
    let listener = try Listener(in: to.namespace, address, port: 80)
    let stream = try #require(try Stream.connect(from: from.namespace, to: address, port: 80))
    let accepted = try #require(listener.accept())
    let start = ContinuousClock.now
    TestThread {
      _ = stream.send(bytes)
      stream.finish()
    }.start()
    #expect(accepted.drain() == bytes)
    return ContinuousClock.now - start
  }

  @Test func bothDirectionsAreLimited() async throws {
    let node = try await node()
    let (slow, fast) = (try TestPod(), try TestPod())
    let outcome = try await node.plugin.call(
      "ADD", slow.container, namespace: slow.path, [("runtimeConfig", limits)])
    try #require(outcome.exitCode == 0, "\(outcome.message) \(outcome.output?["details"]?.text ?? "")")
    let other = try await fast.add(to: node)
    // 2 MB at 2 MB a second, less the burst of 100 kB, and some for what is read late.
    #expect(try await time(2_000_000, from: fast, to: slow, at: outcome.addresses[0]) > .milliseconds(800))
    #expect(try await time(2_000_000, from: slow, to: fast, at: other) > .milliseconds(800))
    #expect(
      try await node.plugin.call(
        "CHECK", slow.container, namespace: slow.path, [("prevResult", try #require(outcome.output))]
      ).exitCode == 0)
    #expect(try await node.plugin.call("DEL", slow.container, namespace: slow.path).exitCode == 0)
    #expect(try node.socket.links().map(\.name).filter { $0.hasPrefix("ski") }.isEmpty)
    await node.stop()
  }

  @Test func whatIsTakenAwayComesBack() async throws {
    let node = try await node()
    let pod = try TestPod()
    let outcome = try await node.plugin.call("ADD", pod.container, namespace: pod.path, [("runtimeConfig", limits)])
    try #require(outcome.exitCode == 0, "\(outcome.message)")
    let link = PodLink(CNIRequest.Attachment(container: pod.container, interface: "eth0"))
    let result: [(String, JSONValue)] = [("prevResult", try #require(outcome.output))]
    func isRight() async throws -> Bool {
      try await node.plugin.call("CHECK", pod.container, namespace: pod.path, result).exitCode == 0
    }
    let index = try node.socket.index(of: link.hostName)
    let bucket = try #require(
      try node.socket.disciplines(interface: index).first { $0.parent == QueueingDiscipline.root })
    let damages: [() throws -> Void] = [
      { try node.socket.delete(bucket) },
      { try node.socket.delete(QueueingDiscipline(interface: index, .ingress)) },
      { _ = try node.socket.deleteLink(named: link.blockName) },
      {
        try node.socket.replace(
          QueueingDiscipline(interface: index, .tokenBucket(TokenBucket(rate: 9, burst: 99_999, limit: 9))))
      },
    ]
    for (number, damage) in damages.enumerated() {
      try damage()
      // The last one is a change that no event tells; it is found when something else wakes the agent.
      if number == damages.count - 1 { try node.socket.set(link.hostName, LinkChange(isUp: false)) }
      #expect(try await eventually { try await isRight() }, "damage \(number)")
    }
    await node.stop()
    // While nobody looks, the pod ends; its block has no namespace that would take it along.
    try node.socket.deleteLink(named: link.hostName)
    #expect(try node.socket.link(named: link.blockName) != nil)
    withExtendedLifetime(pod) {}
  }

  @Test func blocksOfPodsThatAreGoneAreCollected() async throws {
    let node = try await node()
    var name = ""
    do {
      let pod = try TestPod()
      let outcome = try await node.plugin.call("ADD", pod.container, namespace: pod.path, [("runtimeConfig", limits)])
      try #require(outcome.exitCode == 0, "\(outcome.message)")
      name = PodLink(CNIRequest.Attachment(container: pod.container, interface: "eth0")).blockName
      await node.stop()
    }
    try #require(try await eventually { try node.socket.links().allSatisfy { !$0.name.hasPrefix("skf") } })
    #expect(try node.socket.link(named: name) != nil)
    try await node.serve()
    #expect(try node.socket.link(named: name) == nil)
    await node.stop()
  }

  @Test func bucketsHoldAPacketAndABurst() {
    let slow = PodBandwidth.Limit(rate: 8_000, burst: 8).bucket(mtu: 1500)
    #expect(slow.rate == 1_000 && slow.burst >= 1514)
    let plain = PodBandwidth.Limit(rate: 800_000_000, burst: nil).bucket(mtu: 1500)
    #expect(plain == TokenBucket(rate: 100_000_000, burst: 5_000_000, limit: 10_000_000))
    // What containerd writes for a burst that nobody named.
    #expect(PodBandwidth.Limit(rate: 8_000, burst: 0xffff_ffff).burst == nil)
    let huge = PodBandwidth.Limit(rate: .max, burst: .max - 1).bucket(mtu: 1500)
    #expect(huge.burst == .max && huge.limit == .max)
    let all = PodBandwidth(ingress: .init(rate: 1, burst: nil), egress: .init(rate: 2, burst: 3))
    #expect(PodBandwidth(json: all.json) == all)
  }
}
