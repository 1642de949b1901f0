import Netlink

/// What every benchmark of a service proxy stands on: the node's namespace, an API server in it, a proxy to be started.
struct BenchStage: Sendable {
  let server: BenchAPIServer
  let proxy: MeasuredProxy

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
      return try await BenchAPIServer.with(scratch) { server in
        let proxy = MeasuredProxy(command: command, kubeconfig: server.kubeconfig, scratch: scratch)
        return try await body(BenchStage(server: server, proxy: proxy))
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
    /// What it writes from now on.
    let log: GenerationLog

    fileprivate init(
      _ session: Session, since begin: ContinuousClock.Instant, to end: ContinuousClock.Instant, writes: UInt32
    ) throws {
      self.session = session
      time = begin.duration(to: end)
      self.writes = Int(writes)
      log = try GenerationLog()
    }
  }

  /// Starts the proxy on an empty ruleset. It has started with the last transaction before a second without one, at
  /// whose end it says that it is ready, and all Services that are probed answer.
  ///
  /// The ruleset's generation is looked at every 5 ms. Nobody listens: for a listener the kernel writes a notification of
  /// every element, which makes the start of any proxy a third longer.
  func start(_ probes: ServiceProbes) async throws -> Start {
    let kernel = try NFTablesSocket()
    let first = try kernel.generation()
    let begin = ContinuousClock.now
    let session = try proxy.start()
    var last = (generation: first, time: begin)
    while true {
      try check(session, since: begin)
      let generation = try kernel.generation()
      if generation != last.generation { last = (generation, .now) }
      if generation != first, last.time.duration(to: .now) > .seconds(1), MeasuredProxy.isReady,
        try probes.allAnswer(), try kernel.generation() == generation
      {
        return try Start(session, since: begin, to: last.time, writes: generation &- first)
      }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  /// Starts the proxy on the ruleset that another has left, and waits until it says that it has carried out all.
  func restart() async throws -> Start {
    let kernel = try NFTablesSocket()
    let first = try kernel.generation()
    let begin = ContinuousClock.now
    let session = try proxy.start()
    while !MeasuredProxy.isReady {
      try check(session, since: begin)
      try await Task.sleep(for: .milliseconds(2))
    }
    let end = ContinuousClock.now
    try await Task.sleep(for: .seconds(1) + proxy.quiet)
    return try Start(session, since: begin, to: end, writes: try kernel.generation() &- first)
  }

  func end(_ start: Start) {
    proxy.scratch.end(start.session)
    start.log.stop()
  }

  private func check(_ session: Session, since begin: ContinuousClock.Instant) throws {
    guard session.isRunning else { throw UserError("the proxy has ended: \(session.lastWords)") }
    guard begin.duration(to: .now) < Self.limit else {
      throw UserError("the proxy has not carried out everything within \(Self.limit): \(session.lastWords)")
    }
  }
}
