import KubeAPI
import KubeClient
import Logging
import Telemetry

/// The one shape of a controller: keys come into a queue, workers bring what belongs to a key in order.
struct ReconcileLoop: Sendable {
  let name: String
  let queue: WorkQueue<ObjectKey>
  let workers: Int
  /// Brings one object in order. What it returns is when to look again though nothing happens.
  let reconcile: @Sendable (ObjectKey) async throws -> Duration?

  init(
    _ name: String, queue: WorkQueue<ObjectKey> = WorkQueue(), workers: Int = 2,
    reconcile: @escaping @Sendable (ObjectKey) async throws -> Duration?
  ) {
    self.name = name
    self.queue = queue
    self.workers = workers
    self.reconcile = reconcile
  }

  /// Works until the queue is closed.
  func run(metrics: ControllerMetrics, logger: Logger) async {
    var log = logger
    log[metadataKey: "controller"] = "\(name)"
    let logger = log
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<workers {
        group.addTask {
          while let key = await queue.next() {
            await work(key, metrics, logger)
            queue.done(key)
          }
        }
      }
    }
  }

  private func work(_ key: ObjectKey, _ metrics: ControllerMetrics, _ logger: Logger) async {
    let begin = ContinuousClock.now
    do {
      let again = try await reconcile(key)
      queue.succeeded(key)
      if let again { queue.add(key, after: again) }
      metrics.observe(name, ContinuousClock.now - begin, result: "ok")
    } catch {
      if Task.isCancelled { return }
      let delay = queue.failed(key)
      metrics.observe(name, ContinuousClock.now - begin, result: "error")
      // A conflict says that the cache was behind; what is missing is on its way.
      let isConflict = error.apiError?.isConflict ?? false
      logger.log(
        level: isConflict ? .debug : .warning, "will be tried again",
        metadata: ["object": "\(key)", "error": "\(error)", "delay": "\(delay)"])
    }
  }
}

/// What each controller counts.
struct ControllerMetrics: Sendable {
  private let total: Counter
  private let seconds: Histogram

  init(_ registry: MetricsRegistry) {
    total = registry.counter(
      "skiff_controller_reconcile_total", help: "Objects that a controller brought in order, or failed to.",
      labels: ["controller", "result"])
    seconds = registry.histogram(
      "skiff_controller_reconcile_seconds", help: "Time to bring one object in order.", labels: ["controller"],
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10])
  }

  func observe(_ controller: String, _ duration: Duration, result: String) {
    total.increment([controller, result])
    seconds.observe(duration, [controller])
  }
}
