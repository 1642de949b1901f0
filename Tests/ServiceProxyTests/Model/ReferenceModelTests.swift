import KubeAPI
import Netlink
import Testing

@testable import ServiceProxy

/// Random clusters, one event at a time: the ruleset does with every packet what the reference model says, and what the
/// kernel holds is what a fresh start would write.
struct ReferenceModelTests {
  private static let changesInASequence = 6

  /// Against nftables in memory.
  @Test(arguments: [1...20, 21...40]) func theRulesetDoesAsTheModelSays(seeds: ClosedRange<UInt64>) throws {
    var kinds: [String: Int] = [:]
    for seed in seeds {
      try run(seed, NFTablesMemory(), { _, _ in }) { outcomes in
        for outcome in outcomes { kinds[Self.kind(outcome), default: 0] += 1 }
      }
    }
    // Everything that can become of a packet came up.
    for kind in ["delivered", "masqueraded", "rejected", "dropped", "untouched"] {
      #expect(kinds[kind, default: 0] > 100, "\(kind)")
    }
  }

  /// Against the kernel, read back as at a start after every few changes.
  @Test(
    .enabled(if: Kernel.isUsable, Kernel.reason), arguments: [1000...1049, 1050...1099, 1100...1149, 1150...1199])
  func theKernelHoldsWhatAFreshStartWouldWrite(seeds: ClosedRange<UInt64>) throws {
    let connection = try Kernel.socket(try NetworkNamespace.make())
    for seed in seeds {
      try run(seed, connection) { programmer, state in
        let reading = try KernelReading(connection, programmer.ruleset)
        #expect(reading.fixed == .present(wrongChains: []))
        #expect(reading.strange.isEmpty && reading.strangeChains.isEmpty && reading.wrongOnDemand.isEmpty)
        #expect(reading.fixedElements.isEmpty)
        #expect(reading.applied.frontends == programmer.appliedFrontends)
        var fresh = ServiceProgrammer(NFTablesMemory(), options: RandomCluster.options)
        _ = try fresh.start(state)
        #expect(Self.content(reading.applied.frontends) == Self.content(fresh.appliedFrontends))
      }
    }
  }

  private static func kind(_ outcome: Outcome) -> String {
    switch outcome {
    case .delivered(_, let masqueraded): masqueraded ? "masqueraded" : "delivered"
    case .rejected: "rejected"
    case .dropped: "dropped"
    case .untouched: "untouched"
    }
  }

  /// One sequence of changes, each of one event or a few; `check` and `note` look at what is there after each.
  private func run(
    _ seed: UInt64, _ connection: any NFTablesConnection, _ check: (ServiceProgrammer, ProxyState) throws -> Void,
    _ note: (Set<Outcome>) -> Void = { _ in }
  ) throws {
    var cluster = RandomCluster(seed: seed)
    var programmer = ServiceProgrammer(connection, options: RandomCluster.options)
    _ = try programmer.start(cluster.state)
    var ruleset: LoadedRuleset?
    for change in 1...Self.changesInASequence {
      var touched: Set<ObjectKey> = []
      for _ in 1...(change % 3 + 1) {
        let services = cluster.step()
        programmer.update(services, from: cluster.state)
        touched.formUnion(services)
      }
      let report = programmer.flush()
      #expect(report.failures.map { "\($0.subject): \($0.error)" } == [], "seed \(seed), change \(change)")
      if change % 3 == 0 { try check(programmer, cluster.state) }
      var packets = cluster.packets(to: touched)
      if change == Self.changesInASequence {
        // Another one, as after a restart, finds nothing to do; and all packets are tried.
        programmer = ServiceProgrammer(connection, options: RandomCluster.options)
        #expect(try programmer.start(cluster.state).transactions == 0, "seed \(seed)")
        packets = cluster.packets(to: cluster.state.services.keys)
      } else {
        // Some of them, each time others.
        packets = packets.enumerated().filter { ($0.offset + change + Int(seed)) % 3 == 0 }.map(\.element)
      }
      let read = try LoadedRuleset(connection, Ruleset.table, after: ruleset)
      ruleset = read
      guard try compare(cluster, packets, read, note) else {
        Issue.record("seed \(seed), change \(change)")
        return
      }
    }
  }

  private func compare(
    _ cluster: RandomCluster, _ packets: [Packet], _ ruleset: LoadedRuleset, _ note: (Set<Outcome>) -> Void
  ) throws -> Bool {
    let walk = PacketWalk(ruleset: ruleset, nodeAddresses: RandomCluster.nodeAddresses)
    let model = ReferenceModel(cluster.state, RandomCluster.options)
    for packet in packets {
      let wanted = model.outcomes(of: packet, nodeAddresses: RandomCluster.nodeAddresses)
      let found = try walk.outcomes(of: packet)
      note(found)
      guard found == wanted else {
        Issue.record("\(packet) is \(found), not \(wanted)")
        return false
      }
    }
    return true
  }

  /// Without the order of buckets, which depends on what was there before.
  private static func content(_ frontends: [FrontendKey: Frontend]) -> [FrontendKey: Frontend] {
    frontends.mapValues { frontend in
      var frontend = frontend
      frontend.endpoints.sort()
      frontend.localEndpoints.sort()
      return frontend
    }
  }
}
