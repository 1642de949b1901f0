import KubeAPI

/// What was measured of one way to a pod: a figure of each round, in the rounds' order.
struct PathFigures: Sendable {
  var connectionsPerSecond: [Double] = []
  var firstPackets: [Duration] = []
  var requestsPerSecond: [Double] = []
  var bitsPerSecond: [Double] = []

  var json: JSONValue {
    [
      "connections_per_second": .number(Self.median(connectionsPerSecond)),
      "first_packet_us": Distribution(firstPackets).json(in: .microseconds(1)),
      "requests_per_second": .number(Self.median(requestsPerSecond)),
      "throughput_gbps": .number(Self.median(bitsPerSecond) / 1e9),
    ]
  }

  /// The middle one; of an even number, the mean of the two in the middle.
  static func median(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return 0 }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
  }

  /// The median of what the rounds' figures are in proportion to another way's: both were measured one after the other,
  /// so that what slowed the machine slowed both.
  func ratio(_ figure: KeyPath<PathFigures, [Double]>, to other: PathFigures) -> Double {
    Self.median(zip(self[keyPath: figure], other[keyPath: figure]).map { $0 / $1 })
  }
}
