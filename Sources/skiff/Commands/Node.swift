import ArgumentParser
import ClusterDNS
import Logging
import Netlink
import ServiceProxy
import Telemetry

struct Node: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the daemon of one node: network, service proxy, DNS, kubelet.")

  @OptionGroup var options: NodeOptions
  @OptionGroup var kubelet: KubeletOptions
  @OptionGroup var proxy: ProxyOptions
  @OptionGroup var tunnels: TunnelOptions
  @OptionGroup var policies: PolicyOptions

  @Option(
    name: .customLong("run"),
    help: ArgumentHelp("Which parts to run, separated by commas.", valueName: "parts"))
  var selection = NodeParts.Part.allCases.map(\.rawValue).joined(separator: ",")

  private func parts() throws -> [NodeParts.Part] {
    try selection.split(separator: ",").map { name in
      guard let part = NodeParts.Part(rawValue: String(name)) else {
        throw ValidationError("--run \(name) is no part of a node: network, proxy, dns, kubelet")
      }
      return part
    }
  }

  @Option(help: ArgumentHelp("The settings of DNS, as `skiff dns --config` takes them.", valueName: "file"))
  var dnsConfig: String?

  func validate() throws {
    guard try !parts().isEmpty else { throw ValidationError("--run names no part") }
  }

  func run() async throws {
    options.logging.bootstrap()
    try options.checkKubeconfig()
    let dnsFile = dnsConfig.map { ConfigurationFile($0, format: .yaml, over: options.networks.networks.dnsDefaults) }
    _ = try dnsFile?.read()
    try Preflight.requireRoot("node")
    var own = KubeProxySettings()
    own.nodeName = options.nodeName
    own.clusterCIDRs = options.networks.clusterCidr.flatMap { IPPrefix.list($0) }
    var settings = options.settings
    settings.proxy = try proxy.settings(own, logger: Logger(label: "proxy"))
    settings.tunnels = tunnels.settings
    settings.enforcesPolicies = policies.networkPolicy
    settings.name = settings.proxy.nodeName ?? settings.name
    let serving = try ServingAddresses(settings.proxy, metrics: nil)
    let daemon = try Daemon("node", runDirectory: options.runDir)
    let services = try NodeParts(settings: settings, daemon: daemon, dnsFile: dnsFile).services(parts(), kubelet)
    try await daemon.run(serving.servers(daemon) + [daemon.explaining()] + services)
  }
}
