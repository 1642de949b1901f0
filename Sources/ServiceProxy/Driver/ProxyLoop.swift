import KubeAPI
import KubeClient
import Logging
import Netlink
import Telemetry

/// Takes what arrives, plans it, and has it carried out: the thin driver around `ProxyState` and `ServiceProgrammer`.
actor ProxyLoop {
  /// What the loop reaches the world by.
  struct Connections: Sendable {
    var nftables: any NFTablesConnection
    var conntrack: any ConntrackConnection
    /// Tells the node's addresses.
    var addresses: RouteSocket
    /// Nil where the route of the service CIDRs is someone else's.
    var route: ServiceRoute?
    var makeMonitor: @Sendable () throws(NetlinkError) -> NFTablesMonitor
    var healthChecks: HealthCheckServer
    /// Nil where nobody asked for counts of connections.
    var counter: ConnectionCounter?
    var events: EventRecorder
  }

  private let connections: Connections
  private let flows: FlowCleanup
  private let inbox: Inbox
  private let status: ProxyStatus
  private let metrics: ProxyMetrics
  private let logger: Logger
  /// What is done once, as soon as everything is programmed.
  private let whenSynced: @Sendable () -> Void
  private var monitor: NFTablesMonitor?
  private var listener: Task<Void, Never>?

  private var state = ProxyState()
  private var network: NetworkFacts
  private var programmer: ServiceProgrammer
  private var start = StartGate()
  /// What the kernel's maps held at the start, until it is used.
  private var elements: KernelElements?
  /// Whether the kernel's ruleset was read, so that the programmer knows what it holds.
  private var isAdopted = false
  /// Whether everything was programmed once.
  private var isSynced = false
  /// Why the ruleset is to be read anew; nil for no reason.
  private var adoption: String?
  private var lastAdoption: ContinuousClock.Instant?
  /// Whether the last attempt failed in part.
  private var hasFailed = false
  private var retry = Backoff(base: .milliseconds(500), limit: .seconds(30))
  private var timer: (task: Task<Void, Never>, due: ContinuousClock.Instant)?
  private var routes: ServiceRoute.Wanted?
  private var gaps = LocalPolicyGaps()
  private var pending = Pending()
  private var reported: [ObjectKey: [String]] = [:]

  /// Changes that came and are not carried out yet.
  private struct Pending {
    var services = 0
    var slices = 0
    var triggers: [EndpointTrigger] = []
  }

  init(
    _ configuration: Proxy.Configuration, _ connections: Connections, inbox: Inbox, status: ProxyStatus,
    metrics: ProxyMetrics, logger: Logger, whenSynced: @escaping @Sendable () -> Void
  ) {
    self.connections = connections
    flows = FlowCleanup(connection: connections.conntrack) {
      [addresses = connections.addresses] () throws(NetlinkError) in
      Set(try addresses.addresses().map(\.address))
    }
    self.inbox = inbox
    self.status = status
    self.metrics = metrics
    self.logger = logger
    self.whenSynced = whenSynced
    network = NetworkFacts(configuration)
    programmer = ServiceProgrammer(connections.nftables, options: network.rulesetOptions)
  }

  func run() async {
    for await _ in inbox.wakeups {
      let inputs = inbox.take()
      if !inputs.isEmpty { handle(inputs) }
    }
    timer?.task.cancel()
    monitor?.stop()
    listener?.cancel()
  }

  private func handle(_ inputs: [ProxyInput]) {
    var touched: Set<ObjectKey> = []
    var mayFollow = !isAdopted
    for input in inputs {
      switch input {
      case .services(let event): take(event, &touched)
      case .slices(let event): take(event, &touched)
      case .node(let event):
        take(event, &touched)
        mayFollow = true
      case .serviceCIDRs(let event):
        network.take(serviceCIDRs: event)
        start.knows(.serviceCIDRs)
        mayFollow = true
      case .elements(let found):
        elements = found
        start.knows(.elements)
      case .ruleset(.changed(let table, let port)):
        if table == Ruleset.table, port != connections.nftables.portID { adoption = "drift" }
      case .ruleset(.overrun): adoption = "overrun"
      case .again:
        timer = nil
        mayFollow = true
      }
    }
    guard mayStart() else { return }
    if mayFollow { follow() }
    let isNothingToDo = touched.isEmpty && isAdopted && adoption == nil && !programmer.hasPending && !hasFailed
    if !isNothingToDo { program(touched) }
  }

  /// Nothing is written until it is known what to write. What is nice to know is waited for a while only.
  private func mayStart() -> Bool {
    switch start.decide(at: .now) {
    case .go: return true
    case .wait(nil): return false
    case .wait(let delay?):
      schedule(delay)
      return false
    case .goWithout(let missing):
      logger.warning(
        "starting without all that should be known", metadata: ["missing": "\(missing.joined(separator: ", "))"])
      return true
    }
  }

  // MARK: What the cluster says

  private func take(_ event: InformerEvent<ServiceDefinition>, _ touched: inout Set<ObjectKey>) {
    var changed: Set<ObjectKey> = []
    switch event {
    case .replaced(let all):
      changed = state.replaceServices(all)
      start.knows(.services)
    case .changed(let key, let service): if state.setService(key, service) { changed = [key] }
    case .deleted(let key): if state.setService(key, nil) { changed = [key] }
    }
    touched.formUnion(changed)
    pending.services += changed.count
    metrics.changed(services: changed.count, pending: pending.services)
  }

  private func take(_ event: InformerEvent<EndpointSliceDefinition>, _ touched: inout Set<ObjectKey>) {
    var changed: Set<ObjectKey>
    switch event {
    case .replaced(let all):
      changed = state.replaceSlices(all)
      start.knows(.slices)
    case .changed(let key, let slice):
      changed = state.setSlice(key, slice)
      // What was there before this program began says nothing about its speed.
      if isAdopted, !changed.isEmpty, let time = slice.triggerTime {
        pending.triggers.append(EndpointTrigger(time: time, family: slice.family))
      }
    case .deleted(let key): changed = state.setSlice(key, nil)
    }
    touched.formUnion(changed)
    pending.slices += changed.count
    metrics.changed(endpoints: changed.count, pending: pending.slices)
  }

  private func take(_ event: InformerEvent<NodeFacts>, _ touched: inout Set<ObjectKey>) {
    network.take(node: event)
    start.knows(.node)
    guard let node = network.node else { return }
    touched.formUnion(state.setZone(node.zone))
    status.setNodeLeaving(node.isLeaving)
  }

  // MARK: What follows from the node and the cluster's networks

  private func follow() {
    reconfigure(network.rulesetOptions)
    connections.healthChecks.setAddresses(network.nodePortAddresses)
    guard let route = connections.route else { return }
    let wanted = ServiceRoute.Wanted(prefixes: network.serviceCIDRs, nodeAddresses: network.nodeAddresses)
    guard wanted != routes else { return }
    do throws(NetlinkError) {
      let changes = try route.reconcile(wanted)
      routes = wanted
      if changes > 0 { logger.info("set routes of the service CIDRs", metadata: ["changes": "\(changes)"]) }
    } catch {
      logger.warning("cannot set the route of the service CIDRs, trying again", metadata: ["error": "\(error)"])
      schedule(.seconds(5))
    }
  }

  /// What the fixed part of the ruleset follows from may be another now.
  private func reconfigure(_ options: Ruleset.Options) {
    let old = programmer.ruleset.options
    guard options != old else { return }
    var likeOld = options
    likeOld.serviceCIDRs = old.serviceCIDRs
    if isAdopted, likeOld == old { return programmer.setServiceCIDRs(options.serviceCIDRs) }
    // All else changes rules or comes once in a node's life: the kernel is read, and what differs is written.
    programmer = ServiceProgrammer(connections.nftables, options: options)
    adoption = isAdopted ? "options" : nil
    isAdopted = false
    lastAdoption = nil
  }

  // MARK: What the kernel gets

  private func program(_ touched: Set<ObjectKey>) {
    let begin = ContinuousClock.now
    status.setWaiting()
    metrics.queued()
    if !isAdopted, adoption == nil { adoption = "start" }
    let isFull = adoption != nil && adopt(begin)
    guard isAdopted else { return }
    if !isFull { programmer.update(touched, from: state) }
    let concerned = isFull ? touched.union(state.services.keys) : touched
    tellOwners(concerned)
    if let counter = connections.counter {
      for service in concerned { counter.set(service, programmer.claimedFrontends(of: service)) }
    }
    let report = programmer.flush()
    metrics.record(report)
    tellLoadBalancers(concerned)
    metrics.worked(for: begin.duration(to: .now), isFull: isFull)
    if report.failures.isEmpty { finish() } else { fail(report) }
    cleanFlows(report)
    metrics.frontends.set(Double(programmer.frontendCount))
    logger.debug(
      "programmed",
      metadata: [
        "services": "\(touched.count)", "elements": "\(report.elements)", "transactions": "\(report.transactions)",
        "took": "\(begin.duration(to: .now))",
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
      try programmer.adopt(state, elements: elements)
      elements = nil
    } catch {
      adoption = reason
      logger.error("cannot read the ruleset", metadata: ["error": "\(error)"])
      status.setWaiting(failure: "\(error)")
      schedule(retry.next())
      return false
    }
    isAdopted = true
    metrics.adoptions.increment([reason])
    let isExpected = reason == "start" || reason == "options" || !programmer.hasPending
    logger.log(
      level: isExpected ? .info : .warning, "read the ruleset",
      metadata: [
        "reason": "\(reason)", "services": "\(state.services.count)", "frontends": "\(programmer.frontendCount)",
      ])
    return true
  }

  private func finish() {
    if !isSynced {
      isSynced = true
      listen()
      whenSynced()
    }
    hasFailed = false
    retry.reset()
    status.setUpdated()
    metrics.finished(pending.triggers)
    pending = Pending()
  }

  private func fail(_ report: ServiceProgrammer.Report) {
    hasFailed = true
    for failure in report.failures {
      logger.error(
        "cannot program", metadata: ["subject": "\(failure.subject)", "error": "\(failure.error)"])
      if let service = failure.service {
        connections.events.warn(service, "ProgrammingFailed", "\(failure.subject): \(failure.error)")
      }
    }
    status.setWaiting(failure: report.failures.first.map { "\($0.error)" } ?? "")
    if report.needsAdoption { adoption = "mismatch" }
    schedule(retry.next())
  }

  private func cleanFlows(_ report: ServiceProgrammer.Report) {
    guard !report.changedFlows.isEmpty else { return }
    var count = 0
    for family in IPAddress.Family.allCases {
      let begin = ContinuousClock.now
      let changed = report.changedFlows.filter { $0.key.family == family }
      guard !changed.isEmpty else { continue }
      do throws(NetlinkError) {
        let deleted = try flows.clean(changed) { [applied = programmer.appliedFrontends] in applied[$0] != nil }
        metrics.deletedFlows(deleted, of: family, in: begin.duration(to: .now))
        count += deleted
      } catch {
        let frontends = changed.keys.map { "\($0)" }.sorted().prefix(8).joined(separator: ", ")
        logger.warning("cannot end stale flows", metadata: ["frontends": "\(frontends)", "error": "\(error)"])
      }
    }
    if count > 0 { logger.info("ended stale flows", metadata: ["count": "\(count)"]) }
  }

  /// Listens for what others do to the ruleset, from the first complete one on: a cold start would tell itself of
  /// every element.
  private func listen() {
    do throws(NetlinkError) {
      let monitor = try connections.makeMonitor()
      self.monitor = monitor
      // Someone has written since the ruleset was read, perhaps to another table.
      if try connections.nftables.generation() != programmer.generation {
        adoption = "missed"
        schedule(.milliseconds(500))
      }
      listener = Task { [inbox] in
        for await event in monitor.events() { inbox.post(.ruleset(event)) }
      }
    } catch {
      logger.warning("cannot listen for changes of the ruleset", metadata: ["error": "\(error)"])
    }
  }

  // MARK: What others are told

  /// A part of a Service that makes no sense is left out; its owner is told once.
  private func tellOwners(_ services: Set<ObjectKey>) {
    let problems = programmer.serviceProblems
    for service in services.union(reported.keys) where problems[service] != reported[service] {
      reported[service] = problems[service]
      guard let found = problems[service] else { continue }
      let text = found.prefix(5).joined(separator: "; ")
      logger.warning("service is programmed in part", metadata: ["service": "\(service)", "problem": "\(text)"])
      connections.events.warn(service, "InvalidService", text)
    }
    metrics.objectsWithProblems.set(Double(problems.count))
  }

  /// How many endpoints a Service's load balancer finds on this node now, and where it finds none by policy.
  private func tellLoadBalancers(_ services: Set<ObjectKey>) {
    for service in services {
      let port = state.services[service]?.healthCheckNodePort ?? 0
      connections.healthChecks.set(
        service, port == 0 ? nil : HealthCheck(port: port, localEndpoints: state.localReadyCount(of: service)))
      gaps.update(service, from: state)
    }
    metrics.set(gaps)
  }

  /// Comes back after a while, or sooner where that is due already.
  private func schedule(_ delay: Duration) {
    let due = ContinuousClock.now + delay
    if let timer, timer.due <= due { return }
    timer?.task.cancel()
    let task = Task { [inbox] in
      do { try await Task.sleep(for: delay) } catch { return }
      inbox.post(.again)
    }
    timer = (task, due)
  }
}
