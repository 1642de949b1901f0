import KubeAPI

#if canImport(Glibc)
  import Glibc
#endif

/// The proxy that is measured: skiff's, or any other that a command starts.
struct MeasuredProxy: Sendable {
  /// A shell command with `{kubeconfig}` and `{node}`; nil for skiff's own proxy.
  let command: String?
  let kubeconfig: String
  let scratch: BenchScratch

  /// Where kube-proxy answers for its health, and skiff for everything.
  static let healthPort: UInt16 = 10_256
  /// Where kube-proxy shows its metrics.
  static let metricsPort: UInt16 = 10_249

  /// What the figures are of: `skiff`, or the program that the command names.
  var writer: String { Self.writer(command) }

  static func writer(_ command: String?) -> String {
    command.map { PeerCommand(text: $0).program } ?? "skiff"
  }

  /// How long nothing must be written until a change counts as carried out. kube-proxy works at most once a second, and
  /// for each family on its own.
  var quiet: Duration { command == nil ? .milliseconds(20) : .milliseconds(1_500) }

  func start() throws -> Session { try scratch.start("proxy", try arguments()) }

  private func arguments() throws -> [String] {
    if let command {
      return PeerCommand(text: command).arguments(["kubeconfig": kubeconfig, "node": BenchNetworks.node])
    }
    return [
      try Files.ownExecutable(), "proxy", "--kubeconfig", kubeconfig, "--node-name", BenchNetworks.node,
      "--run-dir", "\(scratch.folder)/run-proxy", "--root-dir", "\(scratch.folder)/root-proxy",
      "--service-cidr", "\(BenchNetworks.serviceCIDR)", "--cluster-cidr", "\(BenchNetworks.clusterCIDR)",
    ]
  }

  /// Whether it says that it has carried out all that it knows. A proxy without /readyz says so by /healthz.
  static var isReady: Bool {
    guard let ready = LocalHTTP.get("/readyz", port: healthPort) else { return false }
    if ready.status != 404 { return ready.status == 200 }
    return LocalHTTP.get("/healthz", port: healthPort)?.status == 200
  }

  /// Its own account of its work.
  static var metrics: PrometheusText {
    let pages = [healthPort, metricsPort].compactMap { LocalHTTP.get("/metrics", port: $0) }
    return PrometheusText(pages.filter { $0.status == 200 }.map(\.body).joined(separator: "\n"))
  }
}
