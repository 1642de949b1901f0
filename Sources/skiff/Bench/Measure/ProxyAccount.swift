/// What a proxy itself counts, from its metrics. A figure that it does not give is nil.
struct ProxyAccount: Sendable {
  /// Time it has spent on carrying out what changed.
  var syncSeconds: Double?
  /// What it has sent to the kernel in transactions.
  var bytes: Double?
  var messages: Double?

  init(_ metrics: PrometheusText) {
    // kube-proxy counts each family on its own, and works on both at the same time.
    syncSeconds = metrics.max("kubeproxy_sync_proxy_rules_duration_seconds_sum")
    bytes = metrics.sum("skiff_proxy_netlink_bytes_total")
    messages = metrics.sum("skiff_proxy_netlink_messages_total")
  }

  /// The account of the proxy that runs.
  static var now: ProxyAccount { ProxyAccount(MeasuredProxy.metrics) }

  /// What has come in between two looks.
  static func - (later: Self, earlier: Self) -> Self {
    func difference(_ figure: KeyPath<Self, Double?>) -> Double? {
      guard let second = later[keyPath: figure], let first = earlier[keyPath: figure] else { return nil }
      return second - first
    }
    var result = later
    result.syncSeconds = difference(\.syncSeconds)
    result.bytes = difference(\.bytes)
    result.messages = difference(\.messages)
    return result
  }
}
