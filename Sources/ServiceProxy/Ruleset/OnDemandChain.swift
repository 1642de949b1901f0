import Netlink

/// A chain that is there when it is needed. How many there are depends on how many different numbers of endpoints and
/// times of affinity are in use, not on how many Services.
enum OnDemandChain: Sendable, Hashable {
  /// Picks one of so many endpoints.
  case balance(IPAddress.Family, nodePort: Bool, count: Int, local: Bool, sticky: Bool)
  /// Remembers for so many seconds which one a client got.
  case remember(IPAddress.Family, seconds: UInt32)

  /// Buckets of the list of local endpoints are numbered from here.
  static let localBank: UInt32 = 0x10000

  /// The chain that an action leads to, if it is one of these.
  init?(_ action: FrontendAction, _ key: FrontendKey) {
    guard case .balance(let count, let local, let sticky) = action else { return nil }
    self = .balance(key.family, nodePort: key.isNodePort, count: count, local: local, sticky: sticky)
  }

  /// All that a frontend uses.
  static func used(by frontend: Frontend, _ key: FrontendKey) -> [OnDemandChain] {
    var chains = [frontend.action, frontend.allowed, frontend.wide, frontend.near].compactMap { action in
      action.flatMap { OnDemandChain($0, key) }
    }
    if frontend.stickySeconds > 0 { chains.append(.remember(key.family, seconds: frontend.stickySeconds)) }
    return chains
  }

  /// `lb4-5`, `np6-3-local-sticky`, `remember4-10800`
  var name: String {
    switch self {
    case .balance(let family, let nodePort, let count, let local, let sticky):
      "\(nodePort ? "np" : "lb")\(family.rawValue)-\(count)\(local ? "-local" : "")\(sticky ? "-sticky" : "")"
    case .remember(let family, let seconds): "remember\(family.rawValue)-\(seconds)"
    }
  }

  init?(name: String) {
    var parts = name.split(separator: "-", omittingEmptySubsequences: false)[...]
    guard let head = parts.popFirst(), let number = parts.popFirst().flatMap({ UInt32($0) }), number > 0,
      let family = head.last.flatMap({ $0.wholeNumberValue }).flatMap({ UInt8(exactly: $0) }).flatMap({
        IPAddress.Family(rawValue: $0)
      })
    else { return nil }
    let chain: OnDemandChain
    switch head.dropLast() {
    case "remember": chain = .remember(family, seconds: number)
    case "lb", "np":
      chain = .balance(
        family, nodePort: head.hasPrefix("np"), count: Int(number), local: parts.contains("local"),
        sticky: parts.contains("sticky"))
    default: return nil
    }
    // Only what this writes itself is read.
    guard chain.name == name else { return nil }
    self = chain
  }

  var chain: Ruleset.Chain {
    switch self {
    case .balance(let family, let nodePort, let count, let local, let sticky):
      balanceChain(Steps(family), nodePort: nodePort, count: count, local: local, sticky: sticky)
    case .remember(let family, let seconds): rememberChain(Steps(family), seconds)
    }
  }

  private func balanceChain(_ steps: Steps, nodePort: Bool, count: Int, local: Bool, sticky: Bool) -> Ruleset.Chain {
    let width = steps.addressRegisters
    let key = nodePort ? steps.nodePort : steps.frontend
    let endpoints = (nodePort ? Ruleset.SetName.nodePortEndpoints : .endpoints).name(steps.family)
    let pick: [NFExpression] = [
      .numgen(
        .random, modulus: UInt32(count), offset: local ? Self.localBank : 0, into: NFRegister(nodePort ? 2 : width + 2)),
      .lookup(set: endpoints, key: 0, into: 0), steps.translate(0),
    ]
    var rules = [steps.isFamily + key + pick]
    if sticky {
      let known: [NFExpression] = [
        steps.source(0), steps.destination(width), steps.transport(2 * width), steps.port(2 * width + 1),
        .lookup(set: Ruleset.SetName.affinity.name(steps.family), key: 0, into: 0), steps.translate(0),
      ]
      rules.insert(steps.isFamily + known, at: 0)
    }
    return Ruleset.Chain(name, rules)
  }

  private func rememberChain(_ steps: Steps, _ seconds: UInt32) -> Ruleset.Chain {
    let width = steps.addressRegisters
    let value = 2 * width + 2
    return Ruleset.Chain(
      name,
      [
        steps.isFamily + [
          steps.source(0), steps.originalDestination(width), steps.transport(2 * width),
          steps.originalPort(2 * width + 1), steps.destination(value), steps.port(value + width),
          .dynset(
            .update, set: Ruleset.SetName.affinity.name(steps.family), key: 0, data: NFRegister(value),
            timeout: UInt64(seconds) * 1000),
        ]
      ])
  }
}
