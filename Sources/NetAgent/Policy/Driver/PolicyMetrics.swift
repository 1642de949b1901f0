import Telemetry

/// Metrics of policies.
struct PolicyMetrics: Sendable {
  let policies: Gauge
  let invalid: Gauge
  let subjects: Gauge
  let elements: Gauge
  let leftovers: Gauge
  let profiles: Gauge
  let changes: Counter
  let seconds: Histogram
  let failures: Counter
  let repairs: Counter
  let cut: Counter

  init(_ registry: MetricsRegistry) {
    policies = registry.gauge("skiff_policy_policies", help: "Policies, by kind.", labels: ["kind"])
    invalid = registry.gauge(
      "skiff_policy_invalid_policies", help: "Policies of which something cannot be read, by kind.", labels: ["kind"])
    subjects = registry.gauge(
      "skiff_policy_pod_addresses", help: "Addresses of this node's pods that policies decide about, by direction.",
      labels: ["direction"])
    elements = registry.gauge("skiff_policy_elements", help: "Elements of the table inet skiff-policy.")
    leftovers = registry.gauge(
      "skiff_policy_leftover_elements",
      help: "Elements of the table inet skiff-policy that nothing refers to any more, removed a few at a time.")
    profiles = registry.gauge(
      "skiff_policy_profiles", help: "Distinct sets of policies that select pods of this node.")
    changes = registry.counter(
      "skiff_policy_changed_elements_total", help: "Elements that were added, changed or deleted.")
    seconds = registry.histogram(
      "skiff_policy_program_seconds", help: "Time from taking changes up to the kernel's holding them.", labels: [],
      buckets: Histogram.seconds)
    failures = registry.counter(
      "skiff_policy_program_failures_total", help: "Attempts to program policies that failed.")
    repairs = registry.counter(
      "skiff_policy_repairs_total", help: "Times that something else had changed the table, which was put right.")
    cut = registry.counter(
      "skiff_policy_cut_connections_total", help: "Connections that were ended because policies allow them no more.")
  }
}
