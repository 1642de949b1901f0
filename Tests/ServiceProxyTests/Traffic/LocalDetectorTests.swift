import Netlink
import Testing

@testable import ServiceProxy

/// By what pods are told from others, with real connections.
@Suite(.enabled(if: Kernel.isUsable, Kernel.reason))
struct LocalDetectorTests {
  private let network: Network
  private let client: NetworkNamespace

  init() throws {
    network = try Network()
    client = try network.addPod("10.244.1.9")
    let first = try network.addPod("10.244.1.2")
    try network.serve(first, port: 8080, name: "first")
  }

  /// A Service with a ClusterIP and an external address with local policy, whose endpoint is not known to be here.
  private func program(_ options: Ruleset.Options) throws {
    var state = ProxyState()
    let service = try ServiceDefinition(
      clusterIPs: [address("10.96.0.10")], ports: [.init(port: 80, nodePort: 30_080)],
      externalIPs: [address("198.51.100.5")], externalLocal: true)
    _ = state.add("web", service, endpoints: [EndpointDefinition(try address("10.244.1.2"), [.ready, .serving])])
    let socket = try Kernel.socket(network.node)
    var programmer = ServiceProgrammer(socket, options: options)
    #expect(try programmer.start(state).failures.map { "\($0.subject): \($0.error)" } == [])
    // The kernel gives the rules back as they were written, and nft can read them.
    var restarted = ServiceProgrammer(socket, options: options)
    #expect(try restarted.start(state).transactions == 0)
    try Kernel.run(network.node, "nft", "list", "ruleset")
  }

  @Test func podsAreKnownByThePrefixOfTheirInterfaces() throws {
    try program(Ruleset.Options(localDetector: .interfacePrefix("pod")))
    #expect(try network.ask(client, "10.96.0.10", 80) == "first 10.244.1.9")
    #expect(try network.ask(client, "198.51.100.5", 80) == "first 10.244.1.9")
    #expect(try network.ask(network.outside, "10.96.0.10", 80) == "first 192.0.2.1")
    #expect(try network.isSilent(network.outside, "198.51.100.5", 80))
  }

  @Test func podsAreKnownByTheirBridge() throws {
    let bridged = try network.addPod("10.244.3.9", bridge: "cni0")
    try program(Ruleset.Options(localDetector: .bridge("cni0")))
    #expect(try network.ask(bridged, "10.96.0.10", 80) == "first 10.244.3.9")
    #expect(try network.ask(bridged, "198.51.100.5", 80) == "first 10.244.3.9")
    // By another interface comes no pod, whatever its address.
    #expect(try network.ask(client, "10.96.0.10", 80) == "first 192.0.2.1")
    #expect(try network.isSilent(client, "198.51.100.5", 80))
    #expect(try network.ask(network.outside, "10.96.0.10", 80) == "first 192.0.2.1")
  }

  @Test func aNameIsNotTheBeginningOfAnother() throws {
    try program(Ruleset.Options(localDetector: .bridge("pod")))
    #expect(try network.ask(client, "10.96.0.10", 80) == "first 192.0.2.1")
  }

  @Test func nodePortsAnswerWhereTheyAreAskedToAndNeverOnLoopback() throws {
    try network.addNodeAddress(try address("192.0.2.77"))
    try program(
      Ruleset.Options(
        nodePortAddresses: [try prefix("192.0.2.0/28"), try prefix("127.0.0.0/8")],
        localDetector: .interfacePrefix("pod")))
    #expect(try network.ask(client, "192.0.2.1", 30_080) == "first 10.244.1.9")
    #expect(try network.ask(client, "192.0.2.77", 30_080) == "ECONNREFUSED")
    #expect(try network.ask(network.node, "127.0.0.1", 30_080) == "ECONNREFUSED")
  }
}
