import Netlink

/// What decides about one direction of a pod's traffic: a distinct set of policies. Pods that the same policies select
/// share it.
struct PolicyProfile: Sendable {
  struct Key: Sendable, Hashable {
    var direction: PolicyDirection
    /// In order.
    var policies: [PolicyName]
    /// The pod's own ports whose names those policies use for ingress, in order.
    var ports: [NamedPort]
  }

  /// A rule with its peers as numbers.
  struct Rule: Sendable {
    var action: PolicyDefinition.Action
    var peers: [PeerTerms.ID]?
    var ports: [PortTerm]?
  }

  let number: UInt32
  let key: Key
  /// The addresses that it decides about.
  var addresses: Set<IPAddress> = []
  /// By tier.
  var admin: [Rule] = []
  var network: [Rule] = []
  var baseline: [Rule] = []
  /// Whether a NetworkPolicy selects the pods: then the tier `network` has the last word.
  var isIsolating = false
  /// All peers that its rules name.
  var peers: Set<PeerTerms.ID> = []
  /// Whether its rules name ports of peers.
  var usesPortNames = false
  /// For whom nothing else is said.
  var standard = PortVerdict.nothing
  /// By the number of a peer or a group of peers, where it is another than the group's or the standard one.
  var verdicts: [UInt32: PortVerdict] = [:]
  /// By family: the number of the table of what is said of addresses that no pod has, where that is ever another than the
  /// standard one.
  var blocks: [IPAddress.Family: UInt32] = [:]

  init(number: UInt32, key: Key) {
    self.number = number
    self.key = key
  }

  /// What decides about an address of the family.
  func subject(_ family: IPAddress.Family) -> PolicyElements.Subject {
    PolicyElements.Subject(profile: number, standard: standard, blocks: blocks[family] ?? 0)
  }

  /// The rule's ports at a peer: its names are resolved by what the peer has.
  private static func ranges(_ ports: [PortTerm], _ names: [NamedPort]) -> [PortTable.Range] {
    ports.flatMap { port -> [PortTable.Range] in
      switch port {
      case .range(let transport, let range):
        return [PortTable.Range(transport: transport, first: range.lowerBound, last: range.upperBound)]
      case .named(let name, let transport):
        return names.filter { $0.name == name && (transport ?? $0.transport) == $0.transport }.map {
          PortTable.Range(transport: $0.transport, first: $0.port, last: $0.port)
        }
      }
    }
  }

  /// A rule that concerns the peer.
  private struct Matched {
    var action: PolicyDefinition.Action
    /// nil for all.
    var ranges: [PortTable.Range]?

    func covers(_ transport: Transport?, _ port: UInt16) -> Bool {
      guard let ranges else { return true }
      guard let transport else { return false }
      return ranges.contains { $0.transport == transport && ($0.first...$0.last).contains(port) }
    }
  }

  /// The ports that a peer may be reached at (egress) or may reach (ingress).
  ///
  /// - Parameters:
  ///   - terms: what the peer is, among the peers that rules name.
  ///   - names: the peer's ports with names.
  func table(for terms: Set<PeerTerms.ID>, names: [NamedPort]) -> PortTable {
    let own = key.direction == .ingress ? key.ports : names
    func matched(_ rules: [Rule]) -> [Matched] {
      rules.compactMap { rule in
        if let peers = rule.peers, !peers.contains(where: { terms.contains($0) }) { return nil }
        return Matched(action: rule.action, ranges: rule.ports.map { Self.ranges($0, own) })
      }
    }
    let tiers = (matched(admin), matched(network), matched(baseline))
    if tiers.0.isEmpty, isIsolating {
      if tiers.1.isEmpty { return .nothing }
      if tiers.1.contains(where: { $0.ranges == nil }) { return .everything }
    }
    var table = PortTable(ranges: [], allowsOthers: decide(nil, 0, tiers))
    let ranges = (tiers.0 + tiers.1 + tiers.2).flatMap { $0.ranges ?? [] }
    for transport in Transport.allCases.sorted() {
      // Between two neighbouring ones all ports are alike.
      var starts: Set<UInt32> = [0]
      for range in ranges where range.transport == transport {
        starts.insert(UInt32(range.first))
        if range.last < .max { starts.insert(UInt32(range.last) + 1) }
      }
      let ordered = starts.sorted()
      for (index, start) in ordered.enumerated() where decide(transport, UInt16(start), tiers) {
        let end = index + 1 < ordered.count ? UInt16(ordered[index + 1] - 1) : .max
        if let before = table.ranges.last, before.transport == transport, UInt32(before.last) + 1 == start {
          table.ranges[table.ranges.count - 1].last = end
        } else {
          table.ranges.append(PortTable.Range(transport: transport, first: UInt16(start), last: end))
        }
      }
    }
    return table
  }

  /// - Parameter transport: nil for another protocol.
  private func decide(_ transport: Transport?, _ port: UInt16, _ tiers: ([Matched], [Matched], [Matched])) -> Bool {
    for rule in tiers.0 where rule.covers(transport, port) {
      if rule.action == .pass { break }
      return rule.action == .accept
    }
    if isIsolating { return tiers.1.contains { $0.covers(transport, port) } }
    for rule in tiers.2 where rule.covers(transport, port) {
      return rule.action != .deny
    }
    return true
  }
}
