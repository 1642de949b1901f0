import Logging
import ServiceLifecycle
import Telemetry
import UnixSignals

/// What all long-running commands have in common: a lock on their folder, metrics and health over HTTP, an orderly end.
struct Daemon {
  let name: String
  private let runDirectory: String
  let explanations = Explanations()
  let metrics = MetricsRegistry()
  let health = HealthChecks()
  let logger: Logger

  /// How many bytes the folder's path may have: those of a unix socket's may be 107 (unix(7)), and this is the longest one.
  private static func longestRunDirectory(_ name: String) -> Int {
    107 - (name == "node" ? "/containerd/containerd.sock.ttrpc" : "/explain-\(name).sock.4194304").utf8.count
  }

  /// - Parameter runDirectory: made if need be; one daemon at a time works in it.
  /// - Throws: ``UserError`` where it is in use, cannot be made, or has too long a path for the sockets in it.
  init(_ name: String, runDirectory: String, lock: String = "lock") throws {
    let limit = Self.longestRunDirectory(name)
    guard runDirectory.utf8.count <= limit else {
      throw UserError(
        "--run-dir \(runDirectory) is too long: sockets in it need a path of at most \(limit) bytes", exitCode: 2)
    }
    self.name = name
    self.runDirectory = runDirectory
    logger = Logger(label: name)
    try Files.makeDirectory(runDirectory, mode: 0o755)
    try DaemonLock.acquire("\(runDirectory)/\(lock)", for: "skiff \(name) in \(runDirectory)")
    health.register("ping") { .healthy }
  }

  /// Runs services until SIGTERM or SIGINT, or until one of them fails.
  ///
  /// They are started in order and, at the end, asked to stop in reverse order.
  func run(_ services: [any ServiceLifecycle.Service]) async throws {
    logger.info("starting", metadata: ["version": "\(Version.current)"])
    var configuration = ServiceGroupConfiguration(
      services: (services + [ResidentMemory()]).map {
        ServiceGroupConfiguration.ServiceConfiguration(
          service: $0, failureTerminationBehavior: .gracefullyShutdownGroup)
      }, gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
    configuration.maximumGracefulShutdownDuration = .seconds(10)
    try await ServiceGroup(configuration: configuration).run()
    logger.info("ended")
  }

  /// - Parameter retries: whether to try again where the port is taken, in place of ending.
  func telemetry(_ address: TelemetryAddress, retries: Bool = false) -> TelemetryServer {
    TelemetryServer(
      host: address.host, port: address.port, metrics: metrics, health: health, logger: logger,
      retryInterval: retries ? .seconds(5) : nil)
  }

  /// What `skiff explain` asks.
  func explaining() -> TelemetryServer {
    TelemetryServer(
      socket: ExplainSocket.path(runDirectory, daemon: name), explanations: explanations, metrics: metrics,
      health: health, logger: logger)
  }

  /// The group's own words are of interest only when something is wrong.
  private var quiet: Logger {
    var logger = logger
    logger.logLevel = max(logger.logLevel, .warning)
    return logger
  }
}
