import KubeAPI
import KubeClient
import Netlink
import Testing

@testable import NetAgent

/// From nodes to routes and rules, as values.
@Suite struct PlanTests {
  private let scope = NetworkScope(
    nodeName: "one", clusterCIDRs: [IPPrefix("10.244.0.0/16")].compactMap { $0 },
    serviceCIDRs: [IPPrefix("10.96.0.0/16")].compactMap { $0 })

  private func node(_ name: String, _ podCIDRs: [String], _ addresses: [String]) -> NodeDefinition {
    NodeDefinition(
      name: name, podCIDRs: podCIDRs.compactMap { IPPrefix($0) }, addresses: addresses.compactMap { IPAddress($0) })
  }

  private func plan(_ nodes: [NodeDefinition]) throws -> NetworkPlan {
    var state = ClusterState()
    state.apply(.replaced(Dictionary(uniqueKeysWithValues: nodes.map { (ObjectKey(name: $0.name), $0) })))
    let interfaces = NodeInterfaces(onLink: [
      NodeInterfaces.OnLink(
        prefix: try #require(IPPrefix("172.30.0.0/24")), interface: 2, mtu: 1450, address: IPAddress(172, 30, 0, 1))
    ])
    return NetworkPlan(state, interfaces, scope)
  }

  @Test func eachOtherNodeGetsARouteByItsAddress() throws {
    let plan = try plan([
      node("one", ["10.244.1.0/24"], ["172.30.0.1"]), node("two", ["10.244.2.0/24"], ["172.30.0.2"]),
    ])
    #expect(plan.podCIDRs.map { $0.description } == ["10.244.1.0/24"])
    #expect(plan.mtu == 1450)
    let own = try #require(plan.routes.first)
    #expect(own.kind == .unreachable)
    let route = try #require(plan.routes.last)
    #expect(route.destination.description == "10.244.2.0/24")
    #expect(route.gateway == IPAddress(172, 30, 0, 2))
    #expect(route.interface == 2)
    #expect(route.source == IPAddress(172, 30, 0, 1))
    #expect(route.origin == .skiffNode)
    #expect(plan.inside.contains(IPPrefix(host: IPAddress(172, 30, 0, 2))))
  }

  @Test func whatCannotBeRoutedIsSaid() throws {
    let plan = try plan([
      node("one", ["10.244.1.0/24"], ["172.30.0.1"]), node("far", ["10.244.2.0/24"], ["fd00::2"]),
      node("nameless", ["10.244.3.0/24"], []), node("same", ["10.244.1.128/25"], ["172.30.0.9"]),
      node("twin", ["10.244.4.0/24"], ["172.30.0.1"]), node("under", ["172.30.0.0/28"], ["172.30.0.7"]),
      node("a", ["10.244.5.0/24"], ["172.30.0.5"]), node("b", ["10.244.5.0/25"], ["172.30.0.6"]),
    ])
    #expect(plan.routes.map { $0.destination.description } == ["10.244.1.0/24", "10.244.5.0/24"])
    #expect(
      plan.unroutable == [
        "far": "this node has no InternalIP on an interface from which fd00::2 can be reached by VXLAN",
        "nameless": "it has no InternalIP for 10.244.3.0/24",
        "twin": "its InternalIP 172.30.0.1 is this node's own",
        "under": "its pod CIDR 172.30.0.0/28 overlaps 172.30.0.0/24, which this node is on",
        "b":
          "its pod CIDR 10.244.5.0/25 overlaps 10.244.5.0/24 of node a, which is routed to: give one of them another",
      ])
    #expect(plan.problems == ["pod CIDR 10.244.1.128/25 of node same overlaps this node's 10.244.1.0/24"])
  }

  @Test func aPodCIDROnTheNodesOwnNetworkIsAProblem() throws {
    let plan = try plan([node("one", ["172.30.0.128/25"], ["172.30.0.1"])])
    #expect(plan.problems == ["pod CIDR 172.30.0.128/25 overlaps 172.30.0.0/24, which the node itself is on"])
  }

  @Test func anUnknownNodeHasNoPodCIDR() throws {
    #expect(try plan([node("two", ["10.244.2.0/24"], ["172.30.0.2"])]).podCIDRs.isEmpty)
  }

  @Test func theStateFollowsTheEvents() {
    var state = ClusterState()
    state.apply(.changed(ObjectKey(name: "early"), node("early", [], [])))
    #expect(!state.isComplete)
    state.apply(.replaced([ObjectKey(name: "two"): node("two", [], [])]))
    #expect(state.isComplete && state.nodes.keys.sorted() == ["two"])
    state.apply(.deleted(ObjectKey(name: "two")))
    #expect(state.nodes.isEmpty)
  }

  @Test func aNodeObjectIsReduced() {
    var object = Node("n") { $0.spec.podCIDRs = ["10.244.7.0/24", "nonsense"] }
    object.json["status"] = [
      "addresses": [
        ["type": "Hostname", "address": "n"], ["type": "InternalIP", "address": "10.0.0.7"],
        ["type": "ExternalIP", "address": "203.0.113.1"],
      ]
    ]
    #expect(NodeDefinition(object) == node("n", ["10.244.7.0/24"], ["10.0.0.7"]))
  }

  @Test func onlyDifferencesAreWritten() throws {
    let first = Route(to: try #require(IPPrefix("10.1.0.0/24")), via: IPAddress(10, 0, 0, 1), interface: 2)
    let second = Route(to: try #require(IPPrefix("10.2.0.0/24")), via: IPAddress(10, 0, 0, 1), interface: 2)
    var moved = first
    moved.gateway = IPAddress(10, 0, 0, 9)
    #expect(RouteChanges(applied: [first, second], desired: [second, first]).isEmpty)
    let changes = RouteChanges(applied: [first, second], desired: [moved])
    #expect(changes.set == [moved])
    #expect(changes.delete == [second])
  }

  @Test func rangesAreJoined() throws {
    func ends(_ texts: [String]) -> [String] {
      NetworkRules.ranges(texts.compactMap { IPPrefix($0) }, .v4)
        .sorted { $0.key.lexicographicallyPrecedes($1.key) }
        .map { ($0.isIntervalEnd ? "end " : "") + (IPAddress(bytes: $0.key)?.description ?? "") }
    }
    #expect(ends(["10.0.0.0/24", "10.0.0.7/32"]) == ["10.0.0.0", "end 10.0.1.0"])
    #expect(ends(["10.0.1.0/24", "10.0.0.0/24"]) == ["10.0.0.0", "end 10.0.2.0"])
    #expect(ends(["10.0.0.0/24", "10.0.2.0/24"]) == ["10.0.0.0", "end 10.0.1.0", "10.0.2.0", "end 10.0.3.0"])
    #expect(ends(["255.255.255.255/32"]) == ["255.255.255.255"])
    #expect(ends(["fd00::/64"]) == [])
  }

  @Test func rulesDifferOnlyInElements() throws {
    let small = NetworkRules(try plan([node("one", ["10.244.1.0/24"], ["172.30.0.1"])])).contents
    let large = NetworkRules(
      try plan(
        [node("one", ["10.244.1.0/24"], ["172.30.0.1"])]
          + (2...200).map {
            node("n\($0)", ["10.244.\($0).0/24"], ["172.30.0.\($0)"])
          })
    ).contents
    #expect(small.rules == large.rules && small.sets == large.sets && small.chains == large.chains)
    #expect(small.changes(from: small).isEmpty)
    let operations = large.changes(from: small).operations
    #expect(operations.count == 2)
    guard case .flushSet(_, "inside-v4") = operations.first else {
      Issue.record("not a change of elements: \(operations)")
      return
    }
  }

  @Test func aSecondRouteToTheSamePlaceGoes() throws {
    let destination = try #require(IPPrefix("10.1.0.0/24"))
    let right = Route(to: destination, via: IPAddress(10, 0, 0, 1), interface: 2)
    let wrong = Route(to: destination, via: IPAddress(10, 0, 0, 9), interface: 2)
    #expect(RouteChanges(applied: [wrong, right], desired: [right]).delete == [wrong])
    // The kernel puts the right one in its place.
    let changes = RouteChanges(applied: [wrong], desired: [right])
    #expect(changes.set == [right] && changes.delete.isEmpty)
  }

  @Test func comparisonsFollowEventsOnceForAll() {
    var schedule = RepairSchedule()
    #expect(schedule.receive(.tick) == RepairSchedule.settle)
    #expect(schedule.receive(.rules) == nil)
    schedule.begins()
    #expect(schedule.ended(succeeded: true) == nil)
    #expect(schedule.receive(.kernel(.link(podLink()))) == nil)
    #expect(schedule.receive(.kernel(.link(podLink { $0.flags = [] }))) != nil)
    schedule.begins()
    #expect(schedule.ended(succeeded: false) == RepairSchedule.retry)
    schedule.begins()
    #expect(schedule.ended(succeeded: false) == RepairSchedule.retry * 2)
    #expect(schedule.receive(.tick) == nil)
    // What something else changes does not wait for the next attempt.
    #expect(schedule.receive(.rules) == RepairSchedule.settle)
    #expect(schedule.receive(.rules) == nil)
  }

  /// A pod's link as this agent makes it, and then changed.
  private func podLink(_ change: (inout Link) -> Void = { _ in }) -> Link {
    let names = PodLink(CNIRequest.Attachment(container: "c", interface: "eth0"))
    var link = Link(index: 5, name: names.hostName)
    link.flags = [.up]
    link.mtu = 1500
    link.alias = names.alias
    link.hardwareAddress = names.hostAddress
    change(&link)
    return link
  }

  @Test func changesOfPodsLinksWakeTheAgent() {
    let schedule = RepairSchedule()
    #expect(!schedule.concerns(.link(podLink())))
    // One that is being made.
    #expect(!schedule.concerns(.link(podLink { $0.alias = nil })))
    let changes: [(inout Link) -> Void] = [
      { $0.mtu = 1400 }, { $0.master = 7 }, { $0.hardwareAddress = .local(1) }, { $0.flags = [] }, { $0.name = "x" },
    ]
    for change in changes { #expect(schedule.concerns(.link(podLink(change)))) }
  }

  @Test func routesOfOthersDoNotWakeTheAgent() throws {
    var schedule = RepairSchedule()
    schedule.watch(
      try plan([node("one", ["10.244.1.0/24"], ["172.30.0.1"]), node("two", ["10.244.2.0/24"], ["172.30.0.2"])]))
    for destination in ["0.0.0.0/0", "10.244.2.0/25", "10.0.0.1/32"] {
      let foreign = Route(to: try #require(IPPrefix(destination)), via: IPAddress(172, 30, 0, 9), origin: .static)
      #expect(!schedule.concerns(.routeDeleted(foreign)) && !schedule.concerns(.route(foreign)))
    }
    // One that took the place of ours.
    for destination in ["10.244.2.0/24", "10.244.1.7/32"] {
      let foreign = Route(to: try #require(IPPrefix(destination)), via: IPAddress(172, 30, 0, 9), origin: .static)
      #expect(schedule.concerns(.route(foreign)))
    }
    let own = Route(to: IPPrefix(host: IPAddress(10, 0, 0, 1)), origin: .skiffPod)
    #expect(schedule.concerns(.routeDeleted(own)))
  }
}
