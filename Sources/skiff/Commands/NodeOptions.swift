import ArgumentParser
import KubeClient

/// What every command of the node daemon takes.
struct NodeOptions: ParsableArguments {
  @Option(help: "The kubeconfig with which to reach the API server. It must be given to run anything.")
  var kubeconfig = ""

  @Option(
    name: [.customLong("node-name"), .customLong("hostname-override")],
    help: "The node's name in the cluster; the host's name where it is left out.")
  var nodeName: String?

  @Option(help: ArgumentHelp("Sockets, locks and other files that a reboot may take.", valueName: "folder"))
  var runDir = "/run/skiff-node"

  @Option(help: ArgumentHelp("Files that outlive a reboot.", valueName: "folder"))
  var rootDir = "/var/lib/skiff-node"

  @OptionGroup var networks: ClusterNetworkOptions
  @OptionGroup var logging: LoggingOptions

  var settings: NodeSettings {
    NodeSettings(
      kubeconfig: kubeconfig, name: nodeName ?? Machine.hostName, runDirectory: runDir, rootDirectory: rootDir,
      networks: networks.networks)
  }

  /// - Throws: as a client would, before anything is made.
  func checkKubeconfig() throws {
    guard !kubeconfig.isEmpty else {
      throw UserError("Missing expected argument '--kubeconfig <kubeconfig>'", exitCode: 2)
    }
    _ = try ClientConfiguration(kubeconfig: kubeconfig)
  }
}
