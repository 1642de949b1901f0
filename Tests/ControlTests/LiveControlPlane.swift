import Foundation
import KubeClient
import Logging
import Telemetry

@testable import Control

/// A whole control plane on a loopback port, with certificates and a kubeconfig of its own.
struct LiveControlPlane: Sendable {
  let port: Int
  let directory: String
  let authority: CertificateAuthority
  let administrator: CertificatePair

  var kubeconfig: String { directory + "/kubeconfig" }
  var url: String { "https://127.0.0.1:\(port)" }

  /// Runs a control plane while `body` runs.
  static func with(_ body: @escaping @Sendable (LiveControlPlane) async throws -> Void) async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    try await with(in: directory.path, body)
  }

  static func with(
    in directory: String, port: Int = 0, _ body: @escaping @Sendable (LiveControlPlane) async throws -> Void
  ) async throws {
    let authority = try CertificateAuthority.loadOrCreate(
      certificatePath: directory + "/ca.crt", keyPath: directory + "/ca.key", commonName: "test")
    let administrator = try authority.administrator()
    let configuration = ControlPlane.Configuration(
      bindAddress: "127.0.0.1", port: port, advertiseAddress: "192.0.2.1", storePath: directory + "/store.db",
      synchronous: .normal, certificates: try .issue(from: authority, addresses: ["127.0.0.1"]))
    var logger = Logger(label: "control")
    logger.logLevel = .warning
    let plane = ControlPlane(
      configuration: configuration, metrics: MetricsRegistry(), health: HealthChecks(), logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
      let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
      group.addTask {
        defer { continuation.finish() }
        try await plane.run { continuation.yield($0) }
      }
      var iterator = ports.makeAsyncIterator()
      guard let port = await iterator.next() else {
        try await group.waitForAll()
        throw CancellationError()
      }
      let live = LiveControlPlane(
        port: port, directory: directory, authority: authority, administrator: administrator)
      try live.writeKubeconfig()
      do {
        try await body(live)
      } catch {
        group.cancelAll()
        throw error
      }
      group.cancelAll()
      try await group.waitForAll()
    }
  }

  func writeKubeconfig() throws {
    func encoded(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
    let text = """
      apiVersion: v1
      kind: Config
      current-context: test
      clusters:
      - name: test
        cluster:
          server: \(url)
          certificate-authority-data: \(encoded(authority.certificatePEM))
      users:
      - name: admin
        user:
          client-certificate-data: \(encoded(administrator.certificate))
          client-key-data: \(encoded(administrator.key))
      contexts:
      - name: test
        context: {cluster: test, user: admin}
      """
    try text.write(toFile: kubeconfig, atomically: true, encoding: .utf8)
  }

  func client(_ pair: CertificatePair? = nil) throws -> KubeClient {
    let configuration = try ClientConfiguration(kubeconfig: kubeconfig)
    return try KubeClient(configuration, userAgent: "control-tests", logger: Logger(label: "test"))
  }
}
