import KubeAPI
import KubeClientTesting
import Netlink
import Testing

@testable import NetAgent

/// Three nodes of both families: the first two on segment 0 of a ``Fabric``, the third on segment 1. They serve when this is
/// made.
final class ThreeNodes {
  let api = FakeAPI()
  let fabric: Fabric
  /// The first node's pod CIDRs.
  private let first: [String]
  let nodes: [TestNode]
  private(set) var nodeAddresses: [[IPAddress]] = []
  private(set) var pods: [TestPod] = []
  /// Of each pod, by family.
  private(set) var addresses: [[IPAddress]] = []

  init(
    families: Set<IPAddress.Family> = [.v4, .v6], use: TunnelSettings.Use = .auto,
    first: [String] = ["10.244.1.0/24", "fd00:244:0:1::/64"], beforeStart: ([TestNode]) throws -> Void = { _ in }
  ) async throws {
    fabric = try Fabric()
    self.first = first
    let api = api
    nodes = try (0..<3).map { try TestNode("n\($0)", api) }
    for (index, node) in nodes.enumerated() {
      nodeAddresses.append(try fabric.connect(node, index == 2 ? 1 : 0, UInt8(index + 1)))
      try put(index, nodeAddresses[index].filter { families.contains($0.family) })
      node.tunnels.withLock { $0.use = use }
    }
    try beforeStart(nodes)
    for node in nodes { try await node.serve() }
  }

  func put(_ index: Int, _ addresses: [IPAddress]) throws {
    nodeAddresses[index] = addresses
    try api.putNode(
      "n\(index)",
      podCIDRs: index == 0 ? first : ["10.244.\(index + 1).0/24", "fd00:244:0:\(index + 1)::/64"],
      addresses: addresses.map { "\($0)" })
  }

  /// A pod on each node.
  func addPods() async throws {
    for node in nodes {
      let pod = try TestPod()
      addresses.append(try await pod.addAll(to: node))
      pods.append(pod)
    }
  }

  /// Sends a datagram from one pod to another in a family, or in both, until one arrives, and checks that its source is the pod.
  func talk(_ from: Int, _ to: Int, _ family: Int? = nil, at location: SourceLocation = #_sourceLocation) throws {
    for family in family.map({ [$0] }) ?? [0, 1] {
      let (source, destination) = (addresses[from][family], addresses[to][family])
      let receiver = try Datagrams(in: pods[to].namespace, destination)
      let sender = try Datagrams(in: pods[from].namespace, source)
      // A datagram may be lost while nodes and router still look for each other's link addresses.
      var seen: IPAddress?
      for _ in 0..<20 where seen == nil {
        _ = sender.send("hello", to: destination)
        seen = receiver.receive(within: 500)?.source
      }
      #expect(seen == source, "from pod \(from) to pod \(to), \(source.family)", sourceLocation: location)
    }
  }

  /// By destination, the interfaces of a node's routes to other nodes' pods.
  func routes(of index: Int) throws -> [String: String] {
    let socket = nodes[index].socket
    let names = Dictionary(try socket.links().map { ($0.index, $0.name) }) { first, _ in first }
    var result: [String: String] = [:]
    for family in IPAddress.Family.allCases {
      for route in try socket.routes(RouteFilter(family, origin: .skiffNode)) where route.kind == .unicast {
        result["\(route.destination)"] = route.interface.flatMap { names[$0] }
      }
    }
    return result
  }

  func stop() async {
    for node in nodes { await node.stop() }
  }
}
