/// The ways from the client to a pod that are compared.
enum ConnectionPath: String, Sendable, CaseIterable {
  case direct
  case clusterIP = "cluster_ip"
  case nodePort = "node_port"

  var title: String {
    switch self {
    case .direct: "straight to the pod"
    case .clusterIP: "ClusterIP"
    case .nodePort: "NodePort"
    }
  }
}
