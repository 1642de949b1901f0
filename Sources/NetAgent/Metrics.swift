import Telemetry

/// The agent's metrics.
struct AgentMetrics: Sendable {
  let requests: Counter
  let requestSeconds: Histogram
  let addresses: Gauge
  let writes: Counter
  let repairs: Counter
  let routes: Gauge
  let unroutable: Gauge
  let tunnelPeers: Gauge
  let mtu: Gauge
  let collected: Counter
  let dropped: Counter
  let hostPorts: Gauge
  let limitedPods: Gauge
  let failures: Counter

  init(_ registry: MetricsRegistry) {
    requests = registry.counter(
      "skiff_cni_requests_total", help: "CNI calls, by command and error code (0: success).",
      labels: ["command", "code"])
    requestSeconds = registry.histogram(
      "skiff_cni_request_seconds", help: "Time that a CNI call took in the daemon.", labels: ["command"],
      buckets: [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1, 2])
    addresses = registry.gauge(
      "skiff_network_addresses", help: "Pod addresses of this node, by pod CIDR and state.", labels: ["cidr", "state"])
    writes = registry.counter(
      "skiff_network_writes_total", help: "Changes of the kernel that brought it to the plan, by kind.",
      labels: ["kind"])
    repairs = registry.counter(
      "skiff_network_repairs_total", help: "Things put right that something else had changed, by kind.",
      labels: ["kind"])
    routes = registry.gauge("skiff_network_node_routes", help: "Direct routes to other nodes' pods.")
    tunnelPeers = registry.gauge("skiff_network_tunnel_peers", help: "Nodes whose pods are reached by VXLAN.")
    mtu = registry.gauge("skiff_network_pod_mtu_bytes", help: "The MTU of pods' interfaces.")
    unroutable = registry.gauge(
      "skiff_network_unroutable_nodes", help: "Nodes whose pods cannot be reached from this node.")
    collected = registry.counter(
      "skiff_network_collected_total", help: "Addresses taken back from pods that no longer are.")
    dropped = registry.counter(
      "skiff_network_pod_packets_dropped_total",
      help: "Packets of this node's pods that pods may not send, by what they are. Read every ten seconds.",
      labels: ["kind"])
    hostPorts = registry.gauge("skiff_network_host_ports", help: "Ports of this node that lead to pods.")
    limitedPods = registry.gauge("skiff_network_limited_pods", help: "Pods of this node whose bandwidth is limited.")
    failures = registry.counter(
      "skiff_network_apply_failures_total", help: "Attempts to bring the kernel to the plan that failed.")
  }
}
