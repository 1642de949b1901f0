import KubeAPI

/// What was measured while the endpoints of one Service were replaced.
struct RollingReport: Sendable {
  let writer: String
  let endpoints: Int
  /// From the event's arrival at the proxy's socket to the kernel's notification.
  var times = Distribution([])
  var timesFromRequest = Distribution([])
  var cpuPerChange = Duration.zero
  var residentBytes = 0
  var connections = ConnectionOutcomes()

  init(writer: String, endpoints: Int) {
    self.writer = writer
    self.endpoints = endpoints
  }

  var json: JSONValue {
    [
      "bench": "rolling", "writer": .string(writer), "machine": .string(Machine.description),
      "endpoints": .integer(endpoints), "changes": .integer(times.count),
      "change_ms": times.json(in: .milliseconds(1)),
      "change_from_request_ms": timesFromRequest.json(in: .milliseconds(1)),
      "cpu_ms_per_change": .number(cpuPerChange.milliseconds), "rss_bytes": .integer(residentBytes),
      "connections": connections.json,
    ]
  }

  var rows: [(String, String)] {
    func milliseconds(_ times: Distribution) -> String {
      "\(times.p50.milliseconds.text(2)), \(times.p99.milliseconds.text(2)) ms"
    }
    return [
      ("endpoints replaced", "\(times.count) of \(endpoints)"),
      ("a change: event's arrival to kernel, p50, p99", milliseconds(times)),
      ("  from the request to the API server to kernel", milliseconds(timesFromRequest)),
      ("CPU a change", "\(cpuPerChange.milliseconds.text(2)) ms"), ("resident memory", "\(residentBytes >> 20) MB"),
    ] + connections.rows
  }
}
