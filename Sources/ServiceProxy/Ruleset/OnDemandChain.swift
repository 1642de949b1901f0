import Netlink

/// A chain that is there when it is needed, with the elements that lead to it. How many there can be depends on how many
/// different numbers of slots and times of affinity there are, not on how many Services or endpoints.
enum OnDemandChain: Sendable, Hashable {
  /// Picks one of so many slots.
  case balance(IPAddress.Family, nodePort: Bool, slots: Int, local: Bool, sticky: Bool)
  /// Remembers for so many seconds which one a client got.
  case remember(IPAddress.Family, seconds: UInt32)
  /// Remembers, if there is a time, and masquerades.
  case leave(IPAddress.Family, Frontend.Masquerade, seconds: UInt32)

  /// Buckets of the list of local endpoints are numbered from here.
  static let localBank: UInt32 = 0x10000

  /// An element of a verdict map that leads to a chain.
  struct Entry: Hashable {
    var set: Ruleset.SetName
    var element: NFElement
  }

  /// Those that are there before they are needed. A rule that reads a map makes the kernel walk all of it, so a chain
  /// costs the less the earlier it is made.
  static let prepared: [OnDemandChain] = IPAddress.Family.allCases.flatMap { family in
    (1...16).map { .balance(family, nodePort: false, slots: $0, local: false, sticky: false) }
  }

  /// All that a frontend uses.
  static func used(by frontend: Frontend, _ key: FrontendKey) -> [OnDemandChain] {
    let family = key.family
    var chains: [OnDemandChain] = []
    for case .balance(let slots, let local, let sticky)? in [frontend.action, frontend.wide, frontend.near] {
      chains.append(.balance(family, nodePort: key.isNodePort, slots: slots, local: local, sticky: sticky))
    }
    if frontend.stickySeconds > 0 { chains.append(.remember(family, seconds: frontend.stickySeconds)) }
    if frontend.stickySeconds > 0 || frontend.masquerade != .byPlace {
      chains.append(.leave(family, frontend.masquerade, seconds: frontend.stickySeconds))
    }
    return chains
  }

  var family: IPAddress.Family {
    switch self {
    case .balance(let family, _, _, _, _), .remember(let family, _), .leave(let family, _, _): family
    }
  }

  /// `lb4-5`, `np6-3-local-sticky`, `remember4-10800`, `leave4-0-always`
  var name: String {
    switch self {
    case .balance(let family, let nodePort, let slots, let local, let sticky):
      "\(nodePort ? "np" : "lb")\(family.rawValue)-\(slots)\(local ? "-local" : "")\(sticky ? "-sticky" : "")"
    case .remember(let family, let seconds): "remember\(family.rawValue)-\(seconds)"
    case .leave(let family, let masquerade, let seconds):
      "leave\(family.rawValue)-\(seconds)\(masquerade == .byPlace ? "" : "-\(masquerade)")"
    }
  }

  init?(name: String) {
    var parts = name.split(separator: "-", omittingEmptySubsequences: false)[...]
    guard let head = parts.popFirst(), let number = parts.popFirst().flatMap({ UInt32($0) }), number < 1 << 28,
      let family = head.last.flatMap({ $0.wholeNumberValue }).flatMap({ UInt8(exactly: $0) }).flatMap({
        IPAddress.Family(rawValue: $0)
      })
    else { return nil }
    let chain: OnDemandChain
    switch head.dropLast() {
    case "remember": chain = .remember(family, seconds: number)
    case "leave":
      let masquerade: Frontend.Masquerade = parts == ["always"] ? .always : parts == ["own"] ? .own : .byPlace
      chain = .leave(family, masquerade, seconds: number)
    case "lb", "np":
      guard number > 0 else { return nil }
      chain = .balance(
        family, nodePort: head.hasPrefix("np"), slots: Int(number), local: parts.contains("local"),
        sticky: parts.contains("sticky"))
    default: return nil
    }
    // Only what this writes itself is read.
    guard chain.name == name else { return nil }
    self = chain
  }

  /// The elements of the verdict maps that lead here.
  var entries: [Entry] {
    func entry(_ set: Ruleset.SetName, _ code: UInt32, _ chain: String) -> Entry {
      Entry(set: set, element: NFElement(NFWord.native(code), data: .verdict(.goto(chain))))
    }
    switch self {
    case .balance(_, let nodePort, let slots, let local, let sticky):
      let action = FrontendAction.balance(slots: slots, local: local, sticky: sticky)
      let code = ActionCode(action, nodePort: nodePort).rawValue
      return [entry(.actions, code, name), entry(.choices, code, name)]
    case .remember: return []
    case .leave(let family, let masquerade, let seconds):
      let code = DepartureCode(masquerade, seconds: seconds).rawValue
      let departure = entry(.departures, code, name)
      guard seconds > 0 else { return [departure] }
      return [departure, entry(.arrivals, code, OnDemandChain.remember(family, seconds: seconds).name)]
    }
  }

  func chain(_ ruleset: Ruleset) -> Ruleset.Chain {
    let steps = ruleset.steps(family)
    return switch self {
    case .balance(_, let nodePort, let slots, let local, let sticky):
      balanceChain(steps, nodePort: nodePort, slots: slots, local: local, sticky: sticky)
    case .remember(_, let seconds): rememberChain(steps, seconds)
    case .leave(_, let masquerade, let seconds): leaveChain(steps, masquerade, seconds)
    }
  }

  private func balanceChain(_ steps: Steps, nodePort: Bool, slots: Int, local: Bool, sticky: Bool) -> Ruleset.Chain {
    let width = steps.addressRegisters
    let key = nodePort ? steps.nodePort(0) : steps.frontend(0)
    let endpoints = (nodePort ? Ruleset.SetName.nodePortEndpoints : .endpoints).name(steps.family)
    func pick(_ slots: Int) -> [NFExpression] {
      steps.isFamily + key + [
        .numgen(
          .random, modulus: UInt32(slots), offset: local ? Self.localBank : 0,
          into: NFRegister(nodePort ? 2 : width + 2)),
        .lookup(set: endpoints, key: 0, into: 0), steps.translate(0),
      ]
    }
    var rules: [[NFExpression]] = []
    if sticky {
      rules.append(
        steps.isFamily + [
          steps.source(0), steps.destination(width), steps.transport(2 * width), steps.port(2 * width + 1),
          .lookup(set: Ruleset.SetName.affinity.name(steps.family), key: 0, into: 0), steps.translate(0),
        ])
    }
    // Fewer than one slot in sixteen is empty where any is: four misses are fewer than two in a hundred thousand.
    rules += Array(repeating: pick(slots), count: slots > FrontendAction.exactSlots ? 4 : 1)
    // Then, or if there are fewer slots now than when they were looked up: the first is taken as long as any is.
    rules += steps.patiently(pick(1))
    // Or the frontend has just lost its last endpoint, or is gone: the client tries again, and is told.
    rules.append([.verdict(.drop)])
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

  private func leaveChain(_ steps: Steps, _ masquerade: Frontend.Masquerade, _ seconds: UInt32) -> Ruleset.Chain {
    var rules: [[NFExpression]] = []
    if seconds > 0 {
      rules.append([.verdict(.jump(OnDemandChain.remember(steps.family, seconds: seconds).name))])
    }
    switch masquerade {
    case .always: rules.append([.masquerade(.fullyRandom)])
    case .own: rules.append(steps.isFamily + steps.isFromNode + [.masquerade(.fullyRandom)])
    case .byPlace: break
    }
    if masquerade != .always { rules.append([.verdict(.goto(Ruleset.byPlace(steps.family)))]) }
    return Ruleset.Chain(name, rules)
  }
}
