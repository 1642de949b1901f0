import Logging
import Netlink
import Synchronization
import Telemetry

/// Keeps the kernel at the plan: collects signals for a moment, then compares and puts right.
actor AgentLoop {
  private let handler: CNIHandler
  private let kernel: NetworkApply
  private let installation: CNIInstallation
  private let scope: NetworkScope
  private let metrics: AgentMetrics
  private let logger: Logger

  private var cluster = ClusterState()
  private var schedule = RepairSchedule()
  private var lastError: String?
  private var reported: Set<String> = []
  private var hasCollected = false
  private var hasApplied = false

  init(
    handler: CNIHandler, apply: NetworkApply, installation: CNIInstallation, scope: NetworkScope,
    metrics: AgentMetrics, logger: Logger
  ) {
    self.handler = handler
    kernel = apply
    self.installation = installation
    self.scope = scope
    self.metrics = metrics
    self.logger = logger
  }

  private var waiting: Task<Void, Never>?
  private var ticks = 0

  func run(_ signals: AgentSignals) async throws {
    defer { waiting?.cancel() }
    try await signals.forEach(tick: .seconds(10)) { await self.receive($0) }
  }

  func health() -> HealthResult {
    if let lastError { return .unhealthy(lastError) }
    let isServing = handler.state.withLock { $0.isServing }
    return isServing ? .healthy : .unhealthy("node \(scope.nodeName) has no pod CIDR yet, or it is not programmed")
  }

  private func receive(_ signal: AgentSignals.Signal) {
    switch signal {
    case .nodes(let event): cluster.apply(event)
    case .tick:
      ticks += 1
      if ticks % 6 == 0 { hasCollected = false }
    case .kernel, .rules: break
    }
    if let delay = schedule.receive(signal) { wait(delay) }
  }

  private func wait(_ delay: Duration) {
    waiting = Task {
      try? await Task.sleep(for: delay)
      guard !Task.isCancelled else { return }
      reconcile()
    }
  }

  /// Compares and puts right, once.
  private func reconcile() {
    schedule.begins()
    guard cluster.isComplete else { return }
    var succeeded = false
    do {
      try bringToPlan()
      succeeded = true
      lastError = nil
    } catch {
      metrics.failures.increment()
      let text = "\(error)"
      if text != lastError { logger.error("cannot bring the node's network to the plan: \(text)") }
      lastError = text
    }
    if let delay = schedule.ended(succeeded: succeeded) { wait(delay) }
  }

  private func bringToPlan() throws {
    let plan = NetworkPlan(cluster, try kernel.interfaces(), scope)
    report(plan)
    try handler.use(plan)
    if !hasCollected {
      try handler.collectGarbage()
      hasCollected = true
    }
    let outcome = try kernel.apply(plan)
    let repaired = try handler.repairPods() + (handler.ports.bring(to: handler.podState) ? 1 : 0)
    count(outcome, repaired, plan)
    guard !plan.podCIDRs.isEmpty else {
      // The node is not known: pods that are there stay, new ones must wait.
      handler.serve(false)
      return
    }
    handler.serve(true)
    try installation.writeList()
  }

  private func count(_ outcome: NetworkApply.Outcome, _ pods: Int, _ plan: NetworkPlan) {
    if hasApplied {
      if outcome.rules > 0 { metrics.repairs.increment(by: Double(outcome.rules), ["rules"]) }
      if outcome.routes > 0 { metrics.repairs.increment(by: Double(outcome.routes), ["node-routes"]) }
      if pods > 0 { metrics.repairs.increment(by: Double(pods), ["pods"]) }
    }
    if outcome.rules + outcome.routes + pods > 0 {
      logger.debug(
        "changed the kernel", metadata: ["rules": "\(outcome.rules)", "routes": "\(outcome.routes)", "pods": "\(pods)"])
    }
    hasApplied = true
    metrics.routes.set(Double(plan.routes.count { $0.kind == .unicast }))
    metrics.unroutable.set(Double(plan.unroutable.count))
    for pool in handler.state.withLock({ $0.ledger.pools }) {
      metrics.addresses.set(Double(pool.used.count), [pool.prefix.description, "used"])
      metrics.addresses.set(Double(pool.available), [pool.prefix.description, "free"])
    }
  }

  /// Says what the plan cannot do, once for each.
  private func report(_ plan: NetworkPlan) {
    let texts = Set(plan.problems + plan.unroutable.map { "cannot route to the pods of node \($0.key): \($0.value)" })
    for text in texts.subtracting(reported).sorted() { logger.warning("\(text)") }
    reported = texts
  }
}
