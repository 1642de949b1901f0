import KubeAPI
import Netlink
import Testing

@testable import ServiceProxy

@Suite(.enabled(if: Kernel.isUsable, Kernel.reason))
struct KernelTests {
  static let options = Ruleset.Options(
    clusterCIDRs: [IPPrefix("10.244.0.0/16"), IPPrefix("fd00:10:244::/56")].compactMap { $0 },
    serviceCIDRs: [IPPrefix("10.96.0.0/16"), IPPrefix("fd00:10:96::/112")].compactMap { $0 })

  /// One of every kind.
  static func everything() throws -> ProxyState {
    var state = ProxyState(zone: "a")
    let both = try [address("10.244.1.2"), address("10.244.2.2"), address("fd00:10:244:1::2")]
    let here: EndpointDefinition.Conditions = [.ready, .serving, .local]
    _ = state.add(
      "plain", ServiceDefinition(clusterIPs: [try address("10.96.0.10")], ports: [.init(port: 80)]),
      endpoints: [EndpointDefinition(both[0], here), EndpointDefinition(both[1])])
    _ = state.add(
      "dual",
      ServiceDefinition(
        clusterIPs: [try address("10.96.0.11"), try address("fd00:10:96::11")],
        ports: [.init(name: "dns", transport: .udp, port: 53), .init(name: "web", port: 80, nodePort: 30080)]),
      endpoints: both.map { EndpointDefinition($0) })
    _ = state.add(
      "guarded",
      ServiceDefinition(
        clusterIPs: [try address("10.96.0.12")], ports: [.init(port: 443, nodePort: 30443)],
        externalIPs: [try address("192.0.2.7")], loadBalancerIPs: [try address("192.0.2.8")], externalLocal: true,
        sourceRanges: [try prefix("198.51.100.0/24"), try prefix("203.0.113.9/32")]),
      endpoints: [EndpointDefinition(both[0], here), EndpointDefinition(both[1])])
    _ = state.add(
      "sticky",
      ServiceDefinition(
        clusterIPs: [try address("10.96.0.13"), try address("fd00:10:96::13")],
        ports: [.init(port: 80, nodePort: 30081)], affinitySeconds: 10_800),
      endpoints: both.map { EndpointDefinition($0) })
    _ = state.add(
      "empty",
      ServiceDefinition(clusterIPs: [try address("10.96.0.14")], ports: [.init(port: 80, nodePort: 30082)]),
      endpoints: [])
    return state
  }

  @Test func kernelTakesTheWholeRulesetAndNftListsIt() throws {
    let namespace = try NetworkNamespace.make()
    let socket = try Kernel.socket(namespace)
    var programmer = ServiceProgrammer(socket, options: Self.options)
    let report = try programmer.start(Self.everything())
    #expect(report.failures.map { "\($0.subject): \($0.error)" } == [])
    let listing = try Kernel.run(namespace, "nft", "list", "ruleset")
    #expect(listing.contains("table inet skiff-proxy"))
  }

  @Test func restartWithNothingChangedWritesNothing() throws {
    let namespace = try NetworkNamespace.make()
    let socket = try Kernel.socket(namespace)
    let state = try Self.everything()
    var first = ServiceProgrammer(socket, options: Self.options)
    let written = try first.start(state)
    #expect(written.transactions > 0)
    var second = ServiceProgrammer(socket, options: Self.options)
    let report = try second.start(state)
    #expect(report.failures.isEmpty)
    #expect(report.transactions == 0)
    #expect(report.elements == 0)
    #expect(second.appliedFrontends == first.appliedFrontends)
  }

  @Test func rulesetDoesNotGrowWithServices() throws {
    let namespace = try NetworkNamespace.make()
    let socket = try Kernel.socket(namespace)
    var programmer = ServiceProgrammer(socket, options: Self.options)
    _ = try programmer.start(.synthetic(services: 1, endpoints: 3))
    let few = try (socket.chains(in: Ruleset.table).count, socket.rules(in: Ruleset.table).count)
    let report = try programmer.start(.synthetic(services: 300, endpoints: 3))
    #expect(report.failures.isEmpty)
    let many = try (socket.chains(in: Ruleset.table).count, socket.rules(in: Ruleset.table).count)
    #expect(few == many)
    #expect(try socket.elements(of: "endpoints4", in: Ruleset.table).count == 900)
  }

  @Test func oneEndpointMoreIsOneTransactionOfThreeElements() throws {
    let namespace = try NetworkNamespace.make()
    let socket = try Kernel.socket(namespace)
    var programmer = ServiceProgrammer(socket, options: Self.options)
    var state = ProxyState.synthetic(services: 20, endpoints: 4)
    _ = try programmer.start(state)
    var reports: [ServiceProgrammer.Report] = []
    for number in [3, 7] {
      let service = ObjectKey(namespace: "default", name: "service-\(number)")
      let slice = ObjectKey(namespace: "default", name: "service-\(number)-v4")
      var changed = try #require(state.slices[slice])
      changed.endpoints.append(EndpointDefinition(try address("10.244.99.\(number)")))
      #expect(state.setSlice(slice, changed) == [service])
      programmer.update([service], from: state)
      reports.append(programmer.flush())
    }
    #expect(reports.allSatisfy { $0.failures.isEmpty && $0.transactions == 1 })
    // The new bucket, and the frontend's words: deleted and added.
    #expect(reports.map(\.elements) == [3, 3])
  }

  @Test func damageIsFoundAndRepaired() throws {
    let namespace = try NetworkNamespace.make()
    let socket = try Kernel.socket(namespace)
    let state = try Self.everything()
    var programmer = ServiceProgrammer(socket, options: Self.options)
    _ = try programmer.start(state)
    let before = programmer.appliedFrontends
    let table = ["inet", "skiff-proxy"]
    try Kernel.run(namespace, ["nft", "flush", "chain"] + table + ["services4"])
    try Kernel.run(namespace, ["nft", "flush", "chain"] + table + ["lb4-2"])
    try Kernel.run(namespace, ["nft", "delete", "element"] + table + ["frontends4", "{ 10.96.0.10 . tcp . 80 }"])
    try Kernel.run(
      namespace, ["nft", "add", "element"] + table + ["frontends4", "{ 10.96.0.99 . tcp . 80 : 0 . 2 . 0 . 0 . 1 }"])
    try Kernel.run(namespace, ["nft", "add", "chain"] + table + ["intruder"])
    let report = try programmer.start(state)
    #expect(report.failures.map { "\($0.subject): \($0.error)" } == [])
    #expect(report.transactions > 0)
    #expect(programmer.appliedFrontends == before)
    var fresh = ServiceProgrammer(socket, options: Self.options)
    #expect(try fresh.start(state).transactions == 0)
    #expect(try !socket.chains(in: Ruleset.table).contains { $0.name == "intruder" })
  }

  @Test func cleanupRemovesTheTable() throws {
    let namespace = try NetworkNamespace.make()
    let socket = try Kernel.socket(namespace)
    var programmer = ServiceProgrammer(socket, options: Self.options)
    _ = try programmer.start(Self.everything())
    try ServiceProgrammer.cleanup(socket)
    #expect(try socket.tables().isEmpty)
  }
}
