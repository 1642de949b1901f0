import Netlink

extension NetworkPlan {
  /// How a pod CIDR of another node is reached.
  private enum Path {
    case direct(IPAddress, NodeInterfaces.OnLink)
    /// Through the tunnel between the nodes' addresses of a family.
    case tunnel(IPAddress.Family)
    case none(String)
  }

  /// Adds the ways to all other nodes.
  mutating func addPeers(
    _ state: ClusterState, _ interfaces: NodeInterfaces, _ scope: NetworkScope,
    _ uplinks: [IPAddress.Family: NodeInterfaces.OnLink]
  ) {
    let peers = state.nodes.values.filter { $0.name != scope.nodeName }.sorted { $0.name < $1.name }
    let conflicts = PodCIDRConflicts(own: podCIDRs, peers)
    problems += conflicts.withOwn
    var tunnels: [IPAddress.Family: Tunnel] = [:]
    for family in IPAddress.Family.allCases {
      guard let local = sources[family], let uplink = uplinks[family] else { continue }
      // Less than the header leaves nothing; the kernel's own limit is 68 bytes.
      let overhead = Tunnel.overhead(family)
      tunnels[family] = Tunnel(
        local: local, identifier: scope.tunnels.identifier, port: scope.tunnels.port,
        mtu: uplink.mtu > overhead ? uplink.mtu - overhead : 0, sources: sources)
    }
    for node in peers {
      inside += node.addresses.map { IPPrefix(host: $0) }
      var behind: [IPAddress.Family: Tunnel.Peer] = [:]
      for prefix in Self.distinct(node.podCIDRs) where !conflicts.losers.contains(prefix, of: node.name) {
        if let network = interfaces.onLink.first(where: { $0.prefix.overlaps(prefix) }) {
          cannotRoute(to: node.name, "its pod CIDR \(prefix) overlaps \(network.prefix), which this node is on")
          continue
        }
        switch path(to: node, prefix, interfaces, scope.tunnels.use, tunnels) {
        case .direct(let gateway, let network):
          routes.append(
            Route(
              to: prefix, via: gateway, interface: network.interface, source: sources[prefix.family],
              origin: .skiffNode, priority: prefix.family == .v6 ? 1024 : 0))
        case .tunnel(let family):
          guard let address = node.address(family) else { continue }
          var peer = behind[family] ?? Tunnel.Peer(name: node.name, address: address)
          peer.podCIDRs.append(prefix)
          peer.nodeAddresses += node.addresses.filter { $0.family == prefix.family }
          behind[family] = peer
        case .none(let reason): cannotRoute(to: node.name, reason)
        }
      }
      for (family, peer) in behind { tunnels[family]?.peers.append(peer) }
    }
    for (name, reason) in conflicts.betweenOthers { cannotRoute(to: name, reason) }
    self.tunnels = IPAddress.Family.allCases.compactMap { tunnels[$0] }.filter { !$0.peers.isEmpty }
  }

  /// The node's address on a common network, or else a tunnel: between addresses of the pods' own family where both
  /// nodes have one, between those of the other family where not.
  private func path(
    to node: NodeDefinition, _ prefix: IPPrefix, _ interfaces: NodeInterfaces, _ use: TunnelSettings.Use,
    _ tunnels: [IPAddress.Family: Tunnel]
  ) -> Path {
    guard !node.addresses.isEmpty else { return .none("it has no InternalIP for \(prefix)") }
    if let own = node.addresses.first(where: { sources.values.contains($0) }) {
      return .none("its InternalIP \(own) is this node's own")
    }
    let address = node.address(prefix.family)
    if use != .always, let address, let network = interfaces.network(of: address) { return .direct(address, network) }
    guard use != .never else {
      return .none(
        address.map { "no interface of this node is on the network of \($0), and VXLAN is turned off" }
          ?? "it has no InternalIP for \(prefix), and VXLAN is turned off")
    }
    let families = [prefix.family] + IPAddress.Family.allCases.filter { $0 != prefix.family }
    guard let family = families.first(where: { tunnels[$0] != nil && node.address($0) != nil }),
      let tunnel = tunnels[family]
    else {
      let texts = node.addresses.map { "\($0)" }.joined(separator: ", ")
      return .none("this node has no InternalIP on an interface from which \(texts) can be reached by VXLAN")
    }
    if prefix.family == .v6, tunnel.mtu < Tunnel.leastIPv6MTU {
      return .none(
        "VXLAN leaves \(tunnel.mtu) bytes of the uplink's MTU, and IPv6 needs \(Tunnel.leastIPv6MTU): raise the MTU")
    }
    return .tunnel(family)
  }

  mutating func cannotRoute(to node: String, _ reason: String) {
    unroutable[node] = unroutable[node].map { "\($0); \(reason)" } ?? reason
  }
}
