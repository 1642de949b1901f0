import Netlink

/// The endpoints that one port of a Service leads to, in one address family.
struct EndpointSelection: Equatable {
  /// For policy Cluster, in order.
  var cluster: [EndpointTarget] = []
  /// For policy Local, in order.
  var local: [EndpointTarget] = []
  /// Those that end and still serve, and get no new connections: what they have begun goes on.
  var draining: [EndpointTarget] = []
  /// Those of both lists that may run on this node: they can reach themselves.
  var maybeHere: [IPAddress] = []

  private struct Candidate {
    var target: EndpointTarget
    var endpoint: EndpointDefinition
    var isTerminating: Bool { endpoint.conditions.contains(.terminating) }
    var isReady: Bool { endpoint.conditions.contains(.ready) }
    var isUsableInNeed: Bool { endpoint.conditions.isSuperset(of: [.serving, .terminating]) }
    var isLocal: Bool { endpoint.conditions.contains(.local) }
  }

  init(
    _ slices: [EndpointSliceDefinition], port: ServiceDefinition.Port, family: IPAddress.Family, zone: String?
  ) {
    let candidates = Self.candidates(slices, port, family)
    let ready = candidates.filter(\.isReady)
    var chosen = Self.followingHints(ready, zone)
    if ready.isEmpty { chosen = candidates.filter(\.isUsableInNeed) }
    var here = ready.filter(\.isLocal)
    if here.isEmpty { here = candidates.filter { $0.isLocal && $0.isUsableInNeed } }
    let limit = FrontendAction.endpointLimit
    cluster = chosen.prefix(limit).map(\.target)
    local = here.prefix(limit).map(\.target)
    if !ready.isEmpty { draining = candidates.filter(\.isUsableInNeed).map(\.target) }
    for candidate in chosen.prefix(limit) + here.prefix(limit)
    where !candidate.endpoint.conditions.isDisjoint(with: [.local, .placeUnknown]) {
      maybeHere.append(candidate.target.address)
    }
  }

  /// Every address and port once, in order: of duplicates the one that is not terminating, then the ready one.
  private static func candidates(
    _ slices: [EndpointSliceDefinition], _ port: ServiceDefinition.Port, _ family: IPAddress.Family
  ) -> [Candidate] {
    var candidates: [Candidate] = []
    for slice in slices where slice.family == family {
      guard let number = slice.ports.first(where: { $0.name == port.name && $0.transport == port.transport })?.port
      else { continue }
      candidates.reserveCapacity(candidates.count + slice.endpoints.count)
      for endpoint in slice.endpoints {
        candidates.append(Candidate(target: EndpointTarget(endpoint.address, number), endpoint: endpoint))
      }
    }
    func rank(_ candidate: Candidate) -> Int {
      (candidate.isTerminating ? 4 : 0) + (candidate.isReady ? 0 : 2) + (candidate.isLocal ? 0 : 1)
    }
    candidates.sort { left, right in
      left.target != right.target ? left.target < right.target : rank(left) < rank(right)
    }
    var unique: [Candidate] = []
    unique.reserveCapacity(candidates.count)
    for candidate in candidates where unique.last?.target != candidate.target { unique.append(candidate) }
    return unique
  }

  /// Hints are followed if every endpoint has them and one names this node, or else this zone.
  private static func followingHints(_ ready: [Candidate], _ zone: String?) -> [Candidate] {
    if ready.allSatisfy({ $0.endpoint.conditions.contains(.hasNodeHints) }) {
      let near = ready.filter { $0.endpoint.conditions.contains(.hintsThisNode) }
      if !near.isEmpty { return near }
    }
    if let zone, ready.allSatisfy({ !$0.endpoint.hintedZones.isEmpty }) {
      let near = ready.filter { $0.endpoint.hintedZones.contains(zone) }
      if !near.isEmpty { return near }
    }
    return ready
  }
}
