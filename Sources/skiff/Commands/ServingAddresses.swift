import ServiceProxy
import Telemetry

/// Where the proxy's health and metrics are served: in one place, and where kube-proxy's metrics are looked for.
struct ServingAddresses {
  private let addresses: [TelemetryAddress]
  /// kube-proxy does not end when a port is taken, unless it is told to: it may be its own predecessor that holds it.
  private let isPatient: Bool

  /// - Parameter metrics: the default of the second place; nil for none.
  /// - Throws: ``UserError`` that names an address which is none.
  init(_ settings: KubeProxySettings, metrics: TelemetryAddress?) throws {
    func address(_ text: String?, _ port: Int, _ field: String) throws -> TelemetryAddress? {
      guard let text, !text.isEmpty else { return nil }
      guard let address = TelemetryAddress(text, defaultPort: port) else {
        throw UserError("\(field) \(text) is no address and port: write 0.0.0.0:\(port) or [::]:\(port)")
      }
      return address
    }
    let isIPv6 = settings.bindAddress?.family == .v6
    let everywhere = TelemetryAddress(host: isIPv6 ? "::" : "0.0.0.0", port: 10256)
    let first = try address(settings.healthzBindAddress, 10256, "healthzBindAddress") ?? everywhere
    let given = try address(settings.metricsBindAddress, 10249, "metricsBindAddress")
    let second = settings.metricsBindAddress == "" ? nil : given ?? metrics
    addresses = [first] + [second].compactMap { $0 }.filter { $0.port != first.port }
    isPatient = settings.bindAddressHardFail != true
  }

  func servers(_ daemon: Daemon) -> [TelemetryServer] {
    addresses.map { daemon.telemetry($0, retries: isPatient) }
  }
}
