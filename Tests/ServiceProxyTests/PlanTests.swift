import KubeAPI
import Netlink
import Testing

@testable import ServiceProxy

/// Which endpoints a frontend gets, and in which buckets. No kernel.
struct PlanTests {
  private let port = ServiceDefinition.Port(port: 80)

  private func selection(_ endpoints: [EndpointDefinition], zone: String? = nil) -> EndpointSelection {
    let slice = EndpointSliceDefinition(
      service: ObjectKey(namespace: "a", name: "b"), ports: [.init(port: 8080)], endpoints: endpoints)
    return EndpointSelection([slice], port: port, family: .v4, zone: zone)
  }

  private func target(_ text: String) throws -> EndpointTarget { EndpointTarget(try address(text), 8080) }

  @Test func servingAndTerminatingAreUsedInNeedOnly() throws {
    let ending = EndpointDefinition(try address("10.0.0.1"), [.serving, .terminating])
    let ready = EndpointDefinition(try address("10.0.0.2"), [.ready, .serving])
    #expect(try selection([ending, ready]).cluster == [target("10.0.0.2")])
    #expect(try selection([ending]).cluster == [target("10.0.0.1")])
    #expect(selection([EndpointDefinition(try address("10.0.0.3"), [.terminating])]).cluster.isEmpty)
  }

  @Test func localListFallsBackByItself() throws {
    let endingHere = EndpointDefinition(try address("10.0.0.1"), [.serving, .terminating, .local])
    let elsewhere = EndpointDefinition(try address("10.0.0.2"), [.ready, .serving])
    let selection = selection([endingHere, elsewhere])
    #expect(try selection.local == [target("10.0.0.1")])
    #expect(try selection.cluster == [target("10.0.0.2")])
  }

  @Test func ofDuplicatesTheOneThatStaysWins() throws {
    let first = EndpointDefinition(try address("10.0.0.1"), [.serving, .terminating])
    let second = EndpointDefinition(try address("10.0.0.1"), [.ready, .serving, .local])
    #expect(try selection([first, second]).local == [target("10.0.0.1")])
    #expect(try selection([second, first]).cluster == [target("10.0.0.1")])
  }

  @Test func hintsAreFollowedIfAllHaveThem() throws {
    let a = EndpointDefinition(try address("10.0.0.1"), hintedZones: ["a"])
    let b = EndpointDefinition(try address("10.0.0.2"), hintedZones: ["b"])
    let none = EndpointDefinition(try address("10.0.0.3"))
    #expect(try selection([a, b], zone: "a").cluster == [target("10.0.0.1")])
    #expect(selection([a, b], zone: "c").cluster.count == 2)
    #expect(selection([a, b, none], zone: "a").cluster.count == 3)
    let here = EndpointDefinition(try address("10.0.0.4"), [.ready, .serving, .hasNodeHints, .hintsThisNode])
    let there = EndpointDefinition(try address("10.0.0.5"), [.ready, .serving, .hasNodeHints])
    #expect(try selection([here, there]).cluster == [target("10.0.0.4")])
  }

  @Test func withoutEndpointsRefusesOrDrops() throws {
    var service = ServiceDefinition(clusterIPs: [try address("10.96.0.1")], ports: [port])
    let key = FrontendKey(.address(try address("10.96.0.1")), .tcp, 80)
    #expect(ServicePlan(service, slices: [], zone: nil).frontends[key]?.action == .reject)
    service.internalLocal = true
    let elsewhere = EndpointSliceDefinition(
      service: ObjectKey(name: "x"), ports: [.init(port: 8080)],
      endpoints: [EndpointDefinition(try address("10.0.0.1"))])
    #expect(ServicePlan(service, slices: [elsewhere], zone: nil).frontends[key]?.action == .drop)
  }

  @Test func slotsAreExactForFewAndFillFifteenSixteenthsForMany() {
    for count in 1...64 { #expect(FrontendAction.slots(for: count) == count) }
    for count in 65...FrontendAction.endpointLimit {
      let slots = FrontendAction.slots(for: count)
      guard slots >= count, slots <= FrontendAction.endpointLimit, (slots - count) * 16 < slots else {
        Issue.record("\(count) endpoints in \(slots) slots")
        break
      }
    }
    let sizes = Set((1...FrontendAction.endpointLimit).map { FrontendAction.slots(for: $0) })
    #expect(sizes.count == 64 + 9 * 16)
  }

  @Test func oneEndpointLessMovesOneBucketAtMost() throws {
    let all = try (1...9).map { try target("10.0.0.\($0)") }
    let wanted = all.filter { $0 != all[3] }
    let placed = Arrangement.place(wanted, over: all)
    #expect(Set(placed) == Set(wanted))
    #expect(zip(placed, all).filter { $0 != $1 }.count == 1)
    #expect(Arrangement.place(all, over: placed).prefix(8) == placed[...])
  }

  @Test func onlyTheBrokenPartOfAServiceIsLeftOut() throws {
    let object = KubeAPI.Service("web", in: "default") { service in
      service.spec.clusterIPs = ["10.96.0.1", "not-an-address"]
      service.spec.ports = [
        ServicePort { $0.port = 80 }, ServicePort { $0.port = 80 }, ServicePort { $0.port = 70_000 },
      ]
    }
    let definition = try #require(ServiceDefinition(object))
    #expect(definition.clusterIPs == [try address("10.96.0.1")])
    #expect(definition.ports == [.init(port: 80)])
    #expect(definition.problems.count == 3)
  }

  @Test func headlessAndForeignServicesAreNotProgrammed() {
    let headless = KubeAPI.Service("web", in: "default") { $0.spec.clusterIP = "None" }
    #expect(ServiceDefinition(headless) == nil)
    let external = KubeAPI.Service("web", in: "default") {
      $0.spec.type = "ExternalName"
      $0.spec.clusterIP = "10.96.0.1"
    }
    #expect(ServiceDefinition(external) == nil)
  }

  @Test func chainNamesAreReadBack() {
    let chains: [OnDemandChain] = [
      .balance(.v4, nodePort: false, slots: 5, local: false, sticky: false),
      .balance(.v6, nodePort: true, slots: 3, local: true, sticky: true), .remember(.v4, seconds: 10_800),
    ]
    for chain in chains { #expect(OnDemandChain(name: chain.name) == chain) }
    for name in ["lb4-0", "lb4-05", "lb5-1", "lb4-1-other", "services4", ""] {
      #expect(OnDemandChain(name: name) == nil, "\(name)")
    }
  }
}
