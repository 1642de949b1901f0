import KubeAPI
import Netlink

/// `ServiceCIDR` of `networking.k8s.io/v1`: ranges that ClusterIPs come from. Clusters before Kubernetes 1.33 have none.
struct ServiceCIDR: KubeObject {
  var json: JSONValue

  static let resource = GroupVersionResource(
    group: "networking.k8s.io", version: "v1", resource: "servicecidrs", kind: "ServiceCIDR", isNamespaced: false)

  init(json: JSONValue) { self.json = json }

  /// Those of its ranges that make sense. One that is being deleted counts until it is gone, for addresses of it may
  /// still be in use.
  var prefixes: [IPPrefix] {
    (json[path: "spec", "cidrs"]?.arrayValue ?? []).compactMap { $0.stringValue.flatMap { IPPrefix($0) } }
  }
}
