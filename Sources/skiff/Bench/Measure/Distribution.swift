import KubeAPI

/// How long each of many like things took.
struct Distribution: Sendable {
  private let sorted: [Duration]

  init(_ durations: some Sequence<Duration>) { sorted = durations.sorted() }

  var count: Int { sorted.count }
  var p50: Duration { quantile(0.5) }
  var p99: Duration { quantile(0.99) }

  /// The shortest duration that at least this share of all do not exceed (nearest rank); zero where there are none.
  func quantile(_ share: Double) -> Duration {
    guard !sorted.isEmpty else { return .zero }
    let rank = Int((share * Double(sorted.count)).rounded(.up))
    return sorted[min(max(rank, 1), sorted.count) - 1]
  }

  /// `{"p50": …, "p99": …}`, as numbers of a unit.
  func json(in unit: Duration) -> JSONValue { ["p50": .number(p50 / unit), "p99": .number(p99 / unit)] }
}
