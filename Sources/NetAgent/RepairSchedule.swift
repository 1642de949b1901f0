import Netlink

/// When to compare the kernel with the plan: soon after something that may have broken it, not for each of our own changes.
struct RepairSchedule: Sendable, Hashable {
  /// Signals that come together are answered together, so that a flood of events does not fill a core.
  static let settle = Duration.milliseconds(50)
  /// The wait after a first failure; it doubles.
  static let retry = Duration.milliseconds(200)

  private var isWaiting = false
  private var failures = 0

  /// Something happened. Returns how long to wait before comparing; `nil` where a comparison is due already, or none is
  /// needed.
  mutating func receive(_ signal: AgentSignals.Signal) -> Duration? {
    guard Self.concerns(signal), !isWaiting else { return nil }
    isWaiting = true
    return Self.settle
  }

  /// The wait is over and the comparison begins: what happens from now on asks for another.
  mutating func begins() { isWaiting = false }

  /// Returns how long to wait before the next comparison, which is due where this one failed or others asked for it.
  mutating func ended(succeeded: Bool) -> Duration? {
    if succeeded {
      failures = 0
      return nil
    }
    failures += 1
    guard !isWaiting else { return nil }
    isWaiting = true
    return min(Self.retry * (1 << min(failures - 1, 5)), .seconds(5))
  }

  private static func concerns(_ signal: AgentSignals.Signal) -> Bool {
    switch signal {
    case .nodes, .rules, .tick: true
    case .kernel(let event): concerns(event)
    }
  }

  static func concerns(_ event: RouteEvent) -> Bool {
    switch event {
    case .overrun: true
    case .link(let link): !isPod(link) || !link.isUp
    case .linkDeleted: true
    case .address(let address), .addressDeleted(let address): !address.address.isLinkLocal
    case .route(let route): route.origin == .skiffNode
    case .routeDeleted(let route): route.origin == .skiffNode || route.origin == .skiffPod
    case .neighbour(let neighbour): neighbour.state.isDisjoint(with: .permanent) && neighbour.state.contains(.failed)
    case .neighbourDeleted(let neighbour): neighbour.state.contains(.permanent)
    case .rule(let rule), .ruleDeleted(let rule): rule.origin == .skiffNode
    case .interfaceForwarding(let setting): !setting.isOn
    // Of VXLAN devices; bridges tell of every machine that they hear.
    case .forwarding(let entry), .forwardingDeleted(let entry): entry.isOwn && entry.destination != nil
    case .trafficControlDeleted: true
    }
  }

  private static func isPod(_ link: Link) -> Bool {
    link.name.hasPrefix(PodLink.prefix) || link.name.hasPrefix(PodLink.blockPrefix)
  }
}
