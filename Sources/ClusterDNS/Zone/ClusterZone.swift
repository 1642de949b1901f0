import CLinux
import Glibc
import KubeAPI
import KubeClient
import Logging
import Netlink
import Synchronization

/// Turns the cluster's events into snapshots: state, plan, difference, publication.
actor ClusterZone {
  /// A resource whose first complete list the zone waits for.
  enum Source: String, Sendable, CaseIterable { case services, endpointslices, namespaces, pods }

  nonisolated let store: SnapshotStore
  /// The pods by address, where their names are verified.
  nonisolated let pods = PodDirectory()
  private(set) var table: ZoneTable
  private(set) var state = ClusterState()
  let planner: ZonePlanner
  private var missing: Set<Source>
  private let metrics: DNSMetrics
  private let logger: Logger
  /// What is not synced yet, for the readiness probe, which must not wait behind a large event.
  private nonisolated let waiting: Mutex<Set<Source>>

  init(_ planner: ZonePlanner, servers: [IPAddress], metrics: DNSMetrics, logger: Logger) {
    self.planner = planner
    self.metrics = metrics
    self.logger = logger
    var table = ZoneTable(serial: UInt32(truncatingIfNeeded: Self.secondsSince1970()))
    table.apply(planner.base(servers: servers))
    missing = [.services, .endpointslices, .namespaces]
    if planner.podNames == .verified { missing.insert(.pods) }
    waiting = Mutex(missing)
    table.publish(isSynced: false)
    store = table.store
    self.table = table
  }

  private static func secondsSince1970() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec)
  }

  var isSynced: Bool { missing.isEmpty }
  /// Names in the zone, and bytes of their memory.
  var size: (names: Int, bytes: Int) { (table.names, table.size) }
  var serial: UInt32 { table.serial }

  /// The resources that have not been seen in full yet.
  nonisolated var unsynced: [String] { waiting.withLock { $0.map(\.rawValue).sorted() } }

  // MARK: Events

  func handle(services event: InformerPageEvent<ServiceFacts>) {
    let begin = ContinuousClock.now
    switch event {
    case .page(let page):
      if page.isFirst { state.beginServices() }
      for (key, facts) in page.objects {
        if state.services[key] == facts { state.markListed(service: key) } else { set(service: key, facts) }
      }
      if page.isLast {
        for key in state.services.unlisted { set(service: key, nil) }
        synced(.services)
      }
    case .changed(let key, let facts): set(service: key, facts)
    case .deleted(let key): set(service: key, nil)
    }
    publish(since: begin)
  }

  private func set(service key: ObjectKey, _ facts: ServiceFacts?) {
    change(state.touched(byService: key)) { $0.set(service: key, facts) }
  }

  func handle(slices event: InformerPageEvent<SliceFacts>) {
    let begin = ContinuousClock.now
    switch event {
    case .page(let page):
      if page.isFirst { state.beginSlices() }
      for (key, facts) in page.objects {
        if state.slices[key] == facts { state.markListed(slice: key) } else { set(slice: key, facts) }
      }
      if page.isLast {
        for key in state.slices.unlisted { set(slice: key, nil) }
        synced(.endpointslices)
      }
    case .changed(let key, let facts): set(slice: key, facts)
    case .deleted(let key): set(slice: key, nil)
    }
    publish(since: begin)
  }

  private func set(slice key: ObjectKey, _ facts: SliceFacts?) {
    change(state.touched(bySlice: key, facts)) { $0.set(slice: key, facts) }
  }

  func handle(namespaces event: InformerEvent<Bool>) {
    let begin = ContinuousClock.now
    switch event {
    case .replaced(let objects):
      let gone = state.namespaces.filter { objects[ObjectKey(name: $0)] == nil }
      for name in gone { change(state.touched(byNamespace: name)) { $0.set(namespace: name, exists: false) } }
      for key in objects.keys where !state.namespaces.contains(key.name) {
        change(state.touched(byNamespace: key.name)) { $0.set(namespace: key.name, exists: true) }
      }
      synced(.namespaces)
    case .changed(let key, _):
      change(state.touched(byNamespace: key.name)) { $0.set(namespace: key.name, exists: true) }
    case .deleted(let key):
      change(state.touched(byNamespace: key.name)) { $0.set(namespace: key.name, exists: false) }
    }
    publish(since: begin)
  }

  func handle(pods event: InformerEvent<[IPAddress]>) {
    let begin = ContinuousClock.now
    switch event {
    case .replaced(let objects):
      for key in state.podKeys where objects[key] == nil {
        set(pod: key, nil)
      }
      for (key, addresses) in objects { set(pod: key, addresses) }
      synced(.pods)
    case .changed(let key, let addresses): set(pod: key, addresses)
    case .deleted(let key): set(pod: key, nil)
    }
    publish(since: begin)
  }

  private func set(pod key: ObjectKey, _ addresses: [IPAddress]?) {
    let touched = state.touched(byPod: key, addresses)
    change(touched) { $0.set(pod: key, addresses) }
    for pod in touched.pods { pods.set(pod.address, state.namespace(of: pod.address)) }
  }

  /// Frees memory of old snapshots that readers held when it was retired, and what lists needed while they came in.
  func reclaim() {
    store.reclaim()
    guard hasListed else { return }
    hasListed = false
    skiff_heap_trim()
  }

  // MARK: From event to snapshot

  private var hasChanges = false
  private var hasListed = false

  /// Plans what is touched before and after the change, and makes the difference in the table.
  private func change(_ touched: ClusterState.Touched, _ body: (inout ClusterState) -> Void) {
    let before = planner.plan(touched, state)
    body(&state)
    let changes = ZonePlanner.diff(before, planner.plan(touched, state))
    guard !changes.isEmpty else { return }
    table.apply(changes)
    hasChanges = true
  }

  private func synced(_ source: Source) {
    hasListed = true
    guard missing.remove(source) != nil else { return }
    waiting.withLock { [missing] in $0 = missing }
    logger.debug("seen all objects", metadata: ["resource": "\(source.rawValue)"])
    if missing.isEmpty {
      hasChanges = true
      logger.info("zone is complete", metadata: ["names": "\(table.names)", "bytes": "\(table.size)"])
    }
  }

  private func publish(since begin: ContinuousClock.Instant) {
    guard hasChanges else { return }
    hasChanges = false
    table.publish(isSynced: missing.isEmpty)
    metrics.published(names: table.names, bytes: table.size, serial: table.serial, took: .now - begin)
  }
}
