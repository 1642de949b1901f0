import KubeAPI
import Netlink
import Testing

@testable import ServiceProxy

/// Real connections through the ruleset, in namespaces.
@Suite(.enabled(if: Kernel.isUsable, Kernel.reason))
struct TrafficTests {
  private let network: Network
  private let client: NetworkNamespace
  private let first: NetworkNamespace

  init() throws {
    network = try Network()
    client = try network.addPod("10.244.1.9")
    first = try network.addPod("10.244.1.2")
    let second = try network.addPod("10.244.1.3")
    try network.serve(first, port: 8080, name: "first")
    try network.serve(second, port: 8080, name: "second")
    try Kernel.run(
      network.node, "ip", "route", "add", "10.96.0.0/16", "dev", "lo", "src", "192.0.2.1")
  }

  private func program(_ service: ServiceDefinition, _ endpoints: [EndpointDefinition]) throws -> ServiceProgrammer {
    var state = ProxyState()
    _ = state.add("web", service, endpoints: endpoints)
    var programmer = ServiceProgrammer(try Kernel.socket(network.node), options: KernelTests.options)
    let report = try programmer.start(state)
    #expect(report.failures.map { "\($0.subject): \($0.error)" } == [])
    return programmer
  }

  private func both(_ conditions: EndpointDefinition.Conditions = [.ready, .serving, .local]) throws
    -> [EndpointDefinition]
  {
    [
      EndpointDefinition(try address("10.244.1.2"), conditions),
      EndpointDefinition(try address("10.244.1.3"), conditions),
    ]
  }

  private func ask(_ from: NetworkNamespace, _ address: String, _ port: UInt16, times: Int) throws -> Set<String> {
    var answers: Set<String> = []
    for _ in 0..<times { answers.insert(try network.ask(from, address, port)) }
    return answers
  }

  @Test func podReachesAllEndpointsAndKeepsItsAddress() throws {
    _ = try program(ServiceDefinition(clusterIPs: [address("10.96.0.10")], ports: [.init(port: 80)]), both())
    let answers = try ask(client, "10.96.0.10", 80, times: 40)
    #expect(answers == ["first 10.244.1.9", "second 10.244.1.9"])
  }

  @Test func nodeReachesClusterIP() throws {
    _ = try program(ServiceDefinition(clusterIPs: [address("10.96.0.10")], ports: [.init(port: 80)]), both())
    #expect(try ask(network.node, "10.96.0.10", 80, times: 40) == ["first 192.0.2.1", "second 192.0.2.1"])
  }

  @Test func outsideIsMasqueradedAtClusterIPAndNodePort() throws {
    _ = try program(
      ServiceDefinition(clusterIPs: [address("10.96.0.10")], ports: [.init(port: 80, nodePort: 30080)]), both())
    let masqueraded: Set<String> = ["first 192.0.2.1", "second 192.0.2.1"]
    #expect(try ask(network.outside, "10.96.0.10", 80, times: 40) == masqueraded)
    #expect(try ask(network.outside, "192.0.2.1", 30080, times: 40) == masqueraded)
    #expect(try ask(network.node, "192.0.2.1", 30080, times: 40) == masqueraded)
    // Not on loopback, where nobody listens.
    #expect(try network.ask(network.node, "127.0.0.1", 30080) == "ECONNREFUSED")
  }

  @Test func endpointReachesItselfThroughItsService() throws {
    _ = try program(
      ServiceDefinition(clusterIPs: [address("10.96.0.10")], ports: [.init(port: 80)]), [both()[0]])
    let answers = try ask(first, "10.96.0.10", 80, times: 5)
    // Masqueraded: the answer would not come back through the node otherwise.
    #expect(answers == ["first 192.0.2.1"])
  }

  @Test func noEndpointAndUnknownPortAreRefusedAtOnce() throws {
    _ = try program(
      ServiceDefinition(clusterIPs: [address("10.96.0.10")], ports: [.init(port: 80, nodePort: 30080)]), [])
    for namespace in [client, network.node, network.outside] {
      #expect(try network.ask(namespace, "10.96.0.10", 80) == "ECONNREFUSED")
      #expect(try network.ask(namespace, "10.96.0.10", 81) == "ECONNREFUSED")
    }
    #expect(try network.ask(network.outside, "192.0.2.1", 30080) == "ECONNREFUSED")
  }

  @Test func unallocatedServiceAddressIsDropped() throws {
    _ = try program(ServiceDefinition(clusterIPs: [address("10.96.0.10")], ports: [.init(port: 80)]), both())
    #expect(["EINPROGRESS", "EAGAIN", "ETIMEDOUT"].contains(try network.ask(client, "10.96.7.7", 80)))
  }

  @Test func localPolicyKeepsTheSourceAndUsesThisNodesEndpoints() throws {
    var endpoints = try both()
    endpoints[1].conditions = [.ready, .serving]
    _ = try program(
      ServiceDefinition(
        clusterIPs: [address("10.96.0.10")], ports: [.init(port: 80, nodePort: 30080)],
        externalIPs: [address("198.51.100.5")], externalLocal: true), endpoints)
    #expect(try ask(network.outside, "192.0.2.1", 30080, times: 20) == ["first 192.0.2.2"])
    #expect(try ask(network.outside, "198.51.100.5", 80, times: 20) == ["first 192.0.2.2"])
    // From within, all endpoints; pods keep their address.
    #expect(
      try ask(client, "198.51.100.5", 80, times: 40) == ["first 10.244.1.9", "second 10.244.1.9"])
    #expect(
      try ask(network.node, "192.0.2.1", 30080, times: 40) == ["first 192.0.2.1", "second 192.0.2.1"])
  }

  @Test func internalLocalPolicyDropsWithoutLocalEndpoints() throws {
    _ = try program(
      ServiceDefinition(clusterIPs: [address("10.96.0.10")], ports: [.init(port: 80)], internalLocal: true),
      both([.ready, .serving]))
    #expect(["EINPROGRESS", "EAGAIN", "ETIMEDOUT"].contains(try network.ask(client, "10.96.0.10", 80)))
  }

  @Test func sourceRangesGuardLoadBalancerAddressesOnly() throws {
    let service = try ServiceDefinition(
      clusterIPs: [address("10.96.0.10")], ports: [.init(port: 80, nodePort: 30080)],
      loadBalancerIPs: [address("198.51.100.6")], sourceRanges: [prefix("203.0.113.0/24")])
    _ = try program(service, both())
    #expect(["EINPROGRESS", "EAGAIN", "ETIMEDOUT"].contains(try network.ask(network.outside, "198.51.100.6", 80)))
    #expect(try network.ask(network.outside, "192.0.2.1", 30080).hasSuffix("192.0.2.1"))
    var open = service
    open.sourceRanges = [try prefix("192.0.2.0/24"), try prefix("203.0.113.0/24")]
    _ = try program(open, both())
    #expect(try network.ask(network.outside, "198.51.100.6", 80).hasSuffix("192.0.2.1"))
  }

  @Test func stickyClientKeepsItsEndpointUntilThatIsGone() throws {
    var state = ProxyState()
    let service = try ServiceDefinition(
      clusterIPs: [address("10.96.0.10")], ports: [.init(port: 80, nodePort: 30080)], affinitySeconds: 60)
    let key = state.add("web", service, endpoints: try both())
    let socket = try Kernel.socket(network.node)
    var programmer = ServiceProgrammer(socket, options: KernelTests.options)
    #expect(try programmer.start(state).failures.isEmpty)
    let answers = try ask(client, "10.96.0.10", 80, times: 20)
    #expect(answers.count == 1)
    #expect(try socket.elements(of: "affinity4", in: Ruleset.table).count == 1)
    #expect(try ask(network.outside, "192.0.2.1", 30080, times: 20).count == 1)
    // It survives a restart of the proxy.
    var restarted = ServiceProgrammer(socket, options: KernelTests.options)
    #expect(try restarted.start(state).transactions == 0)
    #expect(try ask(client, "10.96.0.10", 80, times: 5) == answers)
    // The endpoint goes: so does what binds the client to it.
    let left = try both()[answers == ["first 10.244.1.9"] ? 1 : 0]
    _ = state.add("web", service, endpoints: [left])
    restarted.update([key], from: state)
    #expect(restarted.flush().failures.isEmpty)
    let next = try ask(client, "10.96.0.10", 80, times: 5)
    #expect(next.count == 1 && next != answers)
  }

  @Test func flowsToAnEndpointThatIsGoneAreEnded() throws {
    _ = try program(
      ServiceDefinition(clusterIPs: [address("10.96.0.53")], ports: [.init(transport: .udp, port: 53)]),
      [both()[0]])
    let vip = try address("10.96.0.53")
    for target in ["10.96.0.53", "10.244.1.3"] { try network.sendDatagram(client, target, 53) }
    let conntrack = try network.node.run { () throws(NetlinkError) in try ConntrackSocket() }
    let all = try conntrack.flows(ConntrackFilter(.v4, transport: 17))
    #expect(all.count == 2)
    let toService = ConntrackFilter(
      .v4, transport: 17, original: ConntrackFilter.Direction(destination: vip, destinationPort: 53))
    let found = try conntrack.flows(toService)
    #expect(found.map(\.id) == all.filter { $0.original.destination == vip }.map(\.id))
    #expect(try found.map(\.reply.source) == [address("10.244.1.2")])
    #expect(try conntrack.flows(ConntrackFilter(.v4, transport: 6)).isEmpty)
    #expect(
      try conntrack.flows(ConntrackFilter(.v4, transport: 17, reply: .init(source: address("10.244.1.2")))).count == 1)
    let cleanup = FlowCleanup(connection: conntrack)
    let key = FrontendKey(.address(vip), .udp, 53)
    #expect(try cleanup.clean(key, keeping: [EndpointTarget(address("10.244.1.2"), 8080)]) == 0)
    #expect(try cleanup.clean(key, keeping: [EndpointTarget(address("10.244.1.3"), 8080)]) == 1)
    // The flow that only looks like it goes on.
    #expect(try conntrack.flows(ConntrackFilter(.v4, transport: 17)).count == 1)
    try conntrack.deleteAll(ConntrackFilter(.v4, transport: 17, original: .init(destinationPort: 53)))
    #expect(try conntrack.flows(ConntrackFilter(.v4, transport: 17)).isEmpty)
  }
}
