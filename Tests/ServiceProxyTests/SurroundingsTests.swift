import KubeAPI
import KubeClient
import KubeClientTesting
import Netlink
import Testing

@testable import ServiceProxy

/// What the proxy follows besides Services: ServiceCIDRs, its Node, and whoever else writes to its table.
@Suite(.enabled(if: Kernel.isUsable, Kernel.reason))
struct SurroundingsTests {
  private func range(_ name: String, _ prefixes: String...) -> ServiceCIDR {
    var object = ServiceCIDR(name)
    object.json["spec"] = ["cidrs": .array(prefixes.map { .string($0) })]
    return object
  }

  /// A namespace with an address, and no route that covers ClusterIPs.
  private func node() throws -> NetworkNamespace {
    let namespace = try NetworkNamespace.make()
    try Kernel.run(namespace, "ip", "link", "set", "lo", "up")
    try Kernel.run(namespace, "ip", "address", "add", "192.0.2.1/32", "dev", "lo")
    return namespace
  }

  private func routes(_ proxy: RunningProxy) throws -> Set<String> {
    let socket = try RouteSocket(in: proxy.namespace)
    let own = try socket.routes(RouteFilter(.v4, origin: ServiceRoute.origin))
    return Set(own.map { "\($0.destination) from \($0.source.map { "\($0)" } ?? "")" })
  }

  @Test func serviceCIDRObjectsAreFollowed() async throws {
    let api = FakeAPI()
    api.put(Node.own())
    api.put(range("kubernetes", "10.97.0.0/16"))
    try await RunningProxy.with(api, in: try node()) {
      $0.setsServiceRoute = true
    } _: { proxy in
      func ranges() throws -> Int { proxy.count("service-cidrs4") / 2 }  // a beginning and an end each
      try await proxy.synced()
      // The configured one was not even written first.
      #expect(try routes(proxy) == ["10.97.0.0/16 from 192.0.2.1"])
      #expect(proxy.metric("skiff_proxy_adoptions_total") == 1)
      api.put(range("more", "10.98.0.0/24", "10.99.0.0/24"))
      try await eventually("the new ranges are in the set") { try ranges() == 3 }
      #expect(try routes(proxy).count == 3)
      api.remove(ServiceCIDR.self, ObjectKey(name: "kubernetes"))
      try await eventually("one is gone") { try ranges() == 2 }
      #expect(try routes(proxy) == ["10.98.0.0/24 from 192.0.2.1", "10.99.0.0/24 from 192.0.2.1"])
      api.remove(ServiceCIDR.self, ObjectKey(name: "more"))
      try await eventually("the configured range counts again") {
        try routes(proxy) == ["10.96.0.0/16 from 192.0.2.1"]
      }
      #expect(try ranges() == 1)
      // Nothing had to be read for it.
      #expect(proxy.metric("skiff_proxy_adoptions_total") == 1)
    }
  }

  @Test func anAPIServerWithoutServiceCIDRsIsToldOnce() async throws {
    let api = FakeAPI()
    api.put(Node.own())
    api.failNext(
      10, pathContaining: "servicecidrs", with: APIError(code: 404, reason: "NotFound", message: "no such resource"))
    try await RunningProxy.with(api, in: try node()) {
      $0.setsServiceRoute = true
    } _: { proxy in
      try await proxy.synced()
      #expect(try routes(proxy) == ["10.96.0.0/16 from 192.0.2.1"])
      #expect(proxy.log.count("ServiceCIDRs cannot be read") == 1)
    }
  }

  @Test func theServiceRouteFollowsTheNodesAddressAndLeavesOthersAlone() async throws {
    let namespace = try node()
    try Kernel.run(namespace, "ip", "address", "add", "192.0.2.9/32", "dev", "lo")
    try Kernel.run(namespace, "ip", "route", "add", "10.98.0.0/16", "dev", "lo")
    let api = FakeAPI()
    api.put(range("kubernetes", "10.97.0.0/16", "10.98.3.0/24"))
    try await RunningProxy.with(api, in: namespace) {
      $0.setsServiceRoute = true
    } _: { proxy in
      try await proxy.synced()
      // Without a Node there is no source to give it.
      #expect(try routes(proxy).isEmpty)
      api.put(Node.own())
      try await eventually("the route is there") { try !routes(proxy).isEmpty }
      #expect(try routes(proxy) == ["10.97.0.0/16 from 192.0.2.1"])
      api.put(Node.own("192.0.2.9"))
      try await eventually("it has the other source") { try routes(proxy) == ["10.97.0.0/16 from 192.0.2.9"] }
      #expect(try Kernel.run(namespace, "ip", "route", "show", "10.98.0.0/16").contains("10.98.0.0/16 dev lo"))
    }
  }

  @Test func hintsFollowTheNodesZone() async throws {
    func zone(_ name: String?) -> Node {
      .own { node in if let name { node.metadata.labels[NodeFacts.zoneLabel] = name } }
    }
    let api = FakeAPI()
    api.put(zone("a"))
    api.put(KubeAPI.Service.web())
    api.put(
      EndpointSlice.slice([]) { slice in
        slice.endpoints = [("10.244.1.2", "a"), ("10.244.2.2", "b"), ("10.244.2.3", "b")].map { address, zone in
          Endpoint {
            $0.addresses = [address]
            $0.hints = EndpointHints { $0.forZones = [ForZone { $0.name = zone }] }
          }
        }
      })
    try await RunningProxy.with(api) { proxy in
      try await proxy.synced()
      // From the first transaction on: the Node was waited for.
      #expect(proxy.count("endpoints4") == 1)
      #expect(proxy.metric("skiff_proxy_adoptions_total") == 1)
      api.put(zone("b"))
      try await eventually("those of zone b") { proxy.count("endpoints4") == 2 }
      api.put(zone(nil))
      try await eventually("all, for the node has no zone") { proxy.count("endpoints4") == 3 }
      api.remove(Node.self, ObjectKey(name: "node-1"))
      api.put(EndpointSlice.slice(["10.244.1.2"]))
      try await eventually("it goes on without the Node") { proxy.count("endpoints4") == 1 }
    }
  }

  @Test func theNodesRangesAndAddressesAreFollowed() async throws {
    let api = FakeAPI()
    try await RunningProxy.with(api) {
      $0.localDetection = .nodeCIDRs
      $0.nodePortAddresses = .init([], includesPrimary: true)
    } _: { proxy in
      try await proxy.synced()
      #expect(proxy.count("pod-cidrs4") == 0)
      api.put(Node.own { $0.spec.podCIDRs = ["10.244.1.0/24"] })
      try await eventually("the node's range is there") { proxy.count("pod-cidrs4") == 2 }
      try await eventually("node ports answer on its address") {
        try proxy.run("nft", "list", "set", "inet", "skiff-proxy", "nodeport-addresses4").contains("192.0.2.1")
      }
      #expect(
        try proxy.run("nft", "list", "chain", "inet", "skiff-proxy", "services4").contains("@nodeport-addresses4"))
    }
  }

  @Test func aNodeThatIsLeavingGetsNoMoreTraffic() async throws {
    let api = FakeAPI()
    api.put(Node.own())
    try await RunningProxy.with(api) { proxy in
      func status(_ path: String) async -> Int? { await proxy.health.answer(path: path, verbose: false)?.status }
      try await proxy.synced()
      #expect(await status("/healthz") == 200)
      api.put(Node.own { $0.spec.taints = [Taint { $0.key = NodeFacts.deletionTaint }] })
      try await eventually("/healthz says so") { await status("/healthz") == 503 }
      #expect(await status("/livez") == 200)
      #expect(await status("/readyz") == 200)
      api.put(Node.own())
      try await eventually("it stays after all") { await status("/healthz") == 200 }
      api.put(Node.own { $0.metadata.deletionTimestamp = .now() })
      try await eventually("it is being deleted") { await status("/healthz") == 503 }
    }
  }
}
