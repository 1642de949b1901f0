import Netlink

/// When to compare the kernel with the plan: soon after something that may have broken it, not for each of our own changes.
struct RepairSchedule: Sendable, Hashable {
  /// Signals that come together are answered together, so that a flood of events does not fill a core.
  static let settle = Duration.milliseconds(50)
  /// The wait after a first failure; it doubles.
  static let retry = Duration.milliseconds(200)

  private enum Waiting: Sendable, Hashable { case no, settling, retrying }

  private var waiting = Waiting.no
  private var failures = 0
  /// What is planned, as far as events are compared with it.
  private var mtu: UInt32 = 1500
  private var destinations: Set<IPPrefix> = []
  private var pods: [IPPrefix] = []

  /// From now on events are compared with this plan.
  mutating func watch(_ plan: NetworkPlan) {
    mtu = plan.mtu
    pods = plan.pods
    destinations = Set(plan.routes.map { $0.destination })
    // The numbers of tunnels' devices do not matter here.
    for tunnel in plan.tunnels { destinations.formUnion(tunnel.routes(0).map { $0.destination }) }
  }

  /// Something happened. Returns how long to wait before comparing, from now on; `nil` where a comparison is due already,
  /// or none is needed.
  mutating func receive(_ signal: AgentSignals.Signal) -> Duration? {
    guard concerns(signal) else { return nil }
    switch waiting {
    case .settling: return nil
    // What failed may do so again, but what something else has changed since must not wait for it.
    case .retrying: if case .tick = signal { return nil }
    case .no: break
    }
    waiting = .settling
    return Self.settle
  }

  /// The wait is over and the comparison begins: what happens from now on asks for another.
  mutating func begins() { waiting = .no }

  /// Returns how long to wait before the next comparison, which is due where this one failed or others asked for it.
  mutating func ended(succeeded: Bool) -> Duration? {
    if succeeded {
      failures = 0
      return nil
    }
    failures += 1
    guard waiting == .no else { return nil }
    waiting = .retrying
    return min(Self.retry * (1 << min(failures - 1, 5)), .seconds(5))
  }

  private func concerns(_ signal: AgentSignals.Signal) -> Bool {
    switch signal {
    case .nodes, .rules, .tick: true
    case .kernel(let event): concerns(event)
    }
  }

  func concerns(_ event: RouteEvent) -> Bool {
    switch event {
    case .overrun: true
    case .link(let link): concerns(link)
    case .linkDeleted: true
    case .address(let address), .addressDeleted(let address): !address.address.isLinkLocal
    case .route(let route): isOurs(route) || takesOurPlace(route)
    case .routeDeleted(let route): isOurs(route)
    case .neighbour(let neighbour): neighbour.state.contains(.permanent) || neighbour.state.contains(.failed)
    case .neighbourDeleted(let neighbour): neighbour.state.contains(.permanent)
    case .rule(let rule), .ruleDeleted(let rule): rule.origin == .skiffNode
    case .interfaceForwarding(let setting): !setting.isOn
    // Of VXLAN devices; bridges tell of every machine that they hear.
    case .forwarding(let entry), .forwardingDeleted(let entry): entry.isOwn && entry.destination != nil
    case .trafficControlDeleted: true
    }
  }

  /// A pod's link matters where it is not as it was made.
  private func concerns(_ link: Link) -> Bool {
    if link.name.hasPrefix(PodLink.blockPrefix), link.kind == "ifb" { return !link.isUp }
    guard link.name.hasPrefix(PodLink.prefix) else { return true }
    // One that is being made has no alias yet.
    guard let attachment = PodLink.attachment(of: link) else { return !link.isUp }
    let names = PodLink(attachment)
    return !link.isUp || link.mtu != mtu || link.master != nil || link.name != names.hostName
      || link.hardwareAddress != names.hostAddress
  }

  private func isOurs(_ route: Route) -> Bool { route.origin == .skiffNode || route.origin == .skiffPod }

  /// Whether a route of someone else is where one of ours was. The kernel does not tell that ours is gone.
  private func takesOurPlace(_ route: Route) -> Bool {
    guard [Route.mainTable, Tunnel.table].contains(route.table) else { return false }
    return destinations.contains(route.destination)
      || route.destination.isHost && pods.contains { $0.contains(route.destination.address) }
  }
}
