import Netlink

/// What the kernel should hold for the cluster, apart from the pods' own links.
struct NetworkPlan: Sendable, Hashable {
  /// The node's pod CIDRs; none where the node is not known or has none yet.
  var podCIDRs: [IPPrefix] = []
  /// Where this node's pods have their addresses: its pod CIDRs, and addresses that were given from former ones.
  var pods: [IPPrefix] = []
  /// The address, by family, that the node speaks to pods from.
  var sources: [IPAddress.Family: IPAddress] = [:]
  /// The numbers of the interfaces that have these addresses.
  var uplinks: Set<Int32> = []
  /// The MTU of pods, in bytes: what every way to other nodes can carry.
  var mtu: UInt32 = 1500
  /// Routes to other nodes' pods, and what keeps packets to addresses that no pod has.
  var routes: [Route] = []
  /// At most one for each family, with its peers by name.
  var tunnels: [Tunnel] = []
  /// Where pods' own addresses must be seen: everything in the cluster.
  var inside: [IPPrefix] = []
  /// Nodes that cannot be routed to, and why.
  var unroutable: [String: String] = [:]
  /// What is wrong with the cluster's addresses, for the operator.
  var problems: [String] = []
  /// Why no pod can be given an address of this node's pod CIDRs.
  var hindrance: String?
}

/// Where an agent works.
struct NetworkScope: Sendable, Hashable {
  var nodeName: String
  var clusterCIDRs: [IPPrefix]
  var serviceCIDRs: [IPPrefix]
  var tunnels = TunnelSettings()
}

extension NetworkPlan {
  /// Works out the plan. Nothing is asked of the kernel: what its interfaces are comes in `interfaces`.
  ///
  /// - Parameter leases: the addresses of this node's pods.
  init(
    _ state: ClusterState, _ interfaces: NodeInterfaces, _ scope: NetworkScope, leases: some Sequence<IPAddress> = []
  ) {
    let own = state.nodes[scope.nodeName]
    podCIDRs = Self.distinct(own?.podCIDRs ?? [])
    let strays = leases.filter { address in !podCIDRs.contains { $0.contains(address) } }
    pods = podCIDRs + strays.sorted().map { IPPrefix(host: $0) }
    var uplinks: [IPAddress.Family: NodeInterfaces.OnLink] = [:]
    for address in own?.addresses ?? [] where sources[address.family] == nil {
      // An address that no interface has cannot be spoken from.
      guard let network = interfaces.own(address) else { continue }
      sources[address.family] = address
      uplinks[address.family] = network
    }
    self.uplinks = Set(uplinks.values.map { $0.interface })
    mtu = uplinks.values.map { $0.mtu }.min() ?? 1500
    inside = scope.clusterCIDRs + scope.serviceCIDRs + Self.neverMasqueraded
    for prefix in podCIDRs {
      if let network = interfaces.onLink.first(where: { $0.prefix.overlaps(prefix) }) {
        let text = "pod CIDR \(prefix) overlaps \(network.prefix), which the node itself is on"
        problems.append(text)
        hindrance = text
      } else {
        routes.append(Self.unreachable(prefix))
      }
    }
    addPeers(state, interfaces, scope, uplinks)
    for tunnel in tunnels { mtu = min(mtu, tunnel.mtu) }
    // With less the kernel would take IPv6 from the pods' interfaces. A way that carries less is for IPv4 alone.
    if pods.contains(where: { $0.family == .v6 }) { mtu = max(mtu, Tunnel.leastIPv6MTU) }
  }

  /// A pod CIDR's addresses that no pod has: refused here, never sent on by a default route and back.
  private static func unreachable(_ prefix: IPPrefix) -> Route {
    // The kernel shows such an IPv6 route on lo, which is always number 1.
    Route(
      to: prefix, kind: .unreachable, interface: prefix.family == .v6 ? 1 : nil, origin: .skiffNode,
      priority: prefix.family == .v6 ? 1024 : 0)
  }

  /// The first prefix of each family, as Kubernetes has them.
  static func distinct(_ prefixes: [IPPrefix]) -> [IPPrefix] {
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
