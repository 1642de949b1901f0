import KubeAPI
import Netlink

/// What the proxy needs to know of its own Node.
struct NodeFacts: Sendable, Hashable {
  var zone: String?
  /// Its InternalIPs, or where it has none its ExternalIPs, in the Node's order: the first of a family is primary.
  var addresses: [IPAddress]
  var podCIDRs: [IPPrefix]
  /// Load balancers should no longer send anything here.
  var isLeaving: Bool

  static let zoneLabel = "topology.kubernetes.io/zone"
  /// The cluster autoscaler's announcement that it is about to delete a node.
  static let deletionTaint = "ToBeDeletedByClusterAutoscaler"

  init(_ node: Node) {
    zone = node.metadata.labels[Self.zoneLabel]
    func addresses(_ type: String) -> [IPAddress] {
      node.status.addresses.filter { $0.type == type }.compactMap { $0.address.flatMap { IPAddress($0) } }
    }
    let inside = addresses("InternalIP")
    self.addresses = inside.isEmpty ? addresses("ExternalIP") : inside
    let stated = node.spec.podCIDRs.isEmpty ? [node.spec.podCIDR ?? ""] : node.spec.podCIDRs
    podCIDRs = stated.compactMap { IPPrefix($0) }
    isLeaving =
      node.metadata.deletionTimestamp != nil || node.spec.taints.contains { $0.key == Self.deletionTaint }
  }
}
