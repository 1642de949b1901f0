import KubeAPI
import Netlink
import Telemetry

/// What the proxy counts. Names that kube-proxy has are kube-proxy's, so that dashboards for it work.
struct ProxyMetrics: Sendable {
  let syncDuration: Histogram
  let programmingDuration: Histogram
  let lastSync: Gauge
  let lastQueued: Gauge
  let endpointChanges: Counter
  let serviceChanges: Counter
  let failures: Counter
  let transactions: Counter
  let messages: Counter
  let bytes: Counter
  let elements: Counter
  let adoptions: Counter
  let flowsDeleted: Counter
  let objectsWithProblems: Gauge
  let frontends: Gauge

  init(_ registry: MetricsRegistry) {
    syncDuration = registry.histogram(
      "kubeproxy_sync_proxy_rules_duration_seconds", help: "Time to carry out what changed.",
      labels: ["ip_family"], buckets: Histogram.seconds)
    programmingDuration = registry.histogram(
      "kubeproxy_network_programming_duration_seconds",
      help: "Time from the change that the control plane saw to its commit in the kernel.",
      labels: ["ip_family"], buckets: Histogram.seconds)
    lastSync = registry.gauge(
      "kubeproxy_sync_proxy_rules_last_timestamp_seconds", help: "When the last change was carried out.",
      labels: ["ip_family"])
    lastQueued = registry.gauge(
      "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds", help: "When the last change arrived.",
      labels: ["ip_family"])
    endpointChanges = registry.counter(
      "kubeproxy_sync_proxy_rules_endpoint_changes_total", help: "Changes of EndpointSlices.", labels: ["ip_family"])
    serviceChanges = registry.counter(
      "kubeproxy_sync_proxy_rules_service_changes_total", help: "Changes of Services.", labels: ["ip_family"])
    failures = registry.counter(
      "kubeproxy_sync_proxy_rules_nftables_sync_failures_total", help: "Transactions that the kernel refused.",
      labels: ["ip_family"])
    transactions = registry.counter("skiff_proxy_transactions_total", help: "Transactions that the kernel took.")
    messages = registry.counter("skiff_proxy_netlink_messages_total", help: "Messages in those transactions.")
    bytes = registry.counter("skiff_proxy_netlink_bytes_total", help: "Bytes in those transactions.")
    elements = registry.counter("skiff_proxy_element_changes_total", help: "Set elements added or deleted.")
    adoptions = registry.counter(
      "skiff_proxy_adoptions_total", help: "Times that the ruleset was read from the kernel.", labels: ["reason"])
    flowsDeleted = registry.counter(
      "kubeproxy_conntrack_reconciler_deleted_entries_total", help: "Flows deleted because their endpoint is gone.",
      labels: ["ip_family"])
    objectsWithProblems = registry.gauge(
      "skiff_proxy_services_with_problems", help: "Services of which a part makes no sense and is left out.")
    frontends = registry.gauge("skiff_proxy_frontends", help: "Addresses and ports that are programmed.")
  }

  /// One ruleset serves both families, so everything is counted under one label.
  static let family = ["inet"]

  func record(_ report: ServiceProgrammer.Report) {
    transactions.increment(by: Double(report.transactions))
    messages.increment(by: Double(report.statistics.messages))
    bytes.increment(by: Double(report.statistics.bytes))
    elements.increment(by: Double(report.elements))
    if !report.failures.isEmpty { failures.increment(by: Double(report.failures.count), Self.family) }
  }
}
