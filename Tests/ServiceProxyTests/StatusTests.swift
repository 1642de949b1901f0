import KubeAPI
import KubeClient
import KubeClientTesting
import Netlink
import Telemetry
import Testing

@testable import ServiceProxy

/// What the proxy says of itself: health and metrics.
struct StatusTests {
  @Test func whatWaitsTooLongIsUnhealthy() throws {
    let patient = ProxyStatus(deadline: .seconds(3600))
    patient.setWaiting(failure: "EPERM")
    #expect(patient.progress == .healthy)
    let status = ProxyStatus(deadline: .zero)
    #expect(status.progress == .healthy)
    status.setWaiting(failure: "EPERM")
    guard case .unhealthy(let reason) = status.progress else {
      Issue.record("it waits and is healthy")
      return
    }
    #expect(reason.hasSuffix(": EPERM"))
    status.setUpdated()
    #expect(status.progress == .healthy)
    #expect(status.synced == .healthy)
  }

  @Test func documentsHaveTheShapeOfKubeProxys() throws {
    let status = ProxyStatus(deadline: .zero)
    func members(_ isHealthy: Bool, withNode: Bool) throws -> JSONValue {
      try JSONValue(parsing: Array(status.document(isHealthy: isHealthy, withNode: withNode).utf8))
    }
    let health = try members(true, withNode: true)
    #expect(health.objectValue?.keys == ["lastUpdated", "currentTime", "nodeEligible"])
    #expect(health["lastUpdated"] == health["currentTime"])
    #expect(health["nodeEligible"] == true)
    #expect(try members(true, withNode: false).objectValue?.keys == ["lastUpdated", "currentTime"])
    status.setUpdated()
    status.setNodeLeaving(true)
    let leaving = try members(false, withNode: true)
    #expect(leaving["nodeEligible"] == false)
    let updated = try #require(leaving["lastUpdated"].flatMap { MicroTime(jsonValue: $0) })
    let now = try #require(leaving["currentTime"].flatMap { MicroTime(jsonValue: $0) })
    #expect(updated <= now)
    #expect(updated.microseconds > 0)
  }

  /// The names of kube-proxy 1.33 and newer in nftables mode.
  static let names = [
    "kubeproxy_sync_proxy_rules_duration_seconds_bucket", "kubeproxy_sync_full_proxy_rules_duration_seconds_bucket",
    "kubeproxy_sync_partial_proxy_rules_duration_seconds_bucket",
    "kubeproxy_network_programming_duration_seconds_bucket", "kubeproxy_sync_proxy_rules_endpoint_changes_pending",
    "kubeproxy_sync_proxy_rules_endpoint_changes_total", "kubeproxy_sync_proxy_rules_service_changes_pending",
    "kubeproxy_sync_proxy_rules_service_changes_total", "kubeproxy_sync_proxy_rules_last_timestamp_seconds",
    "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds",
    "kubeproxy_sync_proxy_rules_no_local_endpoints_total", "kubeproxy_sync_proxy_rules_nftables_sync_failures_total",
    "kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total", "kubeproxy_proxy_healthz_total",
    "kubeproxy_proxy_livez_total", "kubeproxy_conntrack_reconciler_sync_duration_seconds_bucket",
    "kubeproxy_conntrack_reconciler_deleted_entries_total",
  ]

  @Test(.enabled(if: Kernel.isUsable, Kernel.reason)) func metricsHaveTheNamesAndLabelsOfKubeProxys() async throws {
    let api = FakeAPI()
    api.put(
      KubeAPI.Service.web {
        $0.spec.internalTrafficPolicy = "Local"
        $0.spec.ports = [
          ServicePort {
            $0.port = 53
            $0.protocol = "UDP"
          }
        ]
      })
    func slice(_ addresses: [String]) -> EndpointSlice {
      .slice(addresses) { slice in
        slice.metadata.annotations[EndpointSliceDefinition.triggerTimeAnnotation] = Time.now().text
        slice.ports[0].protocol = "UDP"
      }
    }
    api.put(slice(["10.244.1.2"]))
    try await RunningProxy.with(api) { proxy in
      try await proxy.synced()
      #expect(proxy.metric("kubeproxy_network_programming_duration_seconds_count") == 0)
      #expect(
        proxy.metric("kubeproxy_sync_proxy_rules_no_local_endpoints_total", "traffic_policy=\"internal\"", "IPv4") == 1)
      api.put(slice(["10.244.1.3"]))
      try await eventually("the change is carried out") {
        proxy.metric("kubeproxy_network_programming_duration_seconds_count", "ip_family=\"IPv4\"") == 1
      }
      #expect(proxy.metric("kubeproxy_sync_full_proxy_rules_duration_seconds_count", "IPv4") == 1)
      #expect(proxy.metric("kubeproxy_sync_partial_proxy_rules_duration_seconds_count", "IPv6") == 1)
      #expect(proxy.metric("kubeproxy_sync_proxy_rules_service_changes_total") == 1)
      #expect(proxy.metric("kubeproxy_sync_proxy_rules_endpoint_changes_total") == 2)
      #expect(proxy.metric("kubeproxy_sync_proxy_rules_endpoint_changes_pending") == 0)
      for _ in 0..<2 { _ = await proxy.health.answer(path: "/healthz", verbose: false) }
      _ = await proxy.health.answer(path: "/livez", verbose: false)
      #expect(proxy.metric("kubeproxy_proxy_healthz_total", "code=\"200\"") == 2)
      #expect(proxy.metric("kubeproxy_proxy_livez_total", "code=\"200\"") == 1)
      let text = proxy.metrics.text()
      for name in Self.names {
        #expect(text.contains("\n\(name){") || text.contains("\n\(name) "), "no series of \(name)")
      }
    }
  }

  @Test func bucketsAreKubeProxysAndFinerOnes() {
    #expect(ProxyMetrics.syncBuckets.suffix(15).first == 0.001)
    #expect(ProxyMetrics.syncBuckets.last == 16.384)
    #expect(ProxyMetrics.programmingBuckets.suffix(80).first == 0.25)
    #expect(ProxyMetrics.programmingBuckets.last == 300)
    for buckets in [ProxyMetrics.syncBuckets, ProxyMetrics.programmingBuckets] { #expect(buckets == buckets.sorted()) }
  }

  @Test func portsWithoutLocalEndpointsAreCounted() throws {
    var state = ProxyState()
    var gaps = LocalPolicyGaps()
    let external = LocalPolicyGaps.Kind(policy: .external, family: .v4)
    var service = ServiceDefinition(
      clusterIPs: [try address("10.96.0.1")], ports: [.init(name: "a", port: 80), .init(name: "b", port: 81)],
      externalLocal: true)
    let key = state.add("web", service, endpoints: [EndpointDefinition(try address("10.244.0.1"))])
    gaps.update(key, from: state)
    // From outside nobody reaches it.
    #expect(gaps.totals[external] == nil)
    service.externalIPs = [try address("192.0.2.1")]
    state.setService(key, service)
    gaps.update(key, from: state)
    #expect(gaps.totals == [external: 2])
    _ = state.add("web", service, endpoints: [EndpointDefinition(try address("10.244.0.1"), [.ready, .local])])
    gaps.update(key, from: state)
    #expect(gaps.totals[external] == 0)
    state.setService(key, nil)
    gaps.update(key, from: state)
    #expect(gaps.totals[external] == 0)
  }
}
