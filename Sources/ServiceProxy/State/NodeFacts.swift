import KubeAPI
import Netlink

/// What the proxy needs to know of its own Node.
struct NodeFacts: Sendable, Hashable {
  var zone: String?
  var addresses: [IPAddress]
  /// Load balancers should no longer send anything here.
  var isLeaving: Bool

  static let zoneLabel = "topology.kubernetes.io/zone"
  /// The cluster autoscaler's announcement that it is about to delete a node.
  static let deletionTaint = "ToBeDeletedByClusterAutoscaler"

  init(_ node: Node) {
    zone = node.metadata.labels[Self.zoneLabel]
    addresses = node.status.addresses.filter { $0.type == "InternalIP" }.compactMap {
      $0.address.flatMap { IPAddress($0) }
    }
    isLeaving =
      node.metadata.deletionTimestamp != nil || node.spec.taints.contains { $0.key == Self.deletionTaint }
  }
}
