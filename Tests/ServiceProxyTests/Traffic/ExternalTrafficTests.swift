import KubeAPI
import Netlink
import Testing

@testable import ServiceProxy

/// Connections to node ports, external addresses and those of load balancers.
@Suite(.enabled(if: Kernel.isUsable, Kernel.reason))
struct ExternalTrafficTests {
  /// A Service that can be reached from outside in every way.
  private func service(_ scene: Scene, local: Bool = false) -> ServiceDefinition {
    scene.service {
      $0.externalIPs = [scene.addresses.externalIP]
      $0.loadBalancerIPs = [scene.addresses.loadBalancer]
      $0.externalLocal = local
    }
  }

  /// The ways in from outside.
  private func entrances(_ scene: Scene) -> [(IPAddress, UInt16)] {
    [(scene.addresses.externalIP, 80), (scene.addresses.loadBalancer, 80), (scene.addresses.node, 30_080)]
  }

  @Test(arguments: Way.all) func clusterPolicyReachesAllAndHidesTheSource(way: Way) throws {
    var scene = try Scene(way)
    scene.program(service(scene), scene.endpoints(here: ["first"]))
    let masqueraded = scene.both(seeing: scene.addresses.node)
    for (address, port) in entrances(scene) {
      #expect(try scene.answers(scene.outside, address, port) == masqueraded)
      #expect(try scene.answers(scene.client, address, port) == masqueraded)
    }
    #expect(try scene.answers(scene.node, scene.addresses.node, 30_080) == masqueraded)
  }

  @Test(arguments: Way.all) func localPolicyKeepsTheSourceAndUsesThisNodesEndpoints(way: Way) throws {
    var scene = try Scene(way)
    scene.program(service(scene, local: true), scene.endpoints(here: ["first"]))
    for (address, port) in entrances(scene) {
      #expect(try scene.answers(scene.outside, address, port) == ["first \(scene.addresses.outside)"])
      // Pods and the node itself are no outside: they reach all.
      #expect(try scene.answers(scene.client, address, port) == scene.both(seeing: scene.addresses.client))
    }
    #expect(
      try scene.answers(scene.node, scene.addresses.node, 30_080) == scene.both(seeing: scene.addresses.node))
  }

  @Test(
    "131765: a local policy without local endpoints is silent to load balancers and open to pods", arguments: Way.all)
  func localPolicyWithoutLocalEndpoints(way: Way) throws {
    var scene = try Scene(way)
    scene.program(service(scene, local: true), scene.endpoints(here: []))
    for (address, port) in entrances(scene) {
      #expect(try scene.isSilent(scene.outside, address, port))
      #expect(try scene.answers(scene.client, address, port) == scene.both(seeing: scene.addresses.client))
    }
    #expect(
      try scene.answers(scene.node, scene.addresses.node, 30_080) == scene.both(seeing: scene.addresses.node))
  }

  @Test(arguments: Way.all) func theNodeReachesAnExternalAddressThatIsRoutedToIt(way: Way) throws {
    var scene = try Scene(way)
    // As a load balancer in the node's own kernel would have it.
    try scene.network.addNodeAddress(scene.addresses.externalIP)
    scene.program(service(scene, local: true), scene.endpoints(here: []))
    let answers = try scene.answers(scene.node, scene.addresses.externalIP)
    #expect(Scene.names(answers) == ["first", "second"])
  }

  @Test(arguments: Way.all) func nodePortsAreOnEveryAddressButLoopback(way: Way) throws {
    var scene = try Scene(way)
    try scene.network.addNodeAddress(scene.addresses.otherNode)
    scene.program(scene.service(), scene.endpoints())
    for address in [scene.addresses.node, scene.addresses.otherNode] {
      #expect(Scene.names(try scene.answers(scene.client, address, 30_080)) == ["first", "second"])
    }
    // Nobody listens there.
    #expect(try scene.isRefused(scene.node, scene.addresses.loopback, 30_080))
    // A machine that is not this one may have that port, too.
    try scene.network.serve(scene.outside, port: 30_080, name: "elsewhere")
    #expect(try scene.answer(scene.client, scene.addresses.outside, 30_080).hasPrefix("elsewhere"))
  }

  @Test(arguments: Way.all) func nodePortsAreOnTheAddressesThatAreNamed(way: Way) throws {
    var options = KernelTests.options
    options.nodePortAddresses = try [prefix(way.addresses.ownRange), IPPrefix(host: way.addresses.loopback)]
    var scene = try Scene(way, options)
    try scene.network.addNodeAddress(scene.addresses.otherNode)
    scene.program(scene.service(), scene.endpoints())
    #expect(Scene.names(try scene.answers(scene.outside, scene.addresses.node, 30_080)) == ["first", "second"])
    #expect(try scene.isRefused(scene.client, scene.addresses.otherNode, 30_080))
    #expect(try scene.isRefused(scene.node, scene.addresses.loopback, 30_080))
  }

  @Test(arguments: Way.all) func sourceRangesGuardTheLoadBalancersAddressAndNothingElse(way: Way) throws {
    var scene = try Scene(way)
    var service = service(scene)
    service.sourceRanges = [try prefix(scene.addresses.foreignRange)]
    scene.program(service, scene.endpoints())
    #expect(try scene.isSilent(scene.outside, scene.addresses.loadBalancer))
    #expect(try scene.isSilent(scene.client, scene.addresses.loadBalancer))
    #expect(try scene.answer(scene.outside, scene.addresses.externalIP).hasSuffix(" \(scene.addresses.node)"))
    #expect(try scene.answer(scene.outside, scene.addresses.node, 30_080).hasSuffix(" \(scene.addresses.node)"))
    // Who may not come in is not told either that there is nobody.
    scene.program(service, [])
    #expect(try scene.isSilent(scene.outside, scene.addresses.loadBalancer))
    service.sourceRanges = [try prefix(scene.addresses.foreignRange), try prefix(scene.addresses.ownRange)]
    scene.program(service, scene.endpoints())
    #expect(try scene.answers(scene.outside, scene.addresses.loadBalancer) == scene.both(seeing: scene.addresses.node))
    #expect(try scene.isSilent(scene.client, scene.addresses.loadBalancer))
  }

  @Test(arguments: Way.all) func sourceRangesGoWithLocalPolicy(way: Way) throws {
    var scene = try Scene(way)
    var service = service(scene, local: true)
    service.sourceRanges = [try prefix(scene.addresses.ownRange), IPPrefix(host: scene.addresses.client)]
    scene.program(service, scene.endpoints(here: ["second"]))
    #expect(
      try scene.answers(scene.outside, scene.addresses.loadBalancer) == ["second \(scene.addresses.outside)"])
    #expect(
      try scene.answers(scene.client, scene.addresses.loadBalancer) == scene.both(seeing: scene.addresses.client))
    // A pod that is in none of the ranges.
    #expect(try scene.isSilent(scene.first, scene.addresses.loadBalancer))
  }

  /// As people write them.
  @Test(arguments: [Addresses.v4, .v6]) func blanksAroundSourceRangesAreNoPartOfThem(addresses: Addresses) throws {
    var scene = try Scene(Way(addresses: addresses, transport: .tcp))
    let object = KubeAPI.Service("web", in: "default") { service in
      service.spec.type = "LoadBalancer"
      service.spec.clusterIP = "\(addresses.clusterIP)"
      service.spec.clusterIPs = ["\(addresses.clusterIP)"]
      service.spec.ports = [ServicePort { $0.port = 80 }]
      service.spec.loadBalancerSourceRanges = ["  \(addresses.foreignRange)", " \(addresses.ownRange)\t"]
      service.status.loadBalancer = LoadBalancerStatus { status in
        status.ingress = [LoadBalancerIngress { $0.ip = "\(addresses.loadBalancer)" }]
      }
    }
    let definition = try #require(ServiceDefinition(object))
    #expect(definition.problems == [])
    scene.program(definition, scene.endpoints())
    #expect(try scene.answers(scene.outside, addresses.loadBalancer) == scene.both(seeing: addresses.node))
    #expect(try scene.isSilent(scene.client, addresses.loadBalancer))
  }
}
