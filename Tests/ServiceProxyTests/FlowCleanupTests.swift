import Glibc
import Netlink
import Synchronization
import Testing

@testable import ServiceProxy

/// Which flows are ended, and what it takes to find them.
struct FlowCleanupTests {
  private let vip = IPAddress(10, 96, 0, 1)
  private let node = IPAddress(192, 0, 2, 1)
  private let old = IPAddress(10, 244, 0, 1)
  private let new = IPAddress(10, 244, 0, 2)

  /// Connection tracking in memory.
  private final class Flows: ConntrackConnection {
    let all: Mutex<Set<ConntrackFlow>>
    /// What was asked for.
    let questions = Mutex<[ConntrackFilter]>([])

    init(_ flows: [ConntrackFlow]) { all = Mutex(Set(flows)) }

    func flows(_ filter: ConntrackFilter, where isWanted: (ConntrackFlow) -> Bool) -> [ConntrackFlow] {
      questions.withLock { $0.append(filter) }
      return all.withLock { Array($0) }.filter { filter.matches($0) && isWanted($0) }
    }

    func delete(_ flow: ConntrackFlow) { _ = all.withLock { $0.remove(flow) } }
    func deleteAll(_ filter: ConntrackFilter) { all.withLock { $0 = $0.filter { !filter.matches($0) } } }
  }

  private func flow(
    to destination: IPAddress, _ port: UInt16 = 53, by endpoint: IPAddress, _ endpointPort: UInt16 = 5353,
    number: UInt16 = 0
  ) -> ConntrackFlow {
    let client = IPAddress(10, 244, 0, 9)
    return ConntrackFlow(
      original: ConntrackTuple(
        source: client, destination: destination, transport: 17, sourcePort: 4000 + number, destinationPort: port),
      reply: ConntrackTuple(
        source: endpoint, destination: client, transport: 17, sourcePort: endpointPort, destinationPort: 4000 + number))
  }

  private func left(
    of flows: [ConntrackFlow], after changed: [FrontendKey: [EndpointTarget]], besides others: Set<FrontendKey> = []
  ) throws -> Set<ConntrackFlow> {
    let connection = Flows(flows)
    let cleanup = FlowCleanup(connection: connection) { [node] in [node, IPAddress(127, 0, 0, 1)] }
    let count = try cleanup.clean(changed) { others.contains($0) }
    let left = connection.all.withLock { $0 }
    #expect(count == flows.count - left.count)
    return left
  }

  @Test func staleIsWhatLeadsElsewhere() throws {
    let key = FrontendKey(.address(vip), .udp, 53)
    let stale = [flow(to: vip, by: old), flow(to: vip, by: vip, 53), flow(to: vip, by: new, 5354)]
    let live = [flow(to: vip, by: new), flow(to: vip.advanced(by: 1), by: old), flow(to: vip, 54, by: old)]
    #expect(try left(of: stale + live, after: [key: [EndpointTarget(new, 5353)]]) == Set(live))
    // Without endpoints, what was never translated may stay: it goes nowhere as it is.
    #expect(try left(of: stale, after: [key: []]) == [stale[1]])
  }

  @Test func aNodePortIsOnTheNodesAddressesAndOfNoOtherFrontend() throws {
    let key = FrontendKey(.node(.v4), .udp, 53)
    let stale = [flow(to: node, by: old), flow(to: node, by: node, 53)]
    let elsewhere = flow(to: IPAddress(198, 51, 100, 1), by: IPAddress(198, 51, 100, 1), 53)
    let service = flow(to: vip, by: old)
    let live = [flow(to: node, by: new), elsewhere, service]
    #expect(try left(of: stale + live, after: [key: [EndpointTarget(new, 5353)]]) == Set(live))
    // Someone has the node's address as an external one: those flows are his.
    let external = FrontendKey(.address(node), .udp, 53)
    #expect(try left(of: stale, after: [key: [EndpointTarget(new, 5353)]], besides: [external]) == Set(stale))
  }

  @Test("129982, 128928: of a change the kernel picks the flows, of many no more are kept than are ended")
  func questionsAreFewAndSmall() throws {
    let connection = Flows((0..<5000).map { flow(to: vip.advanced(by: UInt64($0 % 100)), by: old, number: $0) })
    let cleanup = FlowCleanup(connection: connection) { [] }
    func changed(_ numbers: Range<UInt64>) -> [FrontendKey: [EndpointTarget]] {
      let keys = numbers.map { FrontendKey(.address(vip.advanced(by: $0)), .udp, 53) }
      return Dictionary(uniqueKeysWithValues: keys.map { ($0, [EndpointTarget(new, 5353)]) })
    }
    #expect(try cleanup.clean(changed(0..<1)) { _ in true } == 50)
    #expect(connection.questions.withLock { $0 } == [FlowCleanup.filter(FrontendKey(.address(vip), .udp, 53))])
    // A start with many Services is one question, and not one for each.
    #expect(try cleanup.clean(changed(0..<100)) { _ in true } == 4950)
    #expect(connection.questions.withLock { $0.last } == ConntrackFilter(.v4, transport: 17))
    #expect(connection.questions.withLock { $0.count } == 2)
  }
}
