import NetAgent
import Netlink

#if canImport(Glibc)
  import Glibc
#endif

/// Measures from a pod of one node to a pod of another, by route and by VXLAN, in turns with the link between the nodes.
///
/// Two nodes in network namespaces of their own, joined by a veth; on each an agent that knows both from a file.
///
///     pod 10.128.16.1 ── near 198.51.100.1 ── 198.51.100.2 far ── pod 10.128.17.1
struct NodesBench: Sendable {
  let scratch: BenchScratch
  /// How long the stream is measured on each way.
  let duration: Duration

  private static let turn = Duration.milliseconds(250)
  private static let addresses = [IPAddress(v4: 0xC633_6401), IPAddress(v4: 0xC633_6402)]
  private static let names = ["near", "far"]

  func run() async throws -> NodesSection {
    let nodes = [try NetworkNamespace.make(), try NetworkNamespace.make()]
    try Self.join(nodes)
    let file = "\(scratch.folder)/nodes.yaml"
    let entries = zip(Self.names, Self.addresses).enumerated().map { index, node in
      "- {name: \(node.0), podCIDRs: [10.128.\(16 + index).0/24], addresses: [\(node.1)]}\n"
    }
    try Files.write(Array(("nodes:\n" + entries.joined()).utf8), to: file)
    Console.progress("between nodes, by route")
    let route = try await way(.never, nodes, file)
    Console.progress("between nodes, by VXLAN")
    let tunnel = try await way(.always, nodes, file)
    return NodesSection(route: route, tunnel: tunnel)
  }

  private func way(_ use: TunnelSettings.Use, _ nodes: [NetworkNamespace], _ file: String) async throws
    -> NodesSection.Way
  {
    var agents: [PodsAgent] = []
    defer { for agent in agents { scratch.end(agent.session) } }
    for (node, name) in zip(nodes, Self.names) {
      let agent = try node.run { () throws -> PodsAgent in try start(name, file, use) }
      agents.append(agent)
      try await agent.serves()
    }
    let number = use == .never ? 0 : 2
    let pods = [try BenchPod(300_000 + number), try BenchPod(300_001 + number)]
    var addresses: [IPAddress] = []
    for (agent, pod) in zip(agents, pods) {
      let answer = try agent.expect(try agent.call.run(.add, pod.name, namespace: pod.path), "ADD \(pod.name)")
      guard let address = answer.address else { throw UserError("ADD \(pod.name) gave no address") }
      addresses.append(address)
    }
    let figures = try measure(pods.map(\.namespace), addresses[1], nodes, firstPort: use == .never ? 5210 : 5220)
    for (agent, pod) in zip(agents, pods) {
      try agent.expect(try agent.call.run(.delete, pod.name, namespace: pod.path), "DEL \(pod.name)")
    }
    return figures
  }

  private func measure(
    _ pods: [NetworkNamespace], _ address: IPAddress, _ nodes: [NetworkNamespace], firstPort: UInt16
  ) throws -> NodesSection.Way {
    let pod = try StreamPair(from: pods[0], to: pods[1], at: address, port: firstPort)
    defer { pod.stop() }
    let bare = try StreamPair(from: nodes[0], to: nodes[1], at: Self.addresses[1], port: firstPort + 1)
    defer { bare.stop() }
    let podTrips = try RoundTrips(from: pods[0], to: pods[1], at: address, port: firstPort + 2)
    defer { podTrips.stop() }
    let bareTrips = try RoundTrips(from: nodes[0], to: nodes[1], at: Self.addresses[1], port: firstPort + 3)
    defer { bareTrips.stop() }
    for pair in [pod, bare] { _ = try pair.throughput(for: Self.turn) }
    var way = NodesSection.Way()
    // Each is first as often as the other.
    for round in 0..<max(2, Int((duration / Self.turn).rounded(.up))) {
      let podFirst = round.isMultiple(of: 2)
      if podFirst { way.streams.append(try pod.throughput(for: Self.turn)) }
      way.bareStreams.append(try bare.throughput(for: Self.turn))
      way.bareRoundTrips += try bareTrips.times(for: Self.turn / 5)
      way.roundTrips += try podTrips.times(for: Self.turn / 5)
      if !podFirst { way.streams.append(try pod.throughput(for: Self.turn)) }
    }
    return way
  }

  /// In the network namespace of the calling thread.
  private func start(_ name: String, _ file: String, _ use: TunnelSettings.Use) throws -> PodsAgent {
    let own = try Files.ownExecutable()
    let label = "\(name)-\(use.rawValue)"
    let folder = "\(scratch.folder)/\(label)"
    let session = try scratch.start(
      label,
      [
        own, "network", "--nodes-file", file, "--node-name", name, "--vxlan", use.rawValue, "--run-dir", folder,
        "--root-dir", "\(folder)-root", "--cluster-cidr", "\(BenchNetworks.clusterCIDR)", "--service-cidr",
        "\(BenchNetworks.serviceCIDR)", "--telemetry-address", "127.0.0.1:10258", "--log-level", "warning",
      ])
    return PodsAgent(session: session, socket: "\(folder)/cni.sock", executable: own)
  }

  private static func join(_ nodes: [NetworkNamespace]) throws {
    let sockets = try nodes.map { try RouteSocket(in: $0) }
    try sockets[0].create(NewLink("link0", .veth(peer: NewLink.Peer("link0", in: nodes[1])), isUp: true))
    for (socket, address) in zip(sockets, addresses) {
      try socket.set(BenchNetworks.loopback, LinkChange(isUp: true))
      let index = try socket.index(of: "link0")
      try socket.replace(InterfaceAddress(address, prefixLength: 24, interface: index))
      try socket.set(index, LinkChange(isUp: true))
    }
  }
}
