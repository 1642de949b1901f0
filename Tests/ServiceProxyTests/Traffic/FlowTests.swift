import KubeAPI
import KubeClientTesting
import Netlink
import Testing

@testable import ServiceProxy

/// UDP flows that connection tracking remembers: those that lead nowhere any more are ended, and no others.
///
/// The whole proxy runs; a client's socket that goes on with the same ports stays with the flow that it has.
@Suite(.enabled(if: Kernel.isUsable, Kernel.reason))
struct FlowTests {
  private let network: Network
  private let pod: NetworkNamespace
  private let api = FakeAPI()
  private let conntrack: ConntrackSocket

  init() throws {
    network = try Network()
    pod = try network.addPod("\(Addresses.v4.client)")
    for (name, address) in [("first", Addresses.v4.first), ("second", Addresses.v4.second)] {
      try network.serve(try network.addPod("\(address)"), port: 8080, name: name)
    }
    conntrack = try network.node.run { () throws(NetlinkError) in try ConntrackSocket() }
  }

  private func run(_ addresses: Addresses, _ body: (RunningProxy) async throws -> Void) async throws {
    try await RunningProxy.with(api, in: network.node) { configuration in
      configuration.clusterCIDRs = KernelTests.options.clusterCIDRs
      configuration.serviceCIDRs = KernelTests.options.serviceCIDRs
    } _: { running in
      try await running.synced()
      try await body(running)
    }
  }

  /// `default/NAME`: a UDP port and a node port.
  private func putService(_ name: String = "web", _ address: IPAddress, port: Int32 = 80, nodePort: Int32 = 0) {
    api.put(
      KubeAPI.Service.web(name, "\(address)") { service in
        service.spec.type = nodePort == 0 ? "ClusterIP" : "NodePort"
        service.spec.ports = [
          ServicePort {
            $0.port = port
            $0.protocol = "UDP"
            $0.nodePort = nodePort
          }
        ]
      })
  }

  private func putEndpoints(_ endpoints: [IPAddress], of name: String = "web") {
    api.put(
      EndpointSlice.slice(endpoints.map { "\($0)" }, of: name) { slice in
        slice.addressType = endpoints.first?.isIPv4 == false ? "IPv6" : "IPv4"
        slice.ports[0].protocol = "UDP"
      })
  }

  private func client(
    _ from: NetworkNamespace, _ address: IPAddress, _ port: UInt16 = 80, sourcePort: UInt16 = 0
  ) throws -> Client {
    try Client(in: from, to: address, port, over: .udp, sourcePort: sourcePort, patience: .milliseconds(500))
  }

  private func flows(_ addresses: Addresses) throws -> [ConntrackFlow] {
    try conntrack.flows(ConntrackFilter(addresses.family, transport: 17))
  }

  @Test("139628, 141371: flows leave an endpoint that has gone", arguments: [Addresses.v4, .v6])
  func flowsLeaveAnEndpointThatHasGone(addresses: Addresses) async throws {
    putService("web", addresses.clusterIP, nodePort: 30_080)
    putEndpoints([addresses.first])
    try await run(addresses) { _ in
      let clients = [
        try client(pod, addresses.clusterIP), try client(network.node, addresses.clusterIP),
        try client(network.outside, addresses.node, 30_080),
      ]
      for client in clients { #expect(client.ask().hasPrefix("first")) }
      putEndpoints([addresses.second])
      for client in clients {
        try await eventually("the flow goes to the endpoint that is left") { client.ask().hasPrefix("second") }
      }
      // With more than one endpoint nobody changes.
      putEndpoints([addresses.first, addresses.second])
      try await eventually("there is another choice") {
        try network.ask(pod, "\(addresses.clusterIP)", 80, over: .udp).hasPrefix("first")
      }
      for client in clients { #expect(client.ask().hasPrefix("second")) }
    }
  }

  @Test("122740: flows end with the last endpoint and with the Service", arguments: [Addresses.v4, .v6])
  func flowsEndWithTheLastEndpointAndWithTheService(addresses: Addresses) async throws {
    putService("web", addresses.clusterIP, nodePort: 30_080)
    putEndpoints([addresses.first])
    try await run(addresses) { _ in
      let clients = [try client(pod, addresses.clusterIP), try client(network.outside, addresses.node, 30_080)]
      for client in clients { #expect(client.ask().hasPrefix("first")) }
      putEndpoints([])
      for client in clients { try await eventually("nobody is there") { client.ask() == "ECONNREFUSED" } }
      #expect(try flows(addresses).filter { $0.isDestinationTranslated }.isEmpty)
      putEndpoints([addresses.second])
      for client in clients { try await eventually("somebody is there again") { client.ask().hasPrefix("second") } }
      api.remove(KubeAPI.Service.self, Scene.web)
      for client in clients { try await eventually("the Service is gone") { !client.ask().hasPrefix("second") } }
      #expect(try flows(addresses).filter { $0.isDestinationTranslated }.isEmpty)
    }
  }

  @Test("live flows of other Services and of nobody's go on", arguments: [Addresses.v4, .v6])
  func flowsOfOthersGoOn(addresses: Addresses) async throws {
    putService("web", addresses.clusterIP, nodePort: 30_080)
    putEndpoints([addresses.first])
    // The same port elsewhere: as a Service's own port, and on another machine.
    putService("other", addresses.otherClusterIP)
    putEndpoints([addresses.first], of: "other")
    putService("number", addresses.clusterIP.advanced(by: 5), port: 30_080)
    putEndpoints([addresses.first], of: "number")
    try network.serve(network.outside, port: 30_080, name: "outside")
    try await run(addresses) { _ in
      let mine = [try client(pod, addresses.clusterIP), try client(network.outside, addresses.node, 30_080)]
      let others = [
        try client(pod, addresses.otherClusterIP), try client(pod, addresses.clusterIP.advanced(by: 5), 30_080),
        try client(pod, addresses.outside, 30_080), try client(pod, addresses.first, 8080),
      ]
      for client in mine + others { #expect(!client.ask().hasPrefix("E")) }
      let before = Set(try flows(addresses).map(\.original))
      putEndpoints([addresses.second])
      for client in mine { try await eventually("it goes to the other endpoint") { client.ask().hasPrefix("second") } }
      // Those of the others, who have said nothing since, are there as before. An answer that was on its way when its flow
      // was ended may have made one more.
      #expect(before.subtracting(try flows(addresses).map(\.original)) == [])
      #expect(others.map { $0.ask().prefix { $0 != " " } } == ["first", "first", "outside", "first"])
    }
  }

  @Test(
    "101968, 139628: a restart cuts no live flow, and ends what went stale meanwhile", arguments: [Addresses.v4, .v6])
  func aRestartCutsNoLiveFlow(addresses: Addresses) async throws {
    putService("web", addresses.clusterIP, nodePort: 30_080)
    putEndpoints([addresses.first])
    putService("other", addresses.otherClusterIP)
    putEndpoints([addresses.first], of: "other")
    var clients: [Client] = []
    try await run(addresses) { _ in
      clients = [
        try client(pod, addresses.clusterIP), try client(network.outside, addresses.node, 30_080),
        try client(pod, addresses.otherClusterIP),
      ]
      for client in clients { #expect(client.ask().hasPrefix("first")) }
    }
    let before = Set(try flows(addresses).map(\.original))
    try await run(addresses) { _ in }
    #expect(before.subtracting(try flows(addresses).map(\.original)) == [])
    putEndpoints([addresses.second])
    try await run(addresses) { _ in
      for client in clients[..<2] {
        try await eventually("the flow has left the endpoint") { client.ask().hasPrefix("second") }
      }
      #expect(clients[2].ask().hasPrefix("first"))
    }
  }

  /// Its packets went to nobody before, and connection tracking remembers that.
  @Test("141371: a client that was there before the Service gets to it", arguments: [Addresses.v4, .v6])
  func aClientThatWasThereBeforeTheServiceGetsToIt(addresses: Addresses) async throws {
    putEndpoints([addresses.first])
    try await run(addresses) { running in
      let toNode = try client(network.outside, addresses.node, 30_080)
      let toExternal = try client(pod, addresses.outside, 30_080)
      #expect(toNode.ask() == "ECONNREFUSED")
      #expect(toExternal.ask() == "ECONNREFUSED")
      #expect(try flows(addresses).count == 2)
      putService("web", addresses.clusterIP, nodePort: 30_080)
      try await eventually("the node port leads to the endpoint") { toNode.ask().hasPrefix("first") }
      // What goes to the same port of another machine is none of it.
      #expect(toExternal.ask() == "ECONNREFUSED")
    }
  }

  /// There are no sockets of SCTP here, so the entries are made by hand.
  @Test("139628: flows of SCTP are ended as those of UDP", arguments: [Addresses.v4, .v6])
  func flowsOfSCTPAreEnded(addresses: Addresses) async throws {
    api.put(
      KubeAPI.Service.web("web", "\(addresses.clusterIP)") { service in
        service.spec.ports = [
          ServicePort {
            $0.port = 80
            $0.protocol = "SCTP"
          }
        ]
      })
    func putEndpoints(_ endpoints: [IPAddress]) {
      api.put(
        EndpointSlice.slice(endpoints.map { "\($0)" }) { slice in
          slice.addressType = addresses.family == .v4 ? "IPv4" : "IPv6"
          slice.ports[0].protocol = "SCTP"
        })
    }
    putEndpoints([addresses.first, addresses.second])
    try await run(addresses) { _ in
      for (number, endpoint) in [addresses.first, addresses.second].enumerated() {
        try Kernel.run(
          network.node, "conntrack", "-I", "-s", "\(addresses.client)", "-d", "\(addresses.clusterIP)", "-r",
          "\(endpoint)", "-q", "\(addresses.client)", "-p", "sctp", "--sport", "\(7000 + number)", "--dport", "80",
          "--reply-port-src", "8080", "--reply-port-dst", "\(7000 + number)", "--state", "ESTABLISHED", "--orig-vtag",
          "1", "--reply-vtag", "2", "-t", "600")
      }
      let filter = ConntrackFilter(addresses.family, transport: 132)
      #expect(try conntrack.flows(filter).count == 2)
      putEndpoints([addresses.second])
      try await eventually("the flow is ended") { try conntrack.flows(filter).count == 1 }
      #expect(try conntrack.flows(filter).map(\.reply.source) == [addresses.second])
    }
  }
}
