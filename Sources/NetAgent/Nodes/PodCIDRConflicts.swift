import Netlink

/// Pod CIDRs that more than one node claims. This node's own come first, then those of the first node by name.
struct PodCIDRConflicts: Sendable, Hashable {
  /// A node's pod CIDR.
  struct Claim: Sendable, Hashable {
    var prefix: IPPrefix
    /// `nil` for this node.
    var node: String?
  }

  /// Claims that are not routed to.
  private(set) var losers: Set<Claim> = []
  /// Of nodes that claim what another one has, what is wrong.
  private(set) var betweenOthers: [String: String] = [:]
  /// Where another node claims what this one has.
  private(set) var withOwn: [String] = []

  init(own: [IPPrefix], _ peers: [NodeDefinition]) {
    var claims = own.map { Claim(prefix: $0, node: nil) }
    for node in peers { claims += NetworkPlan.distinct(node.podCIDRs).map { Claim(prefix: $0, node: node.name) } }
    // Prefixes are apart or one within the other, so what overlaps comes next to each other.
    claims.sort {
      ($0.prefix.address, $0.prefix.length, $0.node ?? "") < ($1.prefix.address, $1.prefix.length, $1.node ?? "")
    }
    var holder: Claim?
    for claim in claims {
      guard let other = holder, other.prefix.overlaps(claim.prefix) else {
        holder = claim
        continue
      }
      let isFirst = (claim.node ?? "") < (other.node ?? "")
      let (winner, loser) = isFirst ? (claim, other) : (other, claim)
      holder = winner
      add(loser, against: winner)
    }
  }

  private mutating func add(_ loser: Claim, against winner: Claim) {
    guard let name = loser.node else { return }
    losers.insert(loser)
    if let other = winner.node {
      betweenOthers[name] =
        "its pod CIDR \(loser.prefix) overlaps \(winner.prefix) of node \(other), which is routed to: "
        + "give one of them another"
    } else {
      withOwn.append("pod CIDR \(loser.prefix) of node \(name) overlaps this node's \(winner.prefix)")
    }
  }
}

extension Set<PodCIDRConflicts.Claim> {
  func contains(_ prefix: IPPrefix, of node: String) -> Bool {
    contains(PodCIDRConflicts.Claim(prefix: prefix, node: node))
  }
}
