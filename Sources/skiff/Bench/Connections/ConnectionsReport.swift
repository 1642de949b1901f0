import KubeAPI

/// What was measured of connections with so many Services.
struct ConnectionsReport: Sendable {
  let writer: String
  let services: Int
  let rounds: Int
  var paths: [ConnectionPath: PathFigures] = [:]

  init(writer: String, services: Int, rounds: Int) {
    self.writer = writer
    self.services = services
    self.rounds = rounds
  }

  func figures(_ path: ConnectionPath) -> PathFigures { paths[path] ?? PathFigures() }

  /// The figure of a way in proportion to the direct one.
  func ratio(_ path: ConnectionPath, _ figure: KeyPath<PathFigures, [Double]>) -> Double {
    figures(path).ratio(figure, to: figures(.direct))
  }

  var json: JSONValue {
    var value: JSONValue = [
      "bench": "connections", "writer": .string(writer), "machine": .string(Machine.description),
      "services": .integer(services), "rounds": .integer(rounds),
    ]
    for path in ConnectionPath.allCases {
      var figures = figures(path).json
      if path != .direct {
        figures["ratio_to_direct"] = [
          "connections_per_second": .number(ratio(path, \.connectionsPerSecond)),
          "requests_per_second": .number(ratio(path, \.requestsPerSecond)),
          "throughput": .number(ratio(path, \.bitsPerSecond)),
        ]
      }
      value[path.rawValue] = figures
    }
    return value
  }

  var rows: [(String, String)] {
    func figure(
      _ title: String, _ figure: KeyPath<PathFigures, [Double]>, _ text: (Double) -> String
    ) -> [(String, String)] {
      ConnectionPath.allCases.map { path in
        let value = text(PathFigures.median(figures(path)[keyPath: figure]))
        return ("\(title), \(path.title)", path == .direct ? value : "\(value) (\(ratio(path, figure).text(2)))")
      }
    }
    let packets = ConnectionPath.allCases.map { path in
      let times = Distribution(figures(path).firstPackets)
      let (p50, p99) = (times.p50 / .microseconds(1), times.p99 / .microseconds(1))
      return ("first packet p50, p99, \(path.title)", "\(p50.text(0)), \(p99.text(0)) µs")
    }
    return figure("connections a second", \.connectionsPerSecond) { $0.text(0) } + packets
      + figure("requests a second", \.requestsPerSecond) { $0.text(0) }
      + figure("throughput", \.bitsPerSecond) { "\(($0 / 1e9).text(1)) Gbit/s" }
  }
}
