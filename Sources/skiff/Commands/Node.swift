import ArgumentParser
import Telemetry

struct Node: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the daemon of one node: network, service proxy, DNS, kubelet.")

  @OptionGroup var options: NodeOptions
  @OptionGroup var kubelet: KubeletOptions

  @Option(
    name: .customLong("run"),
    help: ArgumentHelp("Which parts to run, separated by commas.", valueName: "parts"))
  var selection = NodeParts.Part.allCases.map(\.rawValue).joined(separator: ",")

  @Option(help: "Where /metrics, /healthz, /livez and /readyz are served.")
  var telemetryAddress = TelemetryAddress(host: "0.0.0.0", port: 10256)

  private func parts() throws -> [NodeParts.Part] {
    try selection.split(separator: ",").map { name in
      guard let part = NodeParts.Part(rawValue: String(name)) else {
        throw ValidationError("--run \(name) is no part of a node: network, proxy, dns, kubelet")
      }
      return part
    }
  }

  func validate() throws {
    guard try !parts().isEmpty else { throw ValidationError("--run names no part") }
  }

  func run() async throws {
    options.logging.bootstrap()
    try options.checkKubeconfig()
    try Preflight.requireRoot("node")
    let daemon = try Daemon("node", runDirectory: options.runDir)
    let services = try NodeParts(options: options, daemon: daemon).services(parts(), kubelet)
    try await daemon.run([daemon.telemetry(telemetryAddress), daemon.explaining()] + services)
  }
}
