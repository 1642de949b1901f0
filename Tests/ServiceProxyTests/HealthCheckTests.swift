import Glibc
import KubeAPI
import KubeClientTesting
import Netlink
import Testing

@testable import ServiceProxy

/// `healthCheckNodePort`, asked over HTTP in network namespaces.
@Suite(.enabled(if: Kernel.isUsable, Kernel.reason))
struct HealthCheckTests {
  private func balanced(_ name: String = "web", port: Int32) -> KubeAPI.Service {
    .web(name) { service in
      service.spec.type = "LoadBalancer"
      service.spec.externalTrafficPolicy = "Local"
      service.spec.healthCheckNodePort = port
    }
  }

  private func slice(_ places: [String: String], ready: Bool = true) -> EndpointSlice {
    .slice(Array(places.keys)) { slice in
      slice.endpoints = places.map { address, node in
        Endpoint {
          $0.addresses = [address]
          $0.nodeName = node
          $0.conditions = EndpointConditions { $0.ready = ready }
        }
      }
    }
  }

  /// A namespace with addresses of both families.
  private func node() throws -> NetworkNamespace {
    let namespace = try NetworkNamespace.make()
    try Kernel.run(namespace, "ip", "link", "set", "lo", "up")
    try Kernel.run(namespace, "ip", "address", "add", "192.0.2.1/32", "dev", "lo")
    try Kernel.run(namespace, "ip", "address", "add", "192.0.2.7/32", "dev", "lo")
    try Kernel.run(namespace, "ip", "address", "add", "2001:db8::1/128", "dev", "lo", "nodad")
    return namespace
  }

  @Test func loadBalancersAreToldWhetherThisNodeHasEndpoints() async throws {
    let api = FakeAPI()
    api.put(balanced(port: 32_100))
    api.put(slice(["10.244.1.2": "node-1", "10.244.1.3": "node-1", "10.244.2.2": "node-2"]))
    let (v4, v6) = try (address("192.0.2.1"), address("2001:db8::1"))
    try await RunningProxy.with(api, in: try node()) { proxy in
      func ask(_ address: IPAddress, _ port: UInt16 = 32_100) throws -> HTTPAnswer? {
        try HTTPAnswer.get(proxy.namespace, address, port)
      }
      for node in [v4, v6] {
        try await eventually("the port is open") { try ask(node)?.status == 200 }
        let answer = try #require(try ask(node))
        #expect(answer.status == 200)
        #expect(
          answer.body
            == #"{"service":{"namespace":"default","name":"web"},"localEndpoints":2,"serviceProxyHealthy":true}"#)
        #expect(answer.headers["content-type"] == "application/json")
        #expect(answer.headers["x-content-type-options"] == "nosniff")
        #expect(answer.headers["x-load-balancing-endpoint-weight"] == "2")
      }
      api.put(slice(["10.244.1.2": "node-1", "10.244.2.2": "node-2"], ready: false))
      for node in [v4, v6] {
        try await eventually("no endpoint is ready here") { try ask(node)?.status == 503 }
      }
      #expect(try ask(v6)?.headers["x-load-balancing-endpoint-weight"] == "0")
      // The port follows the Service.
      api.put(balanced(port: 32_101))
      try await eventually("the new port is open") { try ask(v6, 32_101)?.status == 503 }
      try await eventually("the old one is closed") { try ask(v4) == nil }
      api.put(KubeAPI.Service.web())
      try await eventually("the port is closed") { try ask(v4, 32_101) == nil }
    }
  }

  @Test func aPortThatIsTakenIsToldAndTriedAgain() async throws {
    let namespace = try node()
    let holder = try namespace.run { () throws(NetlinkError) in try ListeningSocket.open(.v4, port: 32_100) }
    let taken = try #require(holder)
    let api = FakeAPI()
    api.put(balanced(port: 32_100))
    api.put(slice(["10.244.1.2": "node-1"]))
    let v4 = try address("192.0.2.1")
    try await RunningProxy.with(api, in: namespace) { proxy in
      try await eventually("the owner is told") {
        proxy.warnings.contains { $0.hasPrefix("default/web FailedToStartServiceHealthcheck: ") }
      }
      #expect(proxy.warnings.contains { $0.contains("port 32100") && $0.contains("EADDRINUSE") })
      #expect(proxy.count("frontends4") == 1)
      close(taken)
      try await eventually("it opens once it is free") { try HTTPAnswer.get(namespace, v4, 32_100)?.status == 200 }
      #expect(proxy.log.count("cannot open a health check port") == 1)
    }
    #expect(try HTTPAnswer.get(namespace, v4, 32_100) == nil)
  }

  @Test func onlyAddressesOfNodePortsAnswer() async throws {
    let api = FakeAPI()
    api.put(balanced(port: 32_100))
    api.put(slice(["10.244.1.2": "node-1"]))
    let (one, other, v6) = try (address("192.0.2.1"), address("192.0.2.7"), address("2001:db8::1"))
    try await RunningProxy.with(api, in: try node()) {
      $0.nodePortAddresses = .init([try prefix("192.0.2.0/30")])
    } _: { proxy in
      try await eventually("it answers") { try HTTPAnswer.get(proxy.namespace, one, 32_100)?.status == 200 }
      #expect(try HTTPAnswer.get(proxy.namespace, other, 32_100) == nil)
      #expect(try HTTPAnswer.get(proxy.namespace, v6, 32_100) == nil)
    }
  }

  @Test func anUnhealthyProxyWantsNoConnections() {
    let key = ObjectKey(namespace: "default", name: "web")
    let check = HealthCheck(port: 32_100, localEndpoints: 3)
    #expect(check.answer(for: key, isProxyHealthy: true).status == .ok)
    let answer = check.answer(for: key, isProxyHealthy: false)
    #expect(answer.status == .serviceUnavailable)
    #expect(answer.body.hasSuffix(#""localEndpoints":3,"serviceProxyHealthy":false}"#))
  }

  @Test func anEndpointCountsOnceForAllPortsAndFamilies() throws {
    var state = ProxyState()
    let service = ObjectKey(namespace: "default", name: "web")
    state.setService(
      service,
      ServiceDefinition(
        clusterIPs: [try address("10.96.0.1"), try address("fd00::1")],
        ports: [.init(name: "a", port: 80), .init(name: "b", port: 443)]))
    let here: EndpointDefinition.Conditions = [.ready, .serving, .local]
    func add(
      _ name: String, _ port: String, _ addresses: [String], _ conditions: EndpointDefinition.Conditions
    ) throws {
      let endpoints = try addresses.map { EndpointDefinition(try address($0), conditions) }
      state.setSlice(
        ObjectKey(namespace: "default", name: name),
        EndpointSliceDefinition(
          service: service, family: endpoints[0].address.family, ports: [.init(name: port, port: 8080)],
          endpoints: endpoints))
    }
    #expect(state.localReadyCount(of: service) == 0)
    try add("1", "a", ["10.244.1.2", "10.244.1.3"], here)
    try add("2", "b", ["10.244.1.3", "10.244.1.4"], here)
    #expect(state.localReadyCount(of: service) == 3)
    try add("3", "a", ["fd00:10:244::2", "fd00:10:244::3", "fd00:10:244::4"], here)
    #expect(state.localReadyCount(of: service) == 3)
    try add("4", "a", ["10.244.1.9"], [.serving, .terminating, .local])
    try add("5", "other", ["10.244.1.10"], here)
    try add("6", "a", ["10.244.2.2"], [.ready, .serving])
    #expect(state.localReadyCount(of: service) == 3)
  }
}
