import KubeAPI
import Netlink
import Testing

@testable import ServiceProxy

/// Connections to ClusterIPs: who gets where, with which address, and who gets nowhere.
@Suite(.enabled(if: Kernel.isUsable, Kernel.reason))
struct ClusterIPTests {
  @Test(arguments: Way.all) func everyEndpointIsReachedAndPodsKeepTheirAddress(way: Way) throws {
    var scene = try Scene(way)
    scene.program(scene.service(), scene.endpoints())
    let vip = scene.addresses.clusterIP
    #expect(try scene.answers(scene.client, vip) == scene.both(seeing: scene.addresses.client))
    // The node itself and a client outside are no pods.
    #expect(try scene.answers(scene.node, vip) == scene.both(seeing: scene.addresses.node))
    #expect(try scene.answers(scene.outside, vip) == scene.both(seeing: scene.addresses.node))
  }

  @Test(arguments: Way.all) func everyoneIsMasqueradedWhereThatIsWanted(way: Way) throws {
    var options = KernelTests.options
    options.masqueradeAll = true
    var scene = try Scene(way, options)
    scene.program(scene.service(), scene.endpoints())
    #expect(
      try scene.answers(scene.client, scene.addresses.clusterIP) == scene.both(seeing: scene.addresses.node))
  }

  @Test(arguments: Way.all) func anEndpointReachesItself(way: Way) throws {
    var scene = try Scene(way)
    let service = scene.service {
      $0.externalIPs = [scene.addresses.externalIP]
      $0.externalLocal = true
    }
    scene.program(service, [scene.endpoints()[0]])
    // Masqueraded: the answer would not pass by the node, and nothing would undo the translation.
    for address in [scene.addresses.clusterIP, scene.addresses.externalIP] {
      #expect(try scene.answers(scene.first, address, times: 4) == ["first \(scene.addresses.node)"])
    }
    #expect(try scene.answers(scene.first, scene.addresses.node, 30_080, times: 4) == ["first \(scene.addresses.node)"])
  }

  @Test(arguments: Way.all) func withoutAnyEndpointClientsAreRefused(way: Way) throws {
    for isLocal in [false, true] {
      var scene = try Scene(way)
      let service = scene.service {
        $0.externalIPs = [scene.addresses.externalIP]
        $0.loadBalancerIPs = [scene.addresses.loadBalancer]
        $0.externalLocal = isLocal
        $0.internalLocal = isLocal
      }
      scene.program(service, [])
      for from in [scene.client, scene.node, scene.outside] {
        for address in [scene.addresses.clusterIP, scene.addresses.externalIP, scene.addresses.loadBalancer] {
          // The node has no route to addresses that are somewhere else.
          if from == scene.node, address != scene.addresses.clusterIP { continue }
          #expect(try scene.isRefused(from, address))
        }
        #expect(try scene.isRefused(from, scene.addresses.node, 30_080))
      }
    }
  }

  @Test(arguments: Way.all) func anUnknownPortIsRefused(way: Way) throws {
    var scene = try Scene(way)
    scene.program(scene.service(), scene.endpoints())
    for from in [scene.client, scene.node, scene.outside] {
      #expect(try scene.isRefused(from, scene.addresses.clusterIP, 81))
    }
  }

  @Test(arguments: Way.all) func anAddressOfNoServiceIsSilent(way: Way) throws {
    var scene = try Scene(way)
    scene.program(scene.service(), scene.endpoints())
    for from in [scene.client, scene.node, scene.outside] {
      #expect(try scene.isSilent(from, scene.addresses.unallocated))
    }
    // It becomes one, and is none again.
    var other = scene.service()
    other.clusterIPs = [scene.addresses.unallocated]
    scene.program(other, scene.endpoints(), as: "other")
    #expect(try scene.answer(scene.client, scene.addresses.unallocated).hasSuffix(" \(scene.addresses.client)"))
    scene.program(nil, as: "other")
    #expect(try scene.isSilent(scene.client, scene.addresses.unallocated))
  }

  @Test(arguments: Way.all) func localPolicyUsesThisNodesEndpointsOrNone(way: Way) throws {
    var scene = try Scene(way)
    let service = scene.service { $0.internalLocal = true }
    scene.program(service, scene.endpoints(here: ["second"]))
    #expect(try scene.answers(scene.client, scene.addresses.clusterIP) == ["second \(scene.addresses.client)"])
    #expect(try scene.answers(scene.node, scene.addresses.clusterIP) == ["second \(scene.addresses.node)"])
    // The policy is about the inside only.
    #expect(
      try scene.answers(scene.outside, scene.addresses.node, 30_080) == scene.both(seeing: scene.addresses.node))
    scene.program(service, scene.endpoints(here: []))
    for from in [scene.client, scene.node] { #expect(try scene.isSilent(from, scene.addresses.clusterIP)) }
  }

  @Test(arguments: Way.all) func terminatingEndpointsServeWhenNoneIsReady(way: Way) throws {
    var scene = try Scene(way)
    let (first, second) = (scene.addresses.first, scene.addresses.second)
    let service = scene.service { $0.internalLocal = true }
    // Here one ends, elsewhere one is ready: each list decides for itself.
    scene.program(
      service,
      [EndpointDefinition(first, [.serving, .terminating, .local]), EndpointDefinition(second, [.ready, .serving])])
    #expect(try scene.answers(scene.client, scene.addresses.clusterIP) == ["first \(scene.addresses.client)"])
    #expect(
      try scene.answers(scene.outside, scene.addresses.node, 30_080) == ["second \(scene.addresses.node)"])
    scene.program(
      service, [EndpointDefinition(first, [.serving, .terminating]), EndpointDefinition(second, [.terminating])])
    #expect(
      try scene.answers(scene.outside, scene.addresses.node, 30_080) == ["first \(scene.addresses.node)"])
    scene.program(service, [EndpointDefinition(second, [.terminating])])
    #expect(try scene.isRefused(scene.client, scene.addresses.clusterIP))
  }

  @Test(arguments: Way.all) func hintsKeepTrafficNear(way: Way) throws {
    var scene = try Scene(way)
    let (first, second) = (scene.addresses.first, scene.addresses.second)
    func answers(_ endpoints: EndpointDefinition...) throws -> Set<String> {
      scene.program(scene.service(), endpoints)
      return Scene.names(try scene.answers(scene.client, scene.addresses.clusterIP))
    }
    let ready: EndpointDefinition.Conditions = [.ready, .serving]
    let far = EndpointDefinition(second, ready, hintedZones: ["b"])
    #expect(try answers(EndpointDefinition(first, ready, hintedZones: ["a"]), far) == ["first"])
    // One has no hint: nobody's hints count.
    #expect(try answers(EndpointDefinition(first, ready), far) == ["first", "second"])
    // Nobody is meant for this zone.
    #expect(try answers(EndpointDefinition(first, ready, hintedZones: ["c"]), far) == ["first", "second"])
    // Hints for nodes come before those for zones.
    let here = ready.union([.hasNodeHints, .hintsThisNode])
    #expect(
      try answers(
        EndpointDefinition(first, ready.union(.hasNodeHints), hintedZones: ["a"]),
        EndpointDefinition(second, here, hintedZones: ["b"])) == ["second"])
  }

  @Test(arguments: [Transport.tcp, .udp]) func oneServiceServesBothFamilies(transport: Transport) throws {
    var scene = try Scene(Way(addresses: .v4, transport: transport))
    let service = scene.service { $0.clusterIPs = [Addresses.v6.clusterIP, Addresses.v4.clusterIP] }
    scene.program(
      service, [EndpointDefinition(Addresses.v4.first), EndpointDefinition(Addresses.v6.second)])
    #expect(try scene.answers(scene.client, Addresses.v4.clusterIP) == ["first \(Addresses.v4.client)"])
    #expect(try scene.answers(scene.client, Addresses.v6.clusterIP) == ["second \(Addresses.v6.client)"])
    #expect(try scene.answers(scene.outside, Addresses.v6.node, 30_080) == ["second \(Addresses.v6.node)"])
    // One family's last endpoint goes: that family is refused.
    scene.program(service, [EndpointDefinition(Addresses.v4.first)])
    #expect(try scene.isRefused(scene.client, Addresses.v6.clusterIP))
    #expect(try scene.answer(scene.client, Addresses.v4.clusterIP) == "first \(Addresses.v4.client)")
  }

  /// A pod in the node's own network: the packet does not go on, it comes to this machine.
  @Test(arguments: Way.all) func anEndpointOnTheNodeItselfAnswers(way: Way) throws {
    var scene = try Scene(way)
    try scene.network.serve(scene.node, scene.addresses.node, port: 8080, name: "node")
    scene.program(
      scene.service { $0.externalIPs = [scene.addresses.externalIP] },
      [EndpointDefinition(scene.addresses.node, [.ready, .serving, .local])])
    #expect(try scene.answer(scene.client, scene.addresses.clusterIP) == "node \(scene.addresses.client)")
    #expect(try scene.answer(scene.node, scene.addresses.clusterIP) == "node \(scene.addresses.node)")
    #expect(try scene.answer(scene.outside, scene.addresses.externalIP).hasPrefix("node "))
    #expect(try scene.answer(scene.outside, scene.addresses.node, 30_080).hasPrefix("node "))
  }
}
