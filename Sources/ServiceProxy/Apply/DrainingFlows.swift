/// Endpoints of UDP and SCTP frontends that end and still serve: they get no new flows, and those that they have go on
/// until they serve no longer.
struct DrainingFlows: Sendable {
  private var targets: [FrontendKey: [EndpointTarget]] = [:]
  /// Frontends whose flows are to be looked at, though nothing of them changes in the kernel.
  private var due: Set<FrontendKey> = []

  var isEmpty: Bool { due.isEmpty }

  func kept(_ key: FrontendKey) -> [EndpointTarget] { targets[key] ?? [] }

  /// These drain now; where one did that does no longer, the frontend's flows are due.
  mutating func set(_ key: FrontendKey, _ draining: [EndpointTarget]) {
    if targets[key]?.contains(where: { !draining.contains($0) }) == true { due.insert(key) }
    targets[key] = draining.isEmpty ? nil : draining
  }

  /// It is not known what happened before, so that flows of all these are due.
  mutating func suspect(_ keys: some Sequence<FrontendKey>) { due.formUnion(keys) }

  mutating func takeDue() -> Set<FrontendKey> {
    defer { due = [] }
    return due
  }
}
