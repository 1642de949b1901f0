/// Which endpoint stands in which bucket.
enum Arrangement {
  /// The wanted endpoints in an order that keeps as many as can be where they are, so that one endpoint more or
  /// less changes one bucket, or two.
  ///
  /// - Parameter wanted: each endpoint once.
  static func place(_ wanted: [EndpointTarget], over previous: [EndpointTarget]) -> [EndpointTarget] {
    guard !previous.isEmpty, !wanted.isEmpty else { return wanted }
    if previous == wanted { return previous }
    let wantedSet = Set(wanted)
    var placed: [EndpointTarget?] = Array(repeating: nil, count: wanted.count)
    var kept: Set<EndpointTarget> = []
    kept.reserveCapacity(wanted.count)
    for (index, target) in previous.enumerated() where index < placed.count && wantedSet.contains(target) {
      // The kernel could hold an endpoint twice if someone else wrote there.
      if kept.insert(target).inserted { placed[index] = target }
    }
    var rest = wanted.filter { !kept.contains($0) }[...]
    return placed.compactMap { $0 ?? rest.popFirst() }
  }
}
