import KubeAPI
import KubeClient
import Logging
import Netlink
import Telemetry

/// Takes what arrives, plans it, and has it carried out: the thin driver around `ProxyState` and `ServiceProgrammer`.
actor ProxyLoop {
  private let configuration: Proxy.Configuration
  private let flows: FlowCleanup
  private let route: ServiceRoute?
  private let healthChecks: HealthCheckServer
  private let inbox: Inbox
  private let status: ProxyStatus
  private let metrics: ProxyMetrics
  private let events: EventRecorder
  private let logger: Logger
  private let port: UInt32
  private let makeMonitor: @Sendable () throws(NetlinkError) -> NFTablesMonitor
  private var monitor: NFTablesMonitor?
  private var listener: Task<Void, Never>?

  private var state = ProxyState()
  private var programmer: ServiceProgrammer
  private var hasServices = false
  private var hasSlices = false
  private var isSynced = false
  /// Why the ruleset is to be read anew; nil for no reason.
  private var adoption: String?
  private var lastAdoption: ContinuousClock.Instant?
  private var retry = Backoff(base: .milliseconds(500), limit: .seconds(30))
  private var timer: Task<Void, Never>?
  private var nodeAddresses: [IPAddress]
  private var reported: [ObjectKey: [String]] = [:]

  init(
    configuration: Proxy.Configuration, nftables: any NFTablesConnection, conntrack: any ConntrackConnection,
    route: ServiceRoute?, makeMonitor: @escaping @Sendable () throws(NetlinkError) -> NFTablesMonitor,
    healthChecks: HealthCheckServer, inbox: Inbox, status: ProxyStatus, metrics: ProxyMetrics, events: EventRecorder,
    logger: Logger
  ) {
    self.configuration = configuration
    self.flows = FlowCleanup(connection: conntrack)
    self.route = route
    self.healthChecks = healthChecks
    self.inbox = inbox
    self.status = status
    self.metrics = metrics
    self.events = events
    self.logger = logger
    port = nftables.portID
    self.makeMonitor = makeMonitor
    programmer = ServiceProgrammer(nftables, options: configuration.rulesetOptions)
    nodeAddresses = configuration.nodeAddresses
  }

  func run() async {
    for await _ in inbox.wakeups {
      let inputs = inbox.take()
      if !inputs.isEmpty { handle(inputs) }
    }
    timer?.cancel()
    monitor?.stop()
    listener?.cancel()
  }

  private func handle(_ inputs: [ProxyInput]) {
    var touched: Set<ObjectKey> = []
    var triggers: [Int64] = []
    var nodeChanged = false
    for input in inputs {
      switch input {
      case .services(let event): take(event, &touched)
      case .slices(let event): take(event, &touched, &triggers)
      case .node(let event): nodeChanged = take(event, &touched) || nodeChanged
      case .ruleset(.changed(let table, let port)):
        if table == Ruleset.table, port != self.port { adoption = "drift" }
      case .ruleset(.overrun): adoption = "overrun"
      case .again: break
      }
    }
    guard hasServices, hasSlices else { return }
    if !isSynced || nodeChanged { setRoute() }
    program(touched, triggers)
  }

  // MARK: What the cluster says

  private func take(_ event: InformerEvent<ServiceDefinition>, _ touched: inout Set<ObjectKey>) {
    switch event {
    case .replaced(let all):
      touched.formUnion(state.replaceServices(all))
      hasServices = true
    case .changed(let key, let service): if state.setService(key, service) { touched.insert(key) }
    case .deleted(let key): if state.setService(key, nil) { touched.insert(key) }
    }
    metrics.serviceChanges.increment(ProxyMetrics.family)
  }

  private func take(
    _ event: InformerEvent<EndpointSliceDefinition>, _ touched: inout Set<ObjectKey>, _ triggers: inout [Int64]
  ) {
    switch event {
    case .replaced(let all):
      touched.formUnion(state.replaceSlices(all))
      hasSlices = true
    case .changed(let key, let slice):
      let services = state.setSlice(key, slice)
      touched.formUnion(services)
      if isSynced, !services.isEmpty, let trigger = slice.triggerTime { triggers.append(trigger) }
    case .deleted(let key): touched.formUnion(state.setSlice(key, nil))
    }
    metrics.endpointChanges.increment(ProxyMetrics.family)
  }

  /// - Returns: whether the node has other addresses now.
  private func take(_ event: InformerEvent<NodeFacts>, _ touched: inout Set<ObjectKey>) -> Bool {
    let facts: NodeFacts? =
      switch event {
      case .replaced(let all): all[ObjectKey(name: configuration.nodeName)]
      case .changed(let key, let facts): key.name == configuration.nodeName ? facts : nil
      case .deleted: nil
      }
    guard let facts else { return false }
    touched.formUnion(state.setZone(facts.zone))
    status.setNodeLeaving(facts.isLeaving)
    guard configuration.nodeAddresses.isEmpty, facts.addresses != nodeAddresses else { return false }
    nodeAddresses = facts.addresses
    return true
  }

  // MARK: What the kernel gets

  private func program(_ touched: Set<ObjectKey>, _ triggers: [Int64]) {
    let start = ContinuousClock.now
    status.setWaiting(true)
    metrics.lastQueued.set(Self.now(), ProxyMetrics.family)
    if !isSynced { adoption = "start" }
    let isAdopted = adoption != nil && adopt(start)
    guard isSynced else { return }
    programmer.update(touched, from: state)
    report(touched)
    let report = programmer.flush()
    metrics.record(report)
    answerHealthChecks(of: isAdopted ? touched.union(state.services.keys) : touched)
    metrics.syncDuration.observe(start.duration(to: .now), ProxyMetrics.family)
    if report.failures.isEmpty {
      retry.reset()
      status.setWaiting(false)
      status.setSynced()
      listen()
      metrics.lastSync.set(Self.now(), ProxyMetrics.family)
      let now = MicroTime.now().microseconds * 1000
      for trigger in triggers {
        metrics.programmingDuration.observe(Double(now - trigger) / 1e9, ProxyMetrics.family)
      }
    } else {
      fail(report)
    }
    cleanFlows(report)
    metrics.frontends.set(Double(programmer.frontendCount))
    logger.debug(
      "programmed",
      metadata: [
        "services": "\(touched.count)", "elements": "\(report.elements)", "transactions": "\(report.transactions)",
        "took": "\(start.duration(to: .now))",
      ])
  }

  /// Reads the kernel's ruleset, and all is planned anew: at once for the first time, then twice a second at most.
  ///
  /// - Returns: whether it was done.
  private func adopt(_ now: ContinuousClock.Instant) -> Bool {
    guard let reason = adoption else { return false }
    if let last = lastAdoption, last.duration(to: now) < .milliseconds(500) {
      schedule(.milliseconds(500))
      return false
    }
    lastAdoption = now
    adoption = nil
    do throws(NetlinkError) {
      try programmer.adopt(state)
    } catch {
      adoption = reason
      logger.error("cannot read the ruleset", metadata: ["error": "\(error)"])
      status.setWaiting(true, failure: "\(error)")
      schedule(retry.next())
      return false
    }
    metrics.adoptions.increment([reason])
    let level: Logger.Level = reason == "start" || !programmer.hasPending ? .info : .warning
    logger.log(
      level: level, "read the ruleset",
      metadata: [
        "reason": "\(reason)", "services": "\(state.services.count)", "frontends": "\(programmer.frontendCount)",
      ])
    isSynced = true
    return true
  }

  private func fail(_ report: ServiceProgrammer.Report) {
    for failure in report.failures {
      logger.error(
        "cannot program", metadata: ["subject": "\(failure.subject)", "error": "\(failure.error)"])
      if let service = failure.service {
        events.warn(service, "ProgrammingFailed", "\(failure.subject): \(failure.error)")
      }
    }
    status.setWaiting(true, failure: report.failures.first.map { "\($0.error)" } ?? "")
    if report.needsAdoption { adoption = "mismatch" }
    schedule(retry.next())
  }

  private func cleanFlows(_ report: ServiceProgrammer.Report) {
    var count = 0
    for (key, targets) in report.changedFlows {
      do throws(NetlinkError) {
        count += try flows.clean(key, keeping: targets)
      } catch {
        logger.warning("cannot end stale flows", metadata: ["frontend": "\(key)", "error": "\(error)"])
      }
    }
    if count > 0 {
      metrics.flowsDeleted.increment(by: Double(count), ProxyMetrics.family)
      logger.info("ended stale flows", metadata: ["count": "\(count)"])
    }
  }

  /// Tells load balancers how many endpoints they find here now.
  private func answerHealthChecks(of touched: Set<ObjectKey>) {
    for service in touched {
      let port = state.services[service]?.healthCheckNodePort ?? 0
      healthChecks.set(
        service, port == 0 ? nil : HealthCheck(port: port, localEndpoints: state.localReadyCount(of: service)))
    }
  }

  private func setRoute() {
    guard let route else { return }
    do throws(NetlinkError) {
      let changes = try route.reconcile(configuration.serviceCIDRs, nodeAddresses: nodeAddresses)
      if changes > 0 { logger.info("set routes of the service CIDRs", metadata: ["changes": "\(changes)"]) }
    } catch {
      logger.warning("cannot set the route of the service CIDRs", metadata: ["error": "\(error)"])
    }
  }

  /// Listens for what others do to the ruleset, from the first complete one on: a cold start would tell itself of
  /// every element.
  private func listen() {
    guard monitor == nil else { return }
    do throws(NetlinkError) {
      let monitor = try makeMonitor()
      self.monitor = monitor
      listener = Task { [inbox] in
        for await event in monitor.events() { inbox.post(.ruleset(event)) }
      }
    } catch {
      logger.warning("cannot listen for changes of the ruleset", metadata: ["error": "\(error)"])
    }
  }

  // MARK: What people are told

  /// A part of a Service that makes no sense is left out; its owner is told once.
  private func report(_ touched: Set<ObjectKey>) {
    let problems = programmer.serviceProblems
    for service in touched.union(reported.keys) where problems[service] != reported[service] {
      reported[service] = problems[service]
      guard let found = problems[service] else { continue }
      let text = found.prefix(5).joined(separator: "; ")
      logger.warning("service is programmed in part", metadata: ["service": "\(service)", "problem": "\(text)"])
      events.warn(service, "InvalidService", text)
    }
    metrics.objectsWithProblems.set(Double(problems.count))
  }

  private func schedule(_ delay: Duration) {
    timer?.cancel()
    timer = Task { [inbox] in
      do { try await Task.sleep(for: delay) } catch { return }
      inbox.post(.again)
    }
  }

  private static func now() -> Double { Double(MicroTime.now().microseconds) / 1e6 }
}
