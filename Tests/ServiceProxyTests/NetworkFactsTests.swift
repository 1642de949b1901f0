import KubeAPI
import KubeClient
import KubeClientTesting
import Netlink
import Testing

@testable import ServiceProxy

/// What follows from the Node and from ServiceCIDRs. No kernel.
struct NetworkFactsTests {
  private func key(_ name: String) -> ObjectKey { ObjectKey(name: name) }

  @Test func objectsTakeThePlaceOfConfiguredRanges() throws {
    let configured = try prefix("10.96.0.0/16")
    var facts = NetworkFacts(Proxy.Configuration(nodeName: "node-1", serviceCIDRs: [configured]))
    #expect(facts.serviceCIDRs == [configured])
    facts.take(serviceCIDRs: .replaced([:]))
    #expect(facts.serviceCIDRs == [configured])
    let (first, second) = try (prefix("10.97.0.0/16"), prefix("fd00::/112"))
    facts.take(serviceCIDRs: .replaced([key("kubernetes"): [first]]))
    facts.take(serviceCIDRs: .changed(key("more"), [second, try prefix("10.97.3.0/24")]))
    // The second of the same range changes nothing.
    #expect(facts.serviceCIDRs == [first, second])
    facts.take(serviceCIDRs: .deleted(key("kubernetes")))
    #expect(facts.serviceCIDRs == [try prefix("10.97.3.0/24"), second])
    #expect(facts.rulesetOptions.serviceCIDRs == facts.serviceCIDRs)
  }

  @Test func aServiceCIDRIsReadAsFarAsItMakesSense() throws {
    var object = ServiceCIDR("kubernetes")
    object.json["spec"] = ["cidrs": ["10.96.0.0/16", "nonsense", "fd00::/108"]]
    #expect(object.prefixes == [try prefix("10.96.0.0/16"), try prefix("fd00::/108")])
    #expect(ServiceCIDR("empty").prefixes.isEmpty)
  }

  @Test func nodePortsAreOnPrimaryAddressesOnceTheNodeIsKnown() throws {
    var configuration = Proxy.Configuration(nodeName: "node-1")
    #expect(NetworkFacts(configuration).rulesetOptions.nodePortAddresses.isEmpty)
    configuration.nodePortAddresses = .init([try prefix("198.51.100.0/24")], includesPrimary: true)
    var facts = NetworkFacts(configuration)
    #expect(facts.rulesetOptions.nodePortAddresses == [try prefix("198.51.100.0/24")])
    configuration.nodePortAddresses.prefixes = []
    facts = NetworkFacts(configuration)
    // Not all: that is what an empty list would mean.
    #expect(facts.rulesetOptions.nodePortAddresses == [try prefix("0.0.0.0/32")])
    #expect(facts.nodePortAddresses == [])
    let node = Node.own {
      $0.status.addresses += [NodeAddress(["192.0.2.2", "InternalIP"]), NodeAddress(["2001:db8::1", "InternalIP"])]
    }
    facts.take(node: .changed(key("node-1"), NodeFacts(node)))
    #expect(facts.nodePortAddresses == [try prefix("192.0.2.1/32"), try prefix("2001:db8::1/128")])
  }

  @Test func podsMayBeKnownByTheNodesOwnRanges() throws {
    let configuration = Proxy.Configuration(
      nodeName: "node-1", localDetection: .nodeCIDRs, clusterCIDRs: [try prefix("10.0.0.0/8")])
    var facts = NetworkFacts(configuration)
    #expect(facts.rulesetOptions.clusterCIDRs.isEmpty)
    let node = Node.own { $0.spec.podCIDRs = ["10.244.1.0/24", "fd00:10:244:1::/64"] }
    facts.take(node: .replaced([key("node-1"): NodeFacts(node)]))
    #expect(facts.clusterCIDRs == [try prefix("10.244.1.0/24"), try prefix("fd00:10:244:1::/64")])
    // What was known of a Node stays when it is gone: its pods run on.
    facts.take(node: .deleted(key("node-1")))
    facts.take(node: .replaced([:]))
    #expect(facts.clusterCIDRs.count == 2)
  }

  @Test func withoutInsideAddressesOutsideOnesCount() {
    let node = Node("node-1") { $0.status.addresses = [NodeAddress(["203.0.113.1", "ExternalIP"])] }
    #expect(NodeFacts(node).addresses.map { "\($0)" } == ["203.0.113.1"])
  }

  @Test func theStartWaitsForWhatIsIndispensableAndForTheRestAWhile() {
    var gate = StartGate()
    let now = ContinuousClock.now
    gate.knows(.services)
    gate.knows(.node)
    #expect(gate.decide(at: now + .seconds(3600)) == .wait(nil))
    gate.knows(.slices)
    #expect(gate.decide(at: now + .seconds(3600)) == .wait(nil))
    gate.knows(.elements)
    #expect(gate.decide(at: now) == .wait(StartGate.patience))
    #expect(gate.decide(at: now + .seconds(2)) == .wait(StartGate.patience - .seconds(2)))
    #expect(gate.decide(at: now + StartGate.patience) == .goWithout(["ServiceCIDRs"]))
    #expect(gate.decide(at: now) == .go)
    var other = StartGate()
    for need in StartGate.Need.allCases { other.knows(need) }
    #expect(other.decide(at: now) == .go)
  }
}

extension NodeAddress {
  /// Address and type.
  fileprivate init(_ parts: [String]) {
    self.init {
      $0.address = parts.first
      $0.type = parts.last
    }
  }
}
