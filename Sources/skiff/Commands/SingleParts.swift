import ArgumentParser
import NetAgent

/// One part of the node daemon alone, against any Kubernetes API server.
protocol SinglePart: AsyncParsableCommand {
  static var part: NodeParts.Part { get }
  var options: NodeOptions { get }
  var telemetryAddress: TelemetryAddress { get }
  var settings: NodeSettings { get }
  /// - Throws: where the part cannot be run as it is asked for, before anything is made.
  func check() throws
}

extension SinglePart {
  func run() async throws {
    options.logging.bootstrap()
    // The kubeconfig first: it is what people get wrong.
    try check()
    try Preflight.requireRoot(Self.part.rawValue)
    let name = Self.part.rawValue
    let daemon = try Daemon(name, runDirectory: options.runDir, lock: "\(name).lock")
    let services = try NodeParts(settings: settings, daemon: daemon).services([Self.part], nil)
    try await daemon.run([daemon.telemetry(telemetryAddress), daemon.explaining()] + services)
  }
}

struct Network: SinglePart {
  static let configuration = CommandConfiguration(abstract: "Run only pod addresses, links, routes and policy.")
  static let part = NodeParts.Part.network

  @OptionGroup var options: NodeOptions
  @OptionGroup var tunnels: TunnelOptions
  @OptionGroup var policies: PolicyOptions
  @Option(
    help: ArgumentHelp(
      """
      The nodes, their pod CIDRs and addresses, from a YAML or JSON file instead of the API server; it is read again \
      when it changes.
      """,
      valueName: "file"))
  var nodesFile: String?

  @Option(help: "Where /metrics, /healthz, /livez and /readyz are served.")
  var telemetryAddress = TelemetryAddress(host: "0.0.0.0", port: 10258)

  var settings: NodeSettings {
    var settings = options.settings
    settings.tunnels = tunnels.settings
    settings.enforcesPolicies = policies.networkPolicy
    settings.nodes = nodesFile.map { NodesFile($0) }
    return settings
  }

  func check() throws {
    try nodesFile.map { NodesFile($0) }?.check()
    if nodesFile == nil || !options.kubeconfig.isEmpty { try options.checkKubeconfig() }
  }
}
