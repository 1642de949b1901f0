import Netlink

/// What the kernel should hold for the cluster, apart from the pods' own links.
struct NetworkPlan: Sendable, Hashable {
  /// The node's pod CIDRs; none where the node is not known or has none yet.
  var podCIDRs: [IPPrefix] = []
  /// The address, by family, that the node speaks to pods from.
  var sources: [IPAddress.Family: IPAddress] = [:]
  /// The MTU of the interface that the other nodes are reached by, in bytes.
  var mtu: UInt32 = 1500
  /// Routes to other nodes' pods, and what keeps packets to addresses that no pod has.
  var routes: [Route] = []
  /// Where pods' own addresses must be seen: everything in the cluster.
  var inside: [IPPrefix] = []
  /// Nodes that cannot be routed to, and why.
  var unroutable: [String: String] = [:]
  /// What is wrong with the cluster's addresses, for the operator.
  var problems: [String] = []
}

/// Where an agent works.
struct NetworkScope: Sendable, Hashable {
  var nodeName: String
  var clusterCIDRs: [IPPrefix]
  var serviceCIDRs: [IPPrefix]
}

extension NetworkPlan {
  /// Works out the plan. Nothing is asked of the kernel: what its interfaces are comes in `interfaces`.
  init(_ state: ClusterState, _ interfaces: NodeInterfaces, _ scope: NetworkScope) {
    let own = state.nodes[scope.nodeName]
    podCIDRs = Self.distinct(own?.podCIDRs ?? [])
    for address in own?.addresses ?? [] where sources[address.family] == nil {
      // An address that no interface has cannot be spoken from.
      guard let network = interfaces.network(of: address), network.address == address else { continue }
      sources[address.family] = address
      if address.family == .v4 || sources.count == 1 { mtu = network.mtu }
    }
    inside = scope.clusterCIDRs + scope.serviceCIDRs + Self.neverMasqueraded
    for prefix in podCIDRs {
      routes.append(Self.unreachable(prefix))
      for network in interfaces.onLink where network.prefix.overlaps(prefix) {
        problems.append("pod CIDR \(prefix) overlaps \(network.prefix), which the node itself is on")
      }
    }
    for node in state.nodes.values.sorted(by: { $0.name < $1.name }) where node.name != scope.nodeName {
      inside += node.addresses.map { IPPrefix(host: $0) }
      add(node, interfaces)
    }
  }

  private mutating func add(_ node: NodeDefinition, _ interfaces: NodeInterfaces) {
    for prefix in Self.distinct(node.podCIDRs) {
      if let other = podCIDRs.first(where: { $0.overlaps(prefix) }) {
        problems.append("pod CIDR \(prefix) of node \(node.name) overlaps this node's \(other)")
        continue
      }
      guard let address = node.address(prefix.family) else {
        unroutable[node.name] = "it has no InternalIP for \(prefix)"
        continue
      }
      guard let network = interfaces.network(of: address) else {
        unroutable[node.name] = "no interface of this node is on the network of \(address)"
        continue
      }
      routes.append(
        Route(
          to: prefix, via: address, interface: network.interface, source: sources[prefix.family],
          origin: .skiffNode, priority: prefix.family == .v6 ? 1024 : 0))
    }
  }

  /// A pod CIDR's addresses that no pod has: refused here, never sent on by a default route and back.
  private static func unreachable(_ prefix: IPPrefix) -> Route {
    // The kernel shows such an IPv6 route on lo, which is always number 1.
    Route(
      to: prefix, kind: .unreachable, interface: prefix.family == .v6 ? 1 : nil, origin: .skiffNode,
      priority: prefix.family == .v6 ? 1024 : 0)
  }

  /// The first prefix of each family, as Kubernetes has them.
  private static func distinct(_ prefixes: [IPPrefix]) -> [IPPrefix] {
    IPAddress.Family.allCases.compactMap { family in prefixes.first { $0.family == family } }
  }

  /// Link-local and multicast destinations: they mean something only with the sender's own address.
  private static let neverMasqueraded: [IPPrefix] = [
    IPPrefix(IPAddress(169, 254, 0, 0), length: 16), IPPrefix(IPAddress(224, 0, 0, 0), length: 4),
    IPPrefix(IPAddress(255, 255, 255, 255), length: 32),
    IPPrefix(IPAddress(number: 0xfe80 << 112, family: .v6), length: 10),
    IPPrefix(IPAddress(number: 0xff << 120, family: .v6), length: 8),
  ]
}

/// What has to change in the kernel's routes.
struct RouteChanges: Sendable, Hashable {
  /// Added, or put in place of another with the same destination.
  var set: [Route] = []
  var delete: [Route] = []

  var isEmpty: Bool { self.set.isEmpty && self.delete.isEmpty }

  /// Compares by everything that is ours to decide; the kernel adds nothing to what is planned.
  init(applied: [Route], desired: [Route]) {
    let wanted = Set(desired.map { Self.key($0) })
    let present = Set(applied)
    set = desired.filter { !present.contains($0) }
    delete = applied.filter { !wanted.contains(Self.key($0)) }
  }

  private struct Key: Hashable {
    var destination: IPPrefix
    var table: UInt32
    var priority: UInt32
  }

  private static func key(_ route: Route) -> Key {
    Key(destination: route.destination, table: route.table, priority: route.priority)
  }
}
