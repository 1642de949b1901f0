import KubeAPI

/// What was measured of pods on a node.
struct PodsReport: Sendable {
  var add = Distribution([])
  var delete = Distribution([])
  /// How many pods came at once, and how long until the last had its answer.
  var burst: (pods: Int, time: Duration) = (0, .zero)
  /// Bits a second between two pods of the node, and over a veth between the same two namespaces; a figure a round, taken
  /// in turns.
  var sameNode: [Double] = []
  var bareVeth: [Double] = []
  /// What else is measured of the pod network, each by its own part; JSON members of their own.
  var sections: [any PodsSection] = []

  var ratio: Double { PathFigures.median(zip(sameNode, bareVeth).map { $0 / $1 }) }

  var json: JSONValue {
    var value: JSONValue = [
      "bench": "pods", "writer": "skiff", "machine": .string(Machine.description), "pods": .integer(add.count),
      "add_ms": add.json(in: .milliseconds(1)), "del_ms": delete.json(in: .milliseconds(1)),
      "burst_\(burst.pods)_seconds": .number(burst.time.seconds),
      "same_node_gbps": .number(PathFigures.median(sameNode) / 1e9),
      "bare_veth_gbps": .number(PathFigures.median(bareVeth) / 1e9), "same_node_ratio": .number(ratio),
    ]
    for section in sections {
      for (name, figure) in section.members { value[name] = figure }
    }
    return value
  }

  var rows: [(String, String)] {
    func times(_ distribution: Distribution) -> String {
      "\(distribution.p50.milliseconds.text(2)), \(distribution.p99.milliseconds.text(2)) ms"
    }
    return [
      ("ADD p50, p99", times(add)), ("DEL p50, p99", times(delete)),
      ("\(burst.pods) ADDs at once", "\(burst.time.seconds.text(2)) s"),
      ("pod to pod, one stream", "\((PathFigures.median(sameNode) / 1e9).text(1)) Gbit/s (\(ratio.text(2)))"),
      ("the same over a bare veth", "\((PathFigures.median(bareVeth) / 1e9).text(1)) Gbit/s"),
    ] + sections.flatMap(\.rows)
  }
}

/// A part of `bench pods` that has its own figures: between nodes, policies.
protocol PodsSection: Sendable {
  /// Members of the report's JSON object.
  var members: [(String, JSONValue)] { get }
  /// The same for people.
  var rows: [(String, String)] { get }
}
