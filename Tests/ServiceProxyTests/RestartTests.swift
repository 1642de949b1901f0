import KubeAPI
import KubeClient
import KubeClientTesting
import Netlink
import Testing

@testable import ServiceProxy

/// Restarts of the proxy, and times without an API server.
@Suite(.enabled(if: Kernel.isUsable, Kernel.reason))
struct RestartTests {
  private let away = TransportError(method: "GET", url: "https://nowhere", message: "connection refused")

  /// A cluster in which everything that the ruleset follows from is there.
  private func cluster() -> FakeAPI {
    let api = FakeAPI()
    api.put(
      Node.own { node in
        node.metadata.labels[NodeFacts.zoneLabel] = "a"
        node.spec.podCIDRs = ["10.244.1.0/24"]
      })
    var range = ServiceCIDR("kubernetes")
    range.json["spec"] = ["cidrs": ["10.97.0.0/16"]]
    api.put(range)
    api.put(
      KubeAPI.Service.web("web", "10.97.0.10") { service in
        service.spec.type = "NodePort"
        service.spec.ports[0].nodePort = 30_080
        service.spec.sessionAffinity = "ClientIP"
      })
    api.put(
      EndpointSlice.slice([]) { slice in
        slice.endpoints = [("10.244.1.2", "a"), ("10.244.2.2", "b")].map { address, zone in
          Endpoint {
            $0.addresses = [address]
            $0.hints = EndpointHints { $0.forZones = [ForZone { $0.name = zone }] }
          }
        }
      })
    return api
  }

  private func node() throws -> NetworkNamespace {
    let namespace = try NetworkNamespace.make()
    try Kernel.run(namespace, "ip", "link", "set", "lo", "up")
    try Kernel.run(namespace, "ip", "address", "add", "192.0.2.1/32", "dev", "lo")
    return namespace
  }

  private func configure(_ configuration: inout Proxy.Configuration) {
    configuration.setsServiceRoute = true
    configuration.localDetection = .nodeCIDRs
    configuration.nodePortAddresses = .init([], includesPrimary: true)
  }

  @Test func withNothingChangedNothingIsWritten() async throws {
    let (api, namespace) = (cluster(), try node())
    try await RunningProxy.with(api, in: namespace, configure) { try await $0.synced() }
    func listing() throws -> String { try Kernel.run(namespace, "nft", "--handle", "list", "ruleset") }
    let before = try listing()
    try await RunningProxy.with(api, in: namespace, configure) { proxy in
      try await proxy.synced()
      #expect(proxy.metric("skiff_proxy_transactions_total") == 0)
      #expect(proxy.log.count("set routes") == 0)
    }
    // Not even the handles are others.
    #expect(try listing() == before)
  }

  @Test func withoutAnAPIServerAtStartEverythingStays() async throws {
    let (api, namespace) = (cluster(), try node())
    try await RunningProxy.with(api, in: namespace, configure) { try await $0.synced() }
    let asked = api.requests.count
    api.failNext(16, with: away)
    try await RunningProxy.with(api, in: namespace, configure) { proxy in
      try await eventually("the proxy has tried again") { api.requests.count >= asked + 10 }
      #expect(proxy.count("endpoints4") == 1)
      #expect(await proxy.health.answer(path: "/livez", verbose: false)?.status == 200)
      #expect(await proxy.health.answer(path: "/readyz", verbose: false)?.status == 503)
      try await proxy.synced()
      #expect(proxy.metric("skiff_proxy_transactions_total") == 0)
    }
  }

  @Test func whileTheAPIServerIsAwayEverythingStays() async throws {
    let api = cluster()
    try await RunningProxy.with(api, in: try node(), configure) { proxy in
      try await proxy.synced()
      let asked = api.requests.count
      api.failNext(16, with: away)
      api.breakWatches(with: away)
      api.put(EndpointSlice.slice(["10.244.1.7", "10.244.1.8", "10.244.1.9"]))
      try await eventually("the proxy has tried again") { api.requests.count >= asked + 8 }
      #expect(proxy.count("endpoints4") == 1)
      try await eventually("it has what happened meanwhile") { proxy.count("endpoints4") == 3 }
      #expect(proxy.metric("skiff_proxy_adoptions_total") == 1)
    }
  }

  @Test func aListOfTenThousandObjectsAgainIsOneSmallChange() async throws {
    let api = FakeAPI()
    for number in 0..<5_000 {
      let address = "10.96.\(number / 250).\(number % 250 + 1)"
      api.put(KubeAPI.Service.web("web-\(number)", address))
      api.put(EndpointSlice.slice(["10.244.\(number / 250).\(number % 250 + 1)"], of: "web-\(number)"))
    }
    try await RunningProxy.with(api) { proxy in
      try await eventually("all are programmed") { proxy.metric("skiff_proxy_frontends") == 5_000 }
      try await proxy.synced()
      let (transactions, elements) = (
        proxy.metric("skiff_proxy_transactions_total"), proxy.metric("skiff_proxy_element_changes_total")
      )
      // What happens while the watches are broken is known from a new list only.
      api.failNext(4, with: away)
      api.breakWatches(with: away)
      api.remove(KubeAPI.Service.self, ObjectKey(namespace: "default", name: "web-7"))
      api.put(KubeAPI.Service.web("new", "10.96.200.1"))
      api.compact()
      try await eventually("the new one is there, and the old one gone") {
        proxy.metric("kubeproxy_sync_proxy_rules_service_changes_total") == 5_002
      }
      try await eventually("it is carried out") {
        proxy.metric("kubeproxy_sync_proxy_rules_service_changes_pending") == 0
      }
      #expect(proxy.metric("skiff_proxy_frontends") == 5_000)
      #expect(proxy.metric("skiff_proxy_transactions_total") - transactions <= 2)
      #expect(proxy.metric("skiff_proxy_element_changes_total") - elements <= 8)
      #expect(proxy.metric("skiff_proxy_adoptions_total") == 1)
    }
  }
}
