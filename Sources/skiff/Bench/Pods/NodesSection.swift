import KubeAPI

/// What was measured between two nodes: pods' ways, beside the nodes' own link.
struct NodesSection: PodsSection {
  /// One way, and the nodes' own link in turns with it.
  struct Way: Sendable {
    /// Bits a second, a figure a round.
    var streams: [Double] = []
    var bareStreams: [Double] = []
    var roundTrips: [Duration] = []
    var bareRoundTrips: [Duration] = []

    var ratio: Double { PathFigures.median(zip(streams, bareStreams).map { $0 / $1 }) }
  }

  var route: Way
  var tunnel: Way

  private var bareStreams: [Double] { route.bareStreams + tunnel.bareStreams }
  private var bareRoundTrips: Distribution { Distribution(route.bareRoundTrips + tunnel.bareRoundTrips) }

  var members: [(String, JSONValue)] {
    func gigabits(_ values: [Double]) -> JSONValue { .number(PathFigures.median(values) / 1e9) }
    return [
      ("route_gbps", gigabits(route.streams)), ("vxlan_gbps", gigabits(tunnel.streams)),
      ("bare_link_gbps", gigabits(bareStreams)), ("route_ratio", .number(route.ratio)),
      ("vxlan_ratio", .number(tunnel.ratio)),
      ("route_round_trip_us", Distribution(route.roundTrips).json(in: .microseconds(1))),
      ("vxlan_round_trip_us", Distribution(tunnel.roundTrips).json(in: .microseconds(1))),
      ("bare_link_round_trip_us", bareRoundTrips.json(in: .microseconds(1))),
    ]
  }

  var rows: [(String, String)] {
    func stream(_ values: [Double]) -> String { "\((PathFigures.median(values) / 1e9).text(1)) Gbit/s" }
    func times(_ distribution: Distribution) -> String {
      "\((distribution.p50 / .microseconds(1)).text(1)), \((distribution.p99 / .microseconds(1)).text(1)) us"
    }
    return [
      ("between nodes by route, one stream", "\(stream(route.streams)) (\(route.ratio.text(2)))"),
      ("between nodes by VXLAN, one stream", "\(stream(tunnel.streams)) (\(tunnel.ratio.text(2)))"),
      ("the same over the nodes' link", stream(bareStreams)),
      ("round trip by route p50, p99", times(Distribution(route.roundTrips))),
      ("round trip by VXLAN p50, p99", times(Distribution(tunnel.roundTrips))),
      ("round trip over the nodes' link p50, p99", times(bareRoundTrips)),
    ]
  }
}
