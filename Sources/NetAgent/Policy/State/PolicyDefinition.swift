import KubeAPI

/// What names a policy of either kind.
struct PolicyName: Sendable, Hashable, Comparable, CustomStringConvertible {
  var isCluster: Bool
  var key: ObjectKey

  var description: String { isCluster ? "ClusterNetworkPolicy \(key)" : "NetworkPolicy \(key)" }

  static func < (left: Self, right: Self) -> Bool {
    left.isCluster == right.isCluster ? left.key < right.key : left.isCluster
  }
}

enum PolicyDirection: String, Sendable, Hashable, CaseIterable {
  case egress, ingress
}

/// A NetworkPolicy or ClusterNetworkPolicy, as far as it decides about packets.
struct PolicyDefinition: Sendable, Hashable {
  /// In the order in which they are asked.
  enum Tier: UInt8, Sendable, Hashable {
    case admin, network, baseline
  }

  enum Action: Sendable, Hashable {
    case accept, deny
    /// On to the next tier.
    case pass
  }

  struct Rule: Sendable, Hashable {
    var action = Action.accept
    /// nil for everyone.
    var peers: [PeerTerm]?
    /// nil for every protocol and port.
    var ports: [PortTerm]?

    /// What is done where a rule of a ClusterNetworkPolicy cannot be read.
    static let denyAll = Rule(action: .deny)
  }

  var tier = Tier.network
  /// Lower is asked first, within the tier.
  var priority = 0
  var subject: PodTerm
  /// nil where the policy says nothing about the direction.
  var ingress: [Rule]?
  var egress: [Rule]?
  /// What could not be read.
  var problems: [String] = []

  func rules(_ direction: PolicyDirection) -> [Rule]? { direction == .ingress ? ingress : egress }

  func portNames(_ direction: PolicyDirection) -> Set<String> {
    var names: Set<String> = []
    for rule in rules(direction) ?? [] {
      for case .named(let name, _) in rule.ports ?? [] { names.insert(name) }
    }
    return names
  }
}

/// A policy as it came: what it says, or why nothing of it can be used.
enum PolicyReading: Sendable, Hashable {
  case policy(PolicyDefinition)
  case unusable(String)

  var definition: PolicyDefinition? { if case .policy(let definition) = self { definition } else { nil } }

  var problems: [String] {
    switch self {
    case .policy(let definition): definition.problems
    case .unusable(let reason): [reason]
    }
  }
}

/// A part of a policy that makes no sense.
struct PolicyError: Error, Hashable {
  var text: String

  init(_ text: String) { self.text = text }
}
