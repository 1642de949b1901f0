import KubeAPI

/// What was measured while endpoints came and went.
struct ChurnReport: Sendable {
  let writer: String
  let services: Int
  let endpoints: Int
  let elapsed: Duration
  /// Endpoints that were taken out, each for another.
  let replaced: Int
  let transactions: Int
  let cpu: Duration
  /// Of the proxy, from the beginning to the end.
  let residentBytes: [Int]
  var connections = ConnectionOutcomes()

  private var replacedPerSecond: Double { Double(replaced) / elapsed.seconds }
  /// What it has after the first tenth, in which buffers grow to what they need.
  private var residentAtStart: Int { residentBytes[residentBytes.count / 10] }
  private var residentAtEnd: Int { residentBytes.last ?? 0 }

  var json: JSONValue {
    [
      "bench": "churn", "writer": .string(writer), "machine": .string(Machine.description),
      "services": .integer(services), "endpoints": .integer(endpoints), "seconds": .number(elapsed.seconds),
      "endpoints_replaced": .integer(replaced), "endpoints_replaced_per_second": .number(replacedPerSecond),
      "transactions": .integer(transactions), "cpu_seconds": .number(cpu.seconds),
      "rss_start_bytes": .integer(residentAtStart), "rss_end_bytes": .integer(residentAtEnd),
      "rss_peak_bytes": .integer(residentBytes.max() ?? 0), "connections": connections.json,
    ]
  }

  var rows: [(String, String)] {
    [
      ("endpoints replaced a second", replacedPerSecond.text(0)), ("  for", "\(elapsed.seconds.text(1)) s"),
      ("transactions", "\(transactions)"), ("CPU time of the proxy", "\(cpu.seconds.text(2)) s"),
      (
        "resident memory at the start, the end, at most",
        "\(residentAtStart >> 20), \(residentAtEnd >> 20), \((residentBytes.max() ?? 0) >> 20) MB"
      ),
    ] + connections.rows
  }
}
