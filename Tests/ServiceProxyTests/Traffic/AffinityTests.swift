import Netlink
import Testing

@testable import ServiceProxy

/// `sessionAffinity: ClientIP`: who keeps which endpoint, for how long.
@Suite(.enabled(if: Kernel.isUsable, Kernel.reason))
struct AffinityTests {
  private func sticky(_ scene: Scene, seconds: UInt32 = 10_800) -> ServiceDefinition {
    scene.service {
      $0.affinitySeconds = seconds
      $0.externalIPs = [scene.addresses.externalIP]
    }
  }

  /// What the kernel remembers of clients: an element for each client and frontend.
  private func remembered(_ scene: Scene) throws -> [NFElement] {
    try scene.socket.elements(of: "affinity\(scene.addresses.family.rawValue)", in: Ruleset.table)
  }

  @Test(arguments: Way.all) func aClientKeepsItsEndpointOnEachWayIn(way: Way) throws {
    var scene = try Scene(way)
    scene.program(sticky(scene), scene.endpoints())
    let ways: [(NetworkNamespace, IPAddress, UInt16)] = [
      (scene.client, scene.addresses.clusterIP, 80), (scene.node, scene.addresses.clusterIP, 80),
      (scene.outside, scene.addresses.externalIP, 80), (scene.outside, scene.addresses.node, 30_080),
    ]
    for (from, address, port) in ways { #expect(try scene.answers(from, address, port).count == 1) }
    // Each way in is remembered by itself.
    #expect(try remembered(scene).count == ways.count)
    let before = try ways.map { try scene.answer($0, $1, $2) }
    try scene.restart()
    #expect(try ways.map { try scene.answer($0, $1, $2) } == before)
  }

  @Test(arguments: Way.all) func clientsAreSpreadOverTheEndpoints(way: Way) throws {
    var scene = try Scene(way)
    scene.program(sticky(scene), scene.endpoints())
    var names: Set<String> = []
    // Another way in is another choice.
    for number in 1...24 where names.count < 2 {
      let service = scene.service {
        $0.clusterIPs = [scene.addresses.clusterIP.advanced(by: UInt64(number))]
        $0.ports[0].nodePort = 0
        $0.affinitySeconds = 60
      }
      scene.program(service, scene.endpoints(), as: "other-\(number)")
      names.formUnion(Scene.names(try scene.answers(scene.client, service.clusterIPs[0], times: 2)))
    }
    #expect(names == ["first", "second"])
  }

  @Test(arguments: Way.all) func anEndpointThatGoesIsForgotten(way: Way) throws {
    var scene = try Scene(way)
    scene.program(sticky(scene), scene.endpoints())
    let answer = try scene.answer(scene.client, scene.addresses.clusterIP)
    let isFirst = answer.hasPrefix("first")
    let left = scene.endpoints()[isFirst ? 1 : 0]
    scene.program(sticky(scene), [left])
    let other = try scene.answers(scene.client, scene.addresses.clusterIP, times: 4)
    #expect(Scene.names(other) == [isFirst ? "second" : "first"])
    // It comes back, and its client stays where he is.
    scene.program(sticky(scene), scene.endpoints())
    #expect(try scene.answers(scene.client, scene.addresses.clusterIP) == other)
    // Everything goes while nobody looks: a programmer that starts later forgets as well.
    var state = scene.state
    state.setService(Scene.web, nil)
    var later = ServiceProgrammer(scene.socket, options: KernelTests.options)
    #expect(try later.start(state).failures.isEmpty)
    #expect(try remembered(scene).isEmpty)
  }

  @Test(arguments: Way.all) func everyConnectionBeginsTheTimeAnew(way: Way) async throws {
    var scene = try Scene(way)
    scene.program(sticky(scene, seconds: 30), scene.endpoints())
    let first = try scene.answer(scene.client, scene.addresses.clusterIP)
    #expect(try remembered(scene).map(\.timeout) == [30_000])
    func left() throws -> UInt64 { try remembered(scene).first?.expiration ?? 0 }
    try await eventually("time passes") { try left() < 29_800 }
    let before = try left()
    #expect(try scene.answer(scene.client, scene.addresses.clusterIP) == first)
    #expect(try left() > before)
  }

  @Test(arguments: Way.all) func aClientIsForgottenAfterItsTime(way: Way) async throws {
    var scene = try Scene(way)
    scene.program(sticky(scene, seconds: 1), scene.endpoints())
    #expect(try scene.answers(scene.client, scene.addresses.clusterIP, times: 4).count == 1)
    #expect(try remembered(scene).count == 1)
    try await eventually("the client is forgotten") { try remembered(scene).isEmpty }
  }

  @Test(arguments: Way.all)
  func localPolicyUnbindsFromEndpointsElsewhere(way: Way) throws {
    var scene = try Scene(way)
    var service = sticky(scene)
    // Whichever it has, that one turns out to be elsewhere.
    scene.program(service, scene.endpoints())
    let bound = try scene.answer(scene.outside, scene.addresses.node, 30_080).hasPrefix("first") ? "first" : "second"
    let other = bound == "first" ? "second" : "first"
    service.externalLocal = true
    scene.program(service, scene.endpoints(here: [other]))
    #expect(
      try scene.answers(scene.outside, scene.addresses.node, 30_080) == ["\(other) \(scene.addresses.outside)"])
  }

  @Test(arguments: Way.all) func whatWasRememberedEndsWithAffinity(way: Way) throws {
    var scene = try Scene(way)
    scene.program(sticky(scene), scene.endpoints())
    let isFirst = try scene.answer(scene.client, scene.addresses.clusterIP).hasPrefix("first")
    // Without affinity for a while, in which that endpoint goes.
    scene.program(sticky(scene, seconds: 0), scene.endpoints())
    let left = scene.endpoints()[isFirst ? 1 : 0]
    scene.program(sticky(scene, seconds: 0), [left])
    scene.program(sticky(scene), [left])
    #expect(
      Scene.names(try scene.answers(scene.client, scene.addresses.clusterIP, times: 4))
        == [isFirst ? "second" : "first"])
  }

  /// An endpoint in the node's own network is remembered where its packets arrive, not where they leave.
  @Test(arguments: Way.all) func anEndpointOnTheNodeItselfIsKept(way: Way) throws {
    var scene = try Scene(way)
    try scene.network.serve(scene.node, scene.addresses.node, port: 8080, name: "node")
    let here = EndpointDefinition(scene.addresses.node, [.ready, .serving, .local])
    scene.program(sticky(scene), [here])
    #expect(try scene.answer(scene.client, scene.addresses.clusterIP).hasPrefix("node"))
    #expect(try remembered(scene).count == 1)
    scene.program(sticky(scene), [here] + scene.endpoints())
    #expect(Scene.names(try scene.answers(scene.client, scene.addresses.clusterIP)) == ["node"])
  }
}
