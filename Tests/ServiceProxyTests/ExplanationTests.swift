import KubeAPI
import Netlink
import Testing

@testable import ServiceProxy

@Suite(.enabled(if: Kernel.isUsable, Kernel.reason))
struct ExplanationTests {
  private let service = KubeAPI.Service("web", in: "default") { service in
    service.spec.clusterIP = "10.96.0.10"
    service.spec.clusterIPs = ["10.96.0.10"]
    service.spec.ports = [ServicePort { $0.port = 80 }]
  }

  private let node = KubeAPI.Node("node-1") { $0.metadata.labels = ["topology.kubernetes.io/zone": "a"] }

  private func slice(_ endpoints: [Endpoint]) -> EndpointSlice {
    EndpointSlice("web-1", in: "default") { slice in
      slice.metadata.labels = ["kubernetes.io/service-name": "web"]
      slice.addressType = "IPv4"
      slice.ports = [
        DiscoveryEndpointPort {
          $0.name = ""
          $0.port = 8080
        }
      ]
      slice.endpoints = endpoints
    }
  }

  private func endpoint(_ address: String, ready: Bool = true, serving: Bool = true, ending: Bool = false) -> Endpoint {
    Endpoint { endpoint in
      endpoint.addresses = [address]
      endpoint.nodeName = "node-1"
      endpoint.conditions = EndpointConditions {
        $0.ready = ready
        $0.serving = serving
        $0.terminating = ending
      }
    }
  }

  /// Has the kernel hold what the Service wants.
  private func program(_ slice: EndpointSlice, _ socket: NFTablesSocket, counting: Bool = false) throws {
    var state = ProxyState(zone: "a")
    state.setService(ObjectKey(namespace: "default", name: "web"), ServiceDefinition(service))
    state.setSlice(
      ObjectKey(namespace: "default", name: "web-1"), EndpointSliceDefinition(slice, node: "node-1"))
    var options = KernelTests.options
    options.countsConnections = counting
    var programmer = ServiceProgrammer(socket, options: options)
    #expect(try programmer.start(state).failures.isEmpty)
  }

  private func explain(_ slice: EndpointSlice, in namespace: NetworkNamespace) throws -> ServiceExplanation {
    let socket = try Kernel.socket(namespace)
    let conntrack = try namespace.run { () throws(NetlinkError) in try ConntrackSocket() }
    return try ServiceExplanation(service, slices: [slice], node: node) {
      try KernelFrontend.read($0, from: socket, conntrack)
    }
  }

  @Test func eachEndpointIsUsedOrNotForAReason() throws {
    let namespace = try NetworkNamespace.make()
    let slice = slice([
      endpoint("10.244.1.2"), endpoint("10.244.1.3", ready: false),
      endpoint("10.244.1.4", ready: false, ending: true),
      endpoint("10.244.1.5", ready: false, serving: false, ending: true),
    ])
    try program(slice, Kernel.socket(namespace))
    let explanation = try explain(slice, in: namespace)
    #expect(explanation.differences == [])
    let port = try #require(explanation.ports.first)
    #expect(port.endpoints.map(\.isUsed) == [true, false, false, false])
    #expect(
      port.endpoints.map(\.reason) == [
        "it is ready", "it is not ready", "it is ending, and others are ready", "it is ending, and serves no longer",
      ])
  }

  @Test func whatDiffersIsNamed() throws {
    let namespace = try NetworkNamespace.make()
    let socket = try Kernel.socket(namespace)
    let slice = slice([endpoint("10.244.1.2"), endpoint("10.244.1.3")])
    #expect(try explain(slice, in: namespace).differences == ["10.96.0.10:80/TCP: the kernel does not have it"])
    try program(self.slice([endpoint("10.244.1.2"), endpoint("10.244.1.9")]), socket)
    #expect(
      try explain(slice, in: namespace).differences == [
        "10.96.0.10:80/TCP: endpoint 10.244.1.3:8080 is missing",
        "10.96.0.10:80/TCP: endpoint 10.244.1.9:8080 should be gone",
      ])
    try program(slice, socket)
    #expect(try explain(slice, in: namespace).differences == [])
  }

  @Test func aServiceOfNobodysIsSaidToBe() throws {
    var headless = service
    headless.spec.clusterIP = "None"
    headless.spec.clusterIPs = ["None"]
    let explanation = ServiceExplanation(headless, slices: [], node: node) { _ in [:] }
    #expect(explanation.definition == nil)
    #expect(explanation.why == "it is headless: DNS answers with the endpoints themselves")
  }

  @Test func connectionsAreCountedByEndpoint() throws {
    let network = try Network()
    let client = try network.addPod("10.244.1.9")
    for (address, name) in [("10.244.1.2", "first"), ("10.244.1.3", "second")] {
      try network.serve(try network.addPod(address), port: 8080, name: name)
    }
    let slice = slice([endpoint("10.244.1.2"), endpoint("10.244.1.3")])
    try program(slice, Kernel.socket(network.node), counting: true)
    var answers: [String: UInt64] = [:]
    for _ in 0..<20 { answers[try network.ask(client, "10.96.0.10", 80), default: 0] += 1 }
    let explanation = try explain(slice, in: network.node)
    #expect(explanation.differences == [])
    let held = try #require(explanation.frontends.first?.kernel)
    let (first, second) = (
      EndpointTarget(try address("10.244.1.2"), 8080), EndpointTarget(try address("10.244.1.3"), 8080)
    )
    #expect(held.connections[first] == answers["first 10.244.1.9"])
    #expect(held.connections[second] == answers["second 10.244.1.9"])
    #expect(held.flows.values.reduce(0, +) == 20)
  }
}
