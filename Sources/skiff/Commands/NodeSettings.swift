import KubeClient
import Logging
import NetAgent
import Netlink
import ServiceProxy
import Telemetry

/// What the parts of the node daemon are to know, whichever command runs them.
struct NodeSettings {
  var kubeconfig: String
  /// The node's name in the cluster.
  var name: String
  var runDirectory: String
  var rootDirectory: String
  var networks: ClusterNetworks
  var tunnels = TunnelSettings()
  var enforcesPolicies = true
  /// The nodes, where no API server is asked for them.
  var nodes: NodesFile?
  var proxy = KubeProxySettings()

  /// A client whose requests are counted, by client-go's name.
  ///
  /// - Throws: an error that names the kubeconfig and what is wrong in it.
  func client(_ component: String, metrics: MetricsRegistry, logger: Logger) throws -> KubeClient {
    let configuration = try ClientConfiguration(kubeconfig: kubeconfig)
    let requests = metrics.counter(
      "rest_client_requests_total", help: "Requests to the API server.", labels: ["code", "host", "method"])
    let host = configuration.server.split(separator: "/").dropFirst().first.map(String.init) ?? ""
    return try KubeClient(configuration, userAgent: "\(component)/\(Version.current)", logger: logger) {
      requests.increment([$1.map(String.init) ?? "<error>", host, $0.method])
    }
  }
}
