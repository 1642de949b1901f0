import Netlink

/// Measures pods on one node: the runtime's calls, and the way from pod to pod.
struct PodsBench: Sendable {
  let agent: PodsAgent
  /// How many pods come and go one at a time.
  let pods: Int
  /// How many come at once.
  let burst: Int
  /// How long the stream is measured on each way.
  let duration: Duration

  private static let turn = Duration.milliseconds(250)
  private static let port: UInt16 = 5201
  private static let barePort: UInt16 = 5202

  func run() throws -> PodsReport {
    var report = PodsReport()
    Console.progress("\(pods) pods, one at a time")
    (report.add, report.delete) = try oneAtATime()
    Console.progress("\(burst) pods at once")
    report.burst = (burst, try atOnce())
    Console.progress("pod to pod")
    (report.sameNode, report.bareVeth) = try streams()
    return report
  }

  private func oneAtATime() throws -> (add: Distribution, delete: Distribution) {
    var (adds, deletes): ([Duration], [Duration]) = ([], [])
    // The first calls fill caches; they are no figure.
    let warm = try (0..<3).map { try BenchPod(-1 - $0) }
    let all = warm + (try (0..<pods).map { try BenchPod($0) })
    for verb in [PluginCall.Verb.add, .delete] {
      for (index, pod) in all.enumerated() {
        let start = ContinuousClock.now
        let answer = try agent.call.run(verb, pod.name, namespace: pod.path)
        let time = start.duration(to: .now)
        try agent.expect(answer, "\(verb.rawValue) \(pod.name)")
        guard index >= warm.count else { continue }
        if verb == .add { adds.append(time) } else { deletes.append(time) }
      }
    }
    return (Distribution(adds), Distribution(deletes))
  }

  private func atOnce() throws -> Duration {
    let all = try (0..<burst).map { try BenchPod(100_000 + $0) }
    let start = ContinuousClock.now
    let running = try all.map { try agent.call.start(.add, $0.name, namespace: $0.path) }
    let answers = running.map { $0.finish() }
    let time = start.duration(to: .now)
    for (pod, answer) in zip(all, answers) { try agent.expect(answer, "ADD \(pod.name)") }
    for pod in all {
      try agent.expect(try agent.call.run(.delete, pod.name, namespace: pod.path), "DEL \(pod.name)")
    }
    return time
  }

  /// The same two namespaces, joined by the agent and by a veth of their own.
  private func streams() throws -> (sameNode: [Double], bareVeth: [Double]) {
    let (left, right) = (try BenchPod(200_000), try BenchPod(200_001))
    var addresses: [IPAddress] = []
    for pod in [left, right] {
      let answer = try agent.expect(try agent.call.run(.add, pod.name, namespace: pod.path), "ADD \(pod.name)")
      guard let address = answer.address else { throw UserError("ADD \(pod.name) gave no address") }
      addresses.append(address)
    }
    let bare = IPAddress(v4: 0xC633_6402)  // 198.51.100.2
    try Self.join(left.namespace, right.namespace, IPAddress(v4: 0xC633_6401), bare)
    let pod = try StreamPair(from: left.namespace, to: right.namespace, at: addresses[1], port: Self.port)
    defer { pod.stop() }
    let veth = try StreamPair(from: left.namespace, to: right.namespace, at: bare, port: Self.barePort)
    defer { veth.stop() }
    for pair in [pod, veth] { _ = try pair.throughput(for: Self.turn) }
    var (sameNode, bareVeth): ([Double], [Double]) = ([], [])
    // Each is first as often as the other.
    for round in 0..<max(2, Int((duration / Self.turn).rounded(.up))) {
      if round.isMultiple(of: 2) { sameNode.append(try pod.throughput(for: Self.turn)) }
      bareVeth.append(try veth.throughput(for: Self.turn))
      if !round.isMultiple(of: 2) { sameNode.append(try pod.throughput(for: Self.turn)) }
    }
    for pod in [left, right] {
      try agent.expect(try agent.call.run(.delete, pod.name, namespace: pod.path), "DEL \(pod.name)")
    }
    return (sameNode, bareVeth)
  }

  private static func join(
    _ left: NetworkNamespace, _ right: NetworkNamespace, _ first: IPAddress, _ second: IPAddress
  ) throws {
    let (near, far) = (try RouteSocket(in: left), try RouteSocket(in: right))
    try near.create(NewLink("bare0", .veth(peer: NewLink.Peer("bare0", in: right)), isUp: true))
    for (socket, address) in [(near, first), (far, second)] {
      let index = try socket.index(of: "bare0")
      try socket.replace(InterfaceAddress(address, prefixLength: 30, interface: index))
      try socket.set(index, LinkChange(isUp: true))
    }
  }
}
