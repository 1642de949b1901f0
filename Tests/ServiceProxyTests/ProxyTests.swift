import KubeAPI
import KubeClient
import KubeClientTesting
import Logging
import Netlink
import Telemetry
import Testing

@testable import ServiceProxy

/// The whole proxy, from an API server in memory to the kernel.
@Suite(.enabled(if: Kernel.isUsable, Kernel.reason))
struct ProxyTests {
  private func service() -> KubeAPI.Service {
    KubeAPI.Service("web", in: "default") { service in
      service.spec.clusterIP = "10.96.0.10"
      service.spec.clusterIPs = ["10.96.0.10"]
      service.spec.ports = [ServicePort { $0.port = 80 }]
    }
  }

  private func slice(_ addresses: [String]) -> EndpointSlice {
    EndpointSlice("web-1", in: "default") { slice in
      slice.metadata.labels = ["kubernetes.io/service-name": "web"]
      slice.addressType = "IPv4"
      slice.ports = [
        DiscoveryEndpointPort {
          $0.name = ""
          $0.port = 8080
        }
      ]
      slice.endpoints = addresses.map { address in Endpoint { $0.addresses = [address] } }
    }
  }

  /// Waits for a condition; fails after a minute, which a loaded machine may need.
  private func eventually(_ what: Comment, _ condition: () throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
      if try condition() { return }
      try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record(what)
  }

  @Test func objectsReachTheKernelAndDamageIsRepaired() async throws {
    let namespace = try NetworkNamespace.make()
    let socket = try Kernel.socket(namespace)
    let api = FakeAPI()
    api.put(service())
    api.put(slice(["10.244.1.2", "10.244.1.3"]))
    var configuration = Proxy.Configuration(
      nodeName: "node-1", clusterCIDRs: [try prefix("10.244.0.0/16")], serviceCIDRs: [try prefix("10.96.0.0/16")],
      setsServiceRoute: false)
    configuration.namespace = namespace
    let metrics = MetricsRegistry()
    let proxy = Proxy(
      configuration: configuration, client: api.client, metrics: metrics, health: HealthChecks(),
      logger: Logger(label: "test"))
    let task = Task { try await proxy.run() }
    func count(_ set: String) throws -> Int { (try? socket.elements(of: set, in: Ruleset.table).count) ?? 0 }
    try await eventually("two endpoints are programmed") { try count("endpoints4") == 2 }
    api.put(slice(["10.244.1.3"]))
    try await eventually("one endpoint is left") { try count("endpoints4") == 1 }
    try Kernel.run(namespace, "nft", "flush", "map", "inet", "skiff-proxy", "dispatch4")
    try await eventually("the frontend is back") { try count("dispatch4") == 1 }
    #expect(metrics.text().contains("kubeproxy_sync_proxy_rules_duration_seconds"))
    task.cancel()
    try await task.value
    // Stopping takes nothing away.
    #expect(try count("endpoints4") == 1)
    #expect(try count("dispatch4") == 1)
  }
}
