import KubeAPI
import KubeClient
import Netlink

/// What the cluster says: its nodes.
struct ClusterState: Sendable, Hashable {
  private(set) var nodes: [String: NodeDefinition] = [:]
  /// Whether a complete list has come. Before it, what is missing here may well exist.
  private(set) var isComplete = false

  mutating func apply(_ event: InformerEvent<NodeDefinition>) {
    switch event {
    case .replaced(let all):
      nodes = [:]
      for node in all.values { nodes[node.name] = node }
      isComplete = true
    case .changed(_, let node): nodes[node.name] = node
    case .deleted(let key): nodes[key.name] = nil
    }
  }
}

/// What the node's own interfaces are like.
struct NodeInterfaces: Sendable, Hashable {
  struct OnLink: Sendable, Hashable {
    var prefix: IPPrefix
    var interface: Int32
    var mtu: UInt32
    /// The interface's own address in the prefix.
    var address: IPAddress
  }

  /// The networks that the node is on, apart from those of `lo`, of pods' interfaces and of tunnels. One that is an
  /// address alone has no other machine on it.
  var onLink: [OnLink] = []

  /// The network on which the node itself has an address: one with other machines on it before the address alone.
  func own(_ address: IPAddress) -> OnLink? {
    let all = onLink.filter { $0.address == address }
    return all.first { !$0.prefix.isHost } ?? all.first
  }

  /// The most specific network that an address is in.
  func network(of address: IPAddress) -> OnLink? {
    onLink.filter { $0.prefix.contains(address) }.max { $0.prefix.length < $1.prefix.length }
  }
}
