import ArgumentParser
import KubeClient
import NetAgent

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

/// How the pod network reaches nodes that are not on a common network.
struct TunnelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Which nodes' pods are reached by VXLAN: those of other networks (auto), all (always), none (never).",
      valueName: "use"),
    transform: { text in
      guard let use = TunnelSettings.Use(rawValue: text) else {
        throw ValidationError("write auto, always or never")
      }
      return use
    })
  var vxlan = TunnelSettings.Use.auto

  @Option(help: "The number of the VXLAN network (VNI), the same on all nodes.")
  var vxlanNumber = TunnelSettings().identifier

  @Option(help: "The UDP port of VXLAN, the same on all nodes. Firewalls between nodes must let it pass.")
  var vxlanPort = TunnelSettings().port

  func validate() throws {
    guard vxlanNumber > 0, vxlanNumber < 1 << 24 else {
      throw ValidationError("--vxlan-number \(vxlanNumber) is not between 1 and \(1 << 24 - 1)")
    }
    guard vxlanPort > 0 else { throw ValidationError("--vxlan-port must not be 0") }
  }

  var settings: TunnelSettings { TunnelSettings(use: vxlan, identifier: vxlanNumber, port: vxlanPort) }
}
