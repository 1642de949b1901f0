import KubeClient
import Logging
import Netlink
import ServiceProxy

/// What the parts of the node daemon are to know, whichever command runs them.
struct NodeSettings {
  var kubeconfig: String
  /// The node's name in the cluster.
  var name: String
  var runDirectory: String
  var rootDirectory: String
  var networks: ClusterNetworks
  var proxy = KubeProxySettings()
  var removesKubeProxyTables = false

  /// - Throws: an error that names the kubeconfig and what is wrong in it.
  func client(_ component: String, logger: Logger) throws -> KubeClient {
    try KubeClient(
      ClientConfiguration(kubeconfig: kubeconfig), userAgent: "\(component)/\(Version.current)", logger: logger)
  }
}
