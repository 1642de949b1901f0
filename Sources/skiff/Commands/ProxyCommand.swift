import ArgumentParser
import KubeClient
import Logging
import Netlink
import ServiceProxy
import Telemetry

/// The service proxy alone, with kube-proxy's flags.
struct ProxyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "proxy", abstract: "Run only the service proxy, in place of kube-proxy.")

  @Option(help: "The kubeconfig with which to reach the API server; that of the --config file where it is left out.")
  var kubeconfig: String?

  @Option(
    name: [.customLong("node-name"), .customLong("hostname-override")],
    help: "The node's name in the cluster; the host's name where it is left out.")
  var nodeName: String?

  @Option(help: ArgumentHelp("The daemon's lock.", valueName: "folder"))
  var runDir = "/run/skiff-node"

  @Option(help: ArgumentHelp("What outlives a reboot; the proxy alone has nothing that does.", valueName: "folder"))
  var rootDir = "/var/lib/skiff-node"

  @Option(
    help: ArgumentHelp(
      "The addresses of all pods; two with a comma between them for both families.", valueName: "CIDR"))
  var clusterCidr: String?

  @Option(
    help: ArgumentHelp(
      "The virtual addresses of Services, where the cluster has no ServiceCIDR objects.", valueName: "CIDR"))
  var serviceCidr: String?

  @Flag(help: "Remove the proxy's table and routes, and end.")
  var cleanup = false

  @OptionGroup var proxy: ProxyOptions
  @OptionGroup var logging: LoggingOptions

  private static let lock = "proxy.lock"

  func validate() throws {
    for (flag, text) in [("--cluster-cidr", clusterCidr), ("--service-cidr", serviceCidr)] {
      guard let text, IPPrefix.list(text) == nil else { continue }
      throw ValidationError("\(flag) \(text) is no prefix: write it as \(ClusterNetworks.default.clusterCIDR)")
    }
  }

  func run() async throws {
    logging.bootstrap()
    if cleanup { return try removeAll() }
    let logger = Logger(label: "proxy")
    var own = KubeProxySettings()
    own.kubeconfig = kubeconfig
    own.nodeName = nodeName
    own.clusterCIDRs = clusterCidr.flatMap { IPPrefix.list($0) }
    let settings = try proxy.settings(own, logger: logger)
    guard let kubeconfig = settings.kubeconfig else {
      throw UserError("--kubeconfig is missing: name it, or a --config file that does", exitCode: 2)
    }
    // The kubeconfig first: it is what people get wrong.
    _ = try ClientConfiguration(kubeconfig: kubeconfig)
    try Preflight.requireRoot("proxy")
    let serving = try ServingAddresses(settings, metrics: TelemetryAddress(host: "127.0.0.1", port: 10249))
    let daemon = try Daemon("proxy", runDirectory: runDir, lock: Self.lock)
    var node = NodeSettings(
      kubeconfig: kubeconfig, name: settings.nodeName ?? Machine.hostName, runDirectory: runDir,
      rootDirectory: rootDir, networks: ClusterNetworks(clusterCIDR: "", serviceCIDR: serviceCidr ?? ""))
    node.proxy = settings
    let services = try NodeParts(settings: node, daemon: daemon).services([.proxy], nil)
    try await daemon.run(serving.servers(daemon) + [daemon.explaining()] + services)
  }

  private func removeAll() throws {
    try Preflight.requireRoot("proxy --cleanup")
    for name in [Self.lock, "lock"] {
      if let pid = DaemonLock.holder("\(runDir)/\(name)") {
        throw UserError("a proxy is running (pid \(pid)) and would put everything back: end it first")
      }
    }
    try Proxy.cleanup(kubeProxy: proxy.cleanupKubeProxy)
  }
}
