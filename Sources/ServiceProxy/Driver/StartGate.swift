/// Decides when to begin: without Services, EndpointSlices and the kernel nothing can be programmed; what else should be known is
/// waited for a few seconds.
struct StartGate: Sendable {
  enum Need: String, Sendable, CaseIterable {
    case services = "Services"
    case slices = "EndpointSlices"
    case node = "the Node"
    case serviceCIDRs = "ServiceCIDRs"
    case elements = "the kernel's maps"

    var isIndispensable: Bool { self == .services || self == .slices || self == .elements }
  }

  enum Decision: Sendable, Equatable {
    case go
    /// Not yet, and look again after so long, if nothing else happens; nil for only then.
    case wait(Duration?)
    /// Time is up for the names given. Said once.
    case goWithout([String])
  }

  static let patience = Duration.seconds(5)

  private var known: Set<Need> = []
  private var deadline: ContinuousClock.Instant?
  private var isOpen = false

  mutating func knows(_ need: Need) { known.insert(need) }

  mutating func decide(at now: ContinuousClock.Instant) -> Decision {
    if isOpen { return .go }
    let missing = Need.allCases.filter { !known.contains($0) }
    if missing.contains(where: \.isIndispensable) { return .wait(nil) }
    if missing.isEmpty {
      isOpen = true
      return .go
    }
    let until = deadline ?? now + Self.patience
    deadline = until
    guard now >= until else { return .wait(now.duration(to: until)) }
    isOpen = true
    return .goWithout(missing.map(\.rawValue))
  }
}
