import KubeAPI
import KubeClientTesting
import Netlink
import Testing

@testable import ServiceProxy

/// Objects that make no sense cost only themselves: an Event, a metric, and the rest goes on.
@Suite(.enabled(if: Kernel.isUsable, Kernel.reason))
struct MalformedObjectTests {
  private static func port(_ number: Int32, _ fill: (inout ServicePort) -> Void = { _ in }) -> ServicePort {
    ServicePort {
      $0.port = number
      $0.name = "p\(number)"
      fill(&$0)
    }
  }

  /// A Service with something wrong in it, and the part of the warning that says so.
  private struct Case: Sendable {
    var name: String
    var warning: String
    var service: KubeAPI.Service
    var slice: EndpointSlice?
  }

  private static var cases: [Case] {
    func bad(
      _ name: String, _ warning: String, slice: EndpointSlice? = nil, _ fill: (inout KubeAPI.Service) -> Void = { _ in }
    ) -> Case {
      Case(name: name, warning: warning, service: .web(name, "10.96.1.1", fill), slice: slice)
    }
    return [
      bad("no-address", "10.96.0.300") { $0.spec.clusterIPs = ["10.96.0.300"] },
      bad("loopback", "127.0.0.1") { $0.spec.externalIPs = ["127.0.0.1"] },
      bad("multicast", "224.0.0.1") { $0.spec.clusterIPs = ["224.0.0.1"] },
      bad("port-0", "not 1 to 65535") { $0.spec.ports = [port(0)] },
      bad("port-70000", "70000") { $0.spec.ports = [port(70_000), port(80)] },
      bad("port-negative", "-1") { $0.spec.ports = [port(-1)] },
      bad("port-absent", "absent") { $0.spec.ports = [ServicePort { $0.name = "a" }] },
      bad("node-port", "700000") {
        $0.spec.type = "NodePort"
        $0.spec.ports = [port(80) { $0.nodePort = 700_000 }]
      },
      bad("twice", "repeats 80/TCP") { $0.spec.ports = [port(80), port(80) { $0.name = "again" }] },
      bad("protocol", "ICMP") { $0.spec.ports = [port(80) { $0.protocol = "ICMP" }] },
      bad("ranges", "no CIDR") {
        $0.spec.type = "LoadBalancer"
        $0.spec.loadBalancerSourceRanges = ["10.0.0.0/8", "everyone"]
      },
      bad("health-check", "healthCheckNodePort") {
        $0.spec.type = "LoadBalancer"
        $0.spec.externalTrafficPolicy = "Local"
        $0.spec.healthCheckNodePort = -7
      },
      bad("mixed-families", "no endpoint", slice: .slice(["10.244.1.2", "fd00::2", "nonsense"], of: "mixed-families")),
      bad(
        "endpoint-ports", "no usable port",
        slice: .slice(["10.244.1.2"], of: "endpoint-ports") { slice in
          slice.ports = [0, 65_536, -3].map { number in DiscoveryEndpointPort { $0.port = number } }
        }),
    ]
  }

  @Test func costOnlyThemselves() async throws {
    let api = FakeAPI()
    for (index, one) in Self.cases.enumerated() {
      var service = one.service
      // Two of the same address would be another thing to complain of.
      if service.spec.clusterIPs == ["10.96.1.1"] { service.spec.clusterIPs = ["10.96.1.\(index + 1)"] }
      api.put(service)
      if let slice = one.slice { api.put(slice) }
    }
    api.put(KubeAPI.Service.web("good", "10.96.0.10"))
    api.put(EndpointSlice.slice(["10.244.1.2"], of: "good"))
    // A slice of names is no slice of addresses, and one of nobody belongs to nobody.
    api.put(EndpointSlice.slice(["example.org"], of: "names") { $0.addressType = "FQDN" })
    api.put(EndpointSlice.slice(["10.244.1.3"], of: "nobody") { $0.metadata.labels = [:] })
    try await RunningProxy.with(api) { proxy in
      try await proxy.synced()
      try await eventually("each owner is told") {
        Self.cases.allSatisfy { one in
          proxy.warnings.contains {
            $0.hasPrefix("default/\(one.name) InvalidService: ") && $0.contains(one.warning)
          }
        }
      }
      #expect(proxy.metric("skiff_proxy_services_with_problems") == Double(Self.cases.count))
      #expect(proxy.log.count("cannot program") == 0)
      // The good one's endpoint, and the one that is left of the mixed families.
      #expect(proxy.count("endpoints4") == 2)
      api.put(EndpointSlice.slice(["10.244.1.2", "10.244.1.3", "10.244.1.4"], of: "good"))
      try await eventually("good ones go on") { proxy.count("endpoints4") == 4 }
      // Mended, it is no longer counted.
      api.put(KubeAPI.Service.web("twice", "10.96.1.200"))
      try await eventually("one problem less") {
        proxy.metric("skiff_proxy_services_with_problems") == Double(Self.cases.count - 1)
      }
    }
  }

  @Test func aThousandPortsAndTheLongestNames() async throws {
    let api = FakeAPI()
    let (service, namespace) = (String(repeating: "s", count: 63), String(repeating: "n", count: 63))
    api.put(
      KubeAPI.Service(service, in: namespace) {
        $0.spec.clusterIPs = ["10.96.0.10"]
        $0.spec.ports = (1...1_000).map { Self.port(Int32($0)) }
      })
    api.put(
      EndpointSlice(String(repeating: "e", count: 253), in: namespace) { slice in
        slice.metadata.labels = ["kubernetes.io/service-name": service]
        slice.addressType = "IPv4"
        slice.ports = (1...1_000).map { number in
          DiscoveryEndpointPort {
            $0.name = "p\(number)"
            $0.port = Int32(8_000 + number)
          }
        }
        slice.endpoints = [Endpoint { $0.addresses = ["10.244.1.2"] }]
      })
    try await RunningProxy.with(api) { proxy in
      try await eventually("all ports are programmed") { proxy.count("endpoints4") == 1_000 }
      try await proxy.synced()
      #expect(proxy.metric("skiff_proxy_frontends") == 1_000)
      #expect(proxy.metric("skiff_proxy_services_with_problems") == 0)
      #expect(try proxy.run("nft", "list", "ruleset").contains("10.244.1.2"))
    }
  }

  @Test func objectsOfAnyShapeAreSurvived() async throws {
    let api = FakeAPI()
    let odd: [JSONValue] = [
      ["spec": "text"], ["spec": ["ports": "80", "clusterIP": 7]], ["spec": ["clusterIPs": ["10.96.0.1", 3, nil]]],
      ["spec": ["clusterIPs": ["10.96.0.2"], "ports": [nil, "80", ["port": "80"], ["port": 1_000_000_000_000]]]],
      ["status": []],
      ["spec": ["clusterIPs": ["10.96.0.3"], "sessionAffinity": ["a"], "sessionAffinityConfig": 5]], [:],
    ]
    for (number, content) in odd.enumerated() {
      var service = KubeAPI.Service("odd-\(number)", in: "default")
      for (name, value) in zip(content.objectValue?.keys ?? [], content.objectValue?.values ?? []) {
        service.json[name] = value
      }
      api.put(service)
      var slice = EndpointSlice.slice([], of: "odd-\(number)")
      slice.json["endpoints"] = [["addresses": "10.0.0.1"], nil, 7, ["addresses": [nil], "conditions": "ready"]]
      slice.json["ports"] = .string("x")
      api.put(slice)
    }
    api.put(KubeAPI.Service.web("good"))
    api.put(EndpointSlice.slice(["10.244.1.2"], of: "good"))
    try await RunningProxy.with(api) { proxy in
      try await proxy.synced()
      #expect(proxy.count("endpoints4") == 1)
    }
  }
}
