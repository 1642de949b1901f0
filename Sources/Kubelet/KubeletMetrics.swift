import Telemetry

/// What the kubelet counts.
struct KubeletMetrics: Sendable {
  let runtimeCalls: Histogram
  let podStart: Histogram
  let containersStarted: Counter
  let containerRestarts: Counter
  let pods: Gauge
  let probes: Counter
  let relist: Histogram

  init(_ registry: MetricsRegistry) {
    runtimeCalls = registry.histogram(
      "kubelet_runtime_operations_duration_seconds", help: "Time of calls to the container runtime that start pods.",
      labels: ["operation_type"], buckets: Histogram.seconds)
    podStart = registry.histogram(
      "kubelet_pod_start_duration_seconds",
      help: "From the kubelet's first sight of a pod to its last container's start.",
      buckets: Histogram.seconds)
    containersStarted = registry.counter("kubelet_started_containers_total", help: "Containers started.")
    containerRestarts = registry.counter("kubelet_container_restarts_total", help: "Containers started again.")
    pods = registry.gauge("kubelet_running_pods", help: "Pods this kubelet looks after.")
    probes = registry.counter(
      "prober_probe_verdicts_total", help: "Changes of what a probe says.", labels: ["probe_type", "result"])
    relist = registry.histogram(
      "kubelet_pleg_relist_duration_seconds", help: "Time to list what the runtime holds.", buckets: Histogram.seconds)
  }
}
