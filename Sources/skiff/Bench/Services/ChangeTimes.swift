import KubeAPI

/// How long changes took, of each kind and of all.
struct ChangeTimes: Sendable {
  private var times: [ChangeKind: [Duration]] = [:]

  mutating func add(_ time: Duration, _ kind: ChangeKind) { times[kind, default: []].append(time) }

  var all: Distribution { Distribution(times.values.joined()) }

  /// Milliseconds, by kind.
  var json: JSONValue {
    var value: JSONValue = [:]
    for kind in ChangeKind.allCases {
      guard let durations = times[kind] else { continue }
      let distribution = Distribution(durations)
      var figures = distribution.json(in: .milliseconds(1))
      figures["changes"] = .integer(distribution.count)
      value[kind.rawValue] = figures
    }
    return value
  }
}
