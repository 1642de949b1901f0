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
    let hindrance = handler.state.withLock { $0.plan.hindrance }
    return isServing
      ? .healthy : .unhealthy(hindrance ?? "node \(scope.nodeName) has no pod CIDR yet, or it is not programmed")
  }

  private func receive(_ signal: AgentSignals.Signal) {
    switch signal {
    case .nodes(let event): cluster.apply(event)
    case .tick:
      ticks += 1
      if ticks % 6 == 0 { hasCollected = false }
    case .kernel(let event): if handler.isExpected(event) { return }
    case .rules: break
    }
    if let delay = schedule.receive(signal) { wait(delay) }
  }

  private func wait(_ delay: Duration) {
    waiting?.cancel()
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
    var plan = NetworkPlan(cluster, try kernel.interfaces(), scope, leases: handler.leasedAddresses())
    schedule.watch(plan)
    try handler.use(plan)
    let isFirstOfMinute = !hasCollected
    if isFirstOfMinute {
      try handler.collectGarbage()
      hasCollected = true
    }
    // Pods are put right also where the ways to other nodes cannot be.
    let result = Result { try kernel.apply(plan) }
    let repaired =
      try handler.repairPods(thoroughly: isFirstOfMinute) + (handler.ports.bring(to: handler.podState) ? 1 : 0)
    let outcome = try result.get()
    for tunnel in plan.tunnels {
      guard let reason = outcome.failures[tunnel.family] else { continue }
      for peer in tunnel.peers { plan.cannotRoute(to: peer.name, reason) }
    }
    report(plan)
    count(outcome, repaired, plan)
    guard !plan.podCIDRs.isEmpty, plan.hindrance == nil else {
      // The node is not known, or its pod CIDR cannot be used: pods that are there stay, new ones must wait.
      handler.serve(false)
      return
    }
    handler.serve(true)
    try installation.writeList()
  }

  private func count(_ outcome: NetworkApply.Outcome, _ pods: Int, _ plan: NetworkPlan) {
    let changes = [
      ("rules", outcome.rules), ("node-routes", outcome.routes), ("tunnels", outcome.tunnels),
      ("settings", outcome.settings),
      ("pods", pods),
    ]
    for (kind, number) in changes where number > 0 {
      metrics.writes.increment(by: Double(number), [kind])
      // What the first comparison finds may just be what came meanwhile.
      if hasApplied { metrics.repairs.increment(by: Double(number), [kind]) }
    }
    if outcome.total + pods > 0 {
      let metadata = changes.map { ($0, Logger.MetadataValue.string("\($1)")) }
      logger.debug("changed the kernel", metadata: Logger.Metadata(uniqueKeysWithValues: metadata))
    }
    hasApplied = true
    metrics.routes.set(Double(plan.routes.count { $0.kind == .unicast }))
    let behind = Set(plan.tunnels.filter { outcome.failures[$0.family] == nil }.flatMap { $0.peers.map(\.name) })
    metrics.tunnelPeers.set(Double(behind.count))
    metrics.mtu.set(Double(plan.mtu))
    metrics.unroutable.set(Double(plan.unroutable.count))
    let leases = handler.podState().leases
    metrics.hostPorts.set(Double(leases.reduce(0) { $0 + $1.hostPorts.count }))
    metrics.limitedPods.set(Double(leases.count { $0.bandwidth != nil }))
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
