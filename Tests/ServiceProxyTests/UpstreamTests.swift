import KubeAPI
import KubeClientTesting
import Netlink
import Synchronization
import Testing

@testable import ServiceProxy

/// What users of kube-proxy have reported and must not meet here; numbers are issues of kubernetes/kubernetes. Flows are in
/// `FlowTests` and `FlowCleanupTests`, local policy is in `ExternalTrafficTests`.
@Suite(.enabled(if: Kernel.isUsable, Kernel.reason))
struct UpstreamTests {
  /// One endpoint more in a cluster of so many Services, and what goes to the kernel for it.
  private func oneMoreEndpoint(services: Int) throws -> ServiceProgrammer.Report {
    var state = ProxyState.synthetic(services: services, endpoints: 3)
    var programmer = ServiceProgrammer(try Kernel.socket(try NetworkNamespace.make()))
    #expect(try programmer.start(state).failures.isEmpty)
    let slice = ObjectKey(namespace: "default", name: "service-7-v4")
    var changed = try #require(state.slices[slice])
    changed.endpoints.append(EndpointDefinition(try address("10.250.0.1")))
    programmer.update(state.setSlice(slice, changed), from: state)
    return programmer.flush()
  }

  @Test("139513, 135639: the size of a change does not depend on that of the cluster")
  func changesAreAsSmallInLargeClusters() throws {
    let (few, many) = (try oneMoreEndpoint(services: 10), try oneMoreEndpoint(services: 2000))
    #expect(few.failures.isEmpty && many.failures.isEmpty)
    #expect((few.transactions, few.elements) == (1, many.elements))
    #expect(few.statistics == many.statistics)
  }

  /// Remembers how many elements each transaction had.
  private final class Counting: NFTablesConnection {
    let memory = NFTablesMemory()
    let sizes = Mutex<[Int]>([])
    var portID: UInt32 { memory.portID }

    func commit(_ batch: NFBatch) throws(NFCommitError) -> NFCommitStatistics {
      let elements = batch.operations.map { operation in
        switch operation {
        case .addElements(let elements, _, _), .deleteElements(let elements, _, _): elements.count
        default: 0
        }
      }
      sizes.withLock { $0.append(elements.reduce(0, +)) }
      return try memory.commit(batch)
    }

    func generation() -> UInt32 { memory.generation() }
    func tables() -> [NFTable] { memory.tables() }
    func chains(in table: NFTableName) -> [NFChain] { memory.chains(in: table) }
    func rules(in table: NFTableName) -> [NFRule] { memory.rules(in: table) }
    func sets(in table: NFTableName) -> [NFSet] { memory.sets(in: table) }
    func elements(of set: String, in table: NFTableName) throws(NetlinkError) -> [NFElement] {
      try memory.elements(of: set, in: table)
    }
  }

  @Test("139328, 130119: a cold start is a row of transactions that hold the kernel for a moment each")
  func aColdStartIsARowOfTransactions() throws {
    let connection = Counting()
    var programmer = ServiceProgrammer(connection)
    #expect(try programmer.start(.synthetic(services: 6000, endpoints: 3)).failures.isEmpty)
    let sizes = connection.sizes.withLock { $0 }
    #expect(sizes.reduce(0, +) >= 24_000)
    #expect(sizes.count > 2)
    // The last one has what does not belong to one Service, too.
    #expect(sizes.allSatisfy { $0 < 3 * ServiceProgrammer.transactionLimit / 2 })
  }

  @Test("136786, 140951, 128829: tables that another nft has made are neither understood nor touched")
  func foreignTablesStayAsTheyAre() throws {
    let namespace = try NetworkNamespace.make()
    let foreign = [
      "add table ip other { comment \"of someone else\"; }", "add quota ip other cap { over 10 mbytes; }",
      "add set ip other kinds { type icmp_type; }",
      "add chain ip other pre { type nat hook prerouting priority -90; }",
      "add rule ip other pre tcp dport { 80, 443 } counter dnat to 192.0.2.9:8080-8090",
      "add rule ip other pre icmp type @kinds quota name cap drop",
    ]
    for command in foreign { try Kernel.run(namespace, ["nft", command]) }
    func listing() throws -> String { try Kernel.run(namespace, "nft", "list", "table", "ip", "other") }
    let before = try listing()
    let state = try KernelTests.everything()
    let socket = try Kernel.socket(namespace)
    var programmer = ServiceProgrammer(socket, options: KernelTests.options)
    #expect(try programmer.start(state).failures.isEmpty)
    var restarted = ServiceProgrammer(socket, options: KernelTests.options)
    #expect(try restarted.start(state).transactions == 0)
    #expect(try listing() == before)
    try ServiceProgrammer.cleanup(socket)
    #expect(try listing() == before)
  }

  @Test("134024: a bad object costs itself alone") func aBadObjectCostsItselfAlone() async throws {
    let api = FakeAPI()
    api.put(
      KubeAPI.Service.web("broken", "10.96.0.300") { service in
        service.spec.externalIPs = ["", "fe80::1%eth0", "0.0.0.0"]
        service.spec.ports = [70_000, -1, 80].map { number in ServicePort { $0.port = number } }
      })
    api.put(EndpointSlice.slice(["10.244.1.2", "999.1.1.1", "127.0.0.1", "fd00::1"], of: "broken"))
    api.put(KubeAPI.Service.web())
    api.put(EndpointSlice.slice(["10.244.1.3"]))
    try await RunningProxy.with(api) { running in
      try await running.synced()
      #expect(running.count("frontends4") == 1)
      #expect(running.count("endpoints4") == 1)
      try await eventually("the bad one is told of") {
        running.warnings.contains { $0.hasPrefix("default/broken ") }
      }
      #expect(!running.warnings.contains { $0.hasPrefix("default/web ") })
      // It is made good, and works.
      api.put(KubeAPI.Service.web("broken", "10.96.0.30"))
      try await eventually("the Service that was bad is there") { running.count("frontends4") == 2 }
    }
  }

  /// One sync a second, as kube-proxy has at the best, would take twenty seconds here.
  @Test("a change is programmed when it arrives") func aChangeIsProgrammedWhenItArrives() async throws {
    let api = FakeAPI()
    api.put(KubeAPI.Service.web())
    api.put(EndpointSlice.slice(["10.244.1.1"]))
    try await RunningProxy.with(api) { running in
      try await running.synced()
      let begin = ContinuousClock.now
      for count in 2...21 {
        api.put(EndpointSlice.slice((1...count).map { "10.244.1.\($0)" }))
        try await eventually("endpoint \(count) is programmed") { running.count("endpoints4") == count }
      }
      #expect(begin.duration(to: .now) < .seconds(20))
    }
  }
}
