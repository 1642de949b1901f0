import Netlink

/// What every benchmark of a service proxy stands on: the node's namespace, an API server in it, a proxy to be started,
/// and an ear for what it writes.
struct BenchStage: Sendable {
  let server: BenchAPIServer
  let proxy: MeasuredProxy
  let log: GenerationLog

  /// A proxy that may not have carried out anything for so long has failed.
  private static let limit = Duration.seconds(3_600)

  /// Sets the stage in the calling process's network namespace, which is the benchmark's own, and takes it away again.
  ///
  /// - Parameter command: the proxy to measure in place of skiff's.
  static func with<Result: Sendable>(
    proxy command: String?, _ body: @Sendable (BenchStage) async throws -> Result
  ) async throws -> Result {
    try await BenchScratch.with { scratch in
      try BenchNode.configure()
      let log = try GenerationLog()
      defer { log.stop() }
      return try await BenchAPIServer.with(scratch) { server in
        let proxy = MeasuredProxy(command: command, kubeconfig: server.kubeconfig, scratch: scratch)
        return try await body(BenchStage(server: server, proxy: proxy, log: log))
      }
    }
  }

  /// A start of the proxy.
  struct Start: Sendable {
    let session: Session
    /// From the start of the process on.
    let time: Duration
    /// Transactions.
    let writes: Int
  }

  /// Starts the proxy on an empty ruleset. It has started with the last transaction before a second without one, at
  /// whose end it says that it is ready, and all Services that are probed answer.
  func start(_ probes: ServiceProbes) async throws -> Start {
    let mark = log.count
    let begin = ContinuousClock.now
    let session = try proxy.start()
    while true {
      try check(session, since: begin)
      if let last = log.last, log.count > mark, last.time.duration(to: .now) > .seconds(1), MeasuredProxy.isReady,
        try probes.allAnswer(), last.time == log.last?.time
      {
        return Start(session: session, time: begin.duration(to: last.time), writes: log.count - mark)
      }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// Starts the proxy on the ruleset that another has left, and waits until it says that it has carried out all.
  func restart() async throws -> Start {
    let mark = log.count
    let begin = ContinuousClock.now
    let session = try proxy.start()
    while !MeasuredProxy.isReady {
      try check(session, since: begin)
      try await Task.sleep(for: .milliseconds(2))
    }
    let time = begin.duration(to: .now)
    try await Task.sleep(for: .seconds(1) + proxy.quiet)
    return Start(session: session, time: time, writes: log.count - mark)
  }

  func end(_ session: Session) { proxy.scratch.end(session) }

  private func check(_ session: Session, since begin: ContinuousClock.Instant) throws {
    guard session.isRunning else { throw UserError("the proxy has ended: \(session.lastWords)") }
    guard begin.duration(to: .now) < Self.limit else {
      throw UserError("the proxy has not carried out everything within \(Self.limit): \(session.lastWords)")
    }
  }
}
