import KubeAPI
import Netlink
import Telemetry

/// What the proxy counts. Names, labels and buckets that kube-proxy has are kube-proxy's, so that dashboards for it work.
struct ProxyMetrics: Sendable {
  private let syncDuration: Histogram
  private let fullSyncDuration: Histogram
  private let partialSyncDuration: Histogram
  private let programmingDuration: Histogram
  private let lastSync: Gauge
  private let lastQueued: Gauge
  private let endpointChanges: Counter
  private let endpointChangesPending: Gauge
  private let serviceChanges: Counter
  private let serviceChangesPending: Gauge
  private let noLocalEndpoints: Gauge
  private let syncFailures: Counter
  private let cleanupFailures: Counter
  private let flowsDeleted: Counter
  private let flowsDuration: Histogram
  private let healthz: Counter
  private let livez: Counter
  private let transactions: Counter
  private let messages: Counter
  private let bytes: Counter
  private let elements: Counter
  let adoptions: Counter
  let objectsWithProblems: Gauge
  let frontends: Gauge

  init(_ registry: MetricsRegistry) {
    func prefixed(_ name: String) -> String { "kubeproxy_sync_proxy_rules_\(name)" }
    let family = ["ip_family"]
    syncDuration = registry.histogram(
      prefixed("duration_seconds"), help: "Time to carry out what changed.", labels: family, buckets: Self.syncBuckets)
    fullSyncDuration = registry.histogram(
      "kubeproxy_sync_full_proxy_rules_duration_seconds",
      help: "Time to read the ruleset from the kernel and to carry out what differs.", labels: family,
      buckets: Self.syncBuckets)
    partialSyncDuration = registry.histogram(
      "kubeproxy_sync_partial_proxy_rules_duration_seconds", help: "Time to carry out what changed, without reading.",
      labels: family, buckets: Self.syncBuckets)
    programmingDuration = registry.histogram(
      "kubeproxy_network_programming_duration_seconds",
      help: "Time from the change that the control plane saw to its commit in the kernel.", labels: family,
      buckets: Self.programmingBuckets)
    lastSync = registry.gauge(
      prefixed("last_timestamp_seconds"), help: "When the last change was carried out.", labels: family)
    lastQueued = registry.gauge(
      prefixed("last_queued_timestamp_seconds"), help: "When the last change arrived.", labels: family)
    endpointChanges = registry.counter(prefixed("endpoint_changes_total"), help: "Changes of EndpointSlices.")
    endpointChangesPending = registry.gauge(
      prefixed("endpoint_changes_pending"), help: "Changes of EndpointSlices that are not carried out yet.")
    serviceChanges = registry.counter(prefixed("service_changes_total"), help: "Changes of Services.")
    serviceChangesPending = registry.gauge(
      prefixed("service_changes_pending"), help: "Changes of Services that are not carried out yet.")
    noLocalEndpoints = registry.gauge(
      prefixed("no_local_endpoints_total"), help: "Service ports with policy Local that have endpoints elsewhere only.",
      labels: ["traffic_policy", "ip_family"])
    syncFailures = registry.counter(
      prefixed("nftables_sync_failures_total"), help: "Transactions that the kernel refused.", labels: family)
    cleanupFailures = registry.counter(
      prefixed("nftables_cleanup_failures_total"), help: "Times that something obsolete could not be removed.",
      labels: family)
    flowsDeleted = registry.counter(
      "kubeproxy_conntrack_reconciler_deleted_entries_total", help: "Flows deleted because their endpoint is gone.",
      labels: family)
    flowsDuration = registry.histogram(
      "kubeproxy_conntrack_reconciler_sync_duration_seconds", help: "Time to find and delete such flows.",
      labels: family, buckets: Self.syncBuckets)
    healthz = registry.counter(
      "kubeproxy_proxy_healthz_total", help: "Answers of /healthz by HTTP status.", labels: ["code"])
    livez = registry.counter(
      "kubeproxy_proxy_livez_total", help: "Answers of /livez by HTTP status.", labels: ["code"])
    transactions = registry.counter("skiff_proxy_transactions_total", help: "Transactions that the kernel took.")
    messages = registry.counter("skiff_proxy_netlink_messages_total", help: "Messages in those transactions.")
    bytes = registry.counter("skiff_proxy_netlink_bytes_total", help: "Bytes in those transactions.")
    elements = registry.counter("skiff_proxy_element_changes_total", help: "Set elements added or deleted.")
    adoptions = registry.counter(
      "skiff_proxy_adoptions_total", help: "Times that the ruleset was read from the kernel.", labels: ["reason"])
    objectsWithProblems = registry.gauge(
      "skiff_proxy_services_with_problems", help: "Services of which a part makes no sense and is left out.")
    frontends = registry.gauge("skiff_proxy_frontends", help: "Addresses and ports that are programmed.")
    // Series that count what should not happen are there from the start, at 0.
    for counter in [syncFailures, cleanupFailures, flowsDeleted] {
      for family in Self.families { counter.increment(by: 0, [family]) }
    }
    set(LocalPolicyGaps())
  }

  /// A millisecond and its doubles, as kube-proxy has them, and finer ones below: a change takes less here.
  static let syncBuckets = [0.0001, 0.00025, 0.0005] + (0..<15).map { 0.001 * Double(1 << $0) }
  /// As kube-proxy's from a quarter of a second to five minutes, and finer ones below.
  static let programmingBuckets =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5] + (1...59).map { Double($0) }
    + stride(from: 60, through: 115, by: 5).map { Double($0) }
    + stride(from: 120, through: 300, by: 30).map { Double($0) }

  /// One ruleset serves both families: what concerns it as a whole is counted for each, as a dual-stack kube-proxy does.
  static let families = IPAddress.Family.allCases.map(label)

  private static func label(_ family: IPAddress.Family) -> String { "IPv\(family.rawValue)" }

  // MARK: What happens

  func queued() {
    let now = Double(MicroTime.now().microseconds) / 1e6
    for family in Self.families { lastQueued.set(now, [family]) }
  }

  func changed(services: Int, pending: Int) {
    serviceChanges.increment(by: Double(services))
    serviceChangesPending.set(Double(pending))
  }

  func changed(endpoints: Int, pending: Int) {
    endpointChanges.increment(by: Double(endpoints))
    endpointChangesPending.set(Double(pending))
  }

  func record(_ report: ServiceProgrammer.Report) {
    transactions.increment(by: Double(report.transactions))
    messages.increment(by: Double(report.statistics.messages))
    bytes.increment(by: Double(report.statistics.bytes))
    elements.increment(by: Double(report.elements))
    if !report.failures.isEmpty {
      for family in Self.families { syncFailures.increment(by: Double(report.failures.count), [family]) }
    }
  }

  /// - Parameter isFull: whether the kernel's ruleset was read.
  func worked(for duration: Duration, isFull: Bool) {
    for family in Self.families {
      syncDuration.observe(duration, [family])
      (isFull ? fullSyncDuration : partialSyncDuration).observe(duration, [family])
    }
  }

  /// Everything that had come is carried out.
  ///
  /// - Parameter triggers: when the control plane saw what made each of the changed slices.
  func finished(_ triggers: [EndpointTrigger]) {
    let now = MicroTime.now().microseconds
    for family in Self.families { lastSync.set(Double(now) / 1e6, [family]) }
    for trigger in triggers {
      programmingDuration.observe(Double(now * 1000 - trigger.time) / 1e9, [Self.label(trigger.family)])
    }
    serviceChangesPending.set(0)
    endpointChangesPending.set(0)
  }

  func cleanupFailed() { for family in Self.families { cleanupFailures.increment([family]) } }

  func deletedFlows(_ count: Int, of family: IPAddress.Family, in duration: Duration) {
    flowsDeleted.increment(by: Double(count), [Self.label(family)])
    flowsDuration.observe(duration, [Self.label(family)])
  }

  func set(_ gaps: LocalPolicyGaps) {
    for policy in LocalPolicyGaps.Policy.allCases {
      for family in IPAddress.Family.allCases {
        let count = gaps.totals[LocalPolicyGaps.Kind(policy: policy, family: family)] ?? 0
        noLocalEndpoints.set(Double(count), [policy.rawValue, Self.label(family)])
      }
    }
  }

  func answered(_ probe: HealthProbe, isHealthy: Bool) {
    (probe == .live ? livez : healthz).increment([isHealthy ? "200" : "503"])
  }
}

/// When the control plane saw what made an EndpointSlice change, in nanoseconds since 1970.
struct EndpointTrigger: Sendable, Hashable {
  var time: Int64
  var family: IPAddress.Family
}
