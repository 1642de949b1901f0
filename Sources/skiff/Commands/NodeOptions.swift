import ArgumentParser
import KubeClient
import Logging

/// What every command of the node daemon takes.
struct NodeOptions: ParsableArguments {
  @Option(help: "The kubeconfig with which to reach the API server. It must be given to run anything.")
  var kubeconfig = ""

  @Option(help: "The node's name in the cluster; the host's name where it is left out.")
  var nodeName: String?

  @Option(help: ArgumentHelp("Sockets, locks and other files that a reboot may take.", valueName: "folder"))
  var runDir = "/run/skiff-node"

  @Option(help: ArgumentHelp("Files that outlive a reboot.", valueName: "folder"))
  var rootDir = "/var/lib/skiff-node"

  @OptionGroup var networks: ClusterNetworkOptions
  @OptionGroup var logging: LoggingOptions

  var name: String {
    nodeName ?? Machine.hostName
  }

  /// - Throws: as ``client(_:logger:)``, before anything is made.
  func checkKubeconfig() throws {
    guard !kubeconfig.isEmpty else {
      throw UserError("Missing expected argument '--kubeconfig <kubeconfig>'", exitCode: 2)
    }
    _ = try ClientConfiguration(kubeconfig: kubeconfig)
  }

  /// - Throws: an error that names the kubeconfig and what is wrong in it.
  func client(_ component: String, logger: Logger) throws -> KubeClient {
    try KubeClient(
      ClientConfiguration(kubeconfig: kubeconfig), userAgent: "\(component)/\(Version.current)", logger: logger)
  }
}
