import ClusterDNS
import KubeAPI

/// Queries of one kind over one transport, and the floor that was measured in turns with them.
struct DNSRun: Sendable {
  let transport: DNSTransport
  let kind: DNSLoadKind
  var load = LoadResult()
  /// Of the server's process.
  var cpu = Duration.zero
  var echo = LoadResult()
  var echoCPU = Duration.zero

  init(_ transport: DNSTransport, _ kind: DNSLoadKind) {
    self.transport = transport
    self.kind = kind
  }

  var perCPUSecond: Double { Self.rate(load, cpu) }
  var echoPerCPUSecond: Double { Self.rate(echo, echoCPU) }
  var echoRatio: Double { echoPerCPUSecond > 0 ? perCPUSecond / echoPerCPUSecond : 0 }

  private static func rate(_ load: LoadResult, _ cpu: Duration) -> Double {
    cpu > .zero ? Double(load.answered) / cpu.seconds : 0
  }
}

/// What was measured of a DNS server with so many Services.
struct DNSReport: Sendable {
  let server: String
  let services: Int
  let endpoints: Int
  let threads: Int
  /// From the start of the process to right answers for all that was probed.
  let start: Duration
  var runs: [DNSRun] = []
  /// After the queries.
  var memory = Session.Usage()
  var changes: DNSChanges.Figures?
  var equalMisses: EqualQueries.Figures?
  var relist: DNSRelist.Figures?

  init(server: String, services: Int, endpoints: Int, threads: Int, start: Duration) {
    self.server = server
    self.services = services
    self.endpoints = endpoints
    self.threads = threads
    self.start = start
  }

  private var head: JSONValue {
    [
      "bench": "dns", "server": .string(server), "machine": .string(Machine.description),
      "services": .integer(services), "endpoints": .integer(endpoints), "threads": .integer(threads),
      "rss_bytes": .integer(memory.residentBytes),
    ]
  }

  /// An object for each run, and one for all else.
  var json: [JSONValue] {
    var values = runs.map { run in
      var value = head
      value["measured"] = "queries"
      value["transport"] = .string(run.transport.rawValue)
      value["load"] = .string(run.kind.rawValue)
      value["queries_per_second"] = .number(run.load.queriesPerSecond)
      value["queries_per_cpu_second"] = .number(run.perCPUSecond)
      value["echo_queries_per_cpu_second"] = .number(run.echoPerCPUSecond)
      value["echo_ratio"] = .number(run.echoRatio)
      value["latency_us"] = [
        "p50": .number(run.load.latencies.microseconds(0.5)), "p99": .number(run.load.latencies.microseconds(0.99)),
      ]
      value["lost"] = .integer(run.load.lost)
      value["wrong"] = .integer(run.load.wrong)
      return value
    }
    var value = head
    value["measured"] = "server"
    value["start_seconds"] = .number(start.seconds)
    value["rss_anonymous_bytes"] = .integer(memory.anonymousBytes)
    value["rss_peak_bytes"] = .integer(memory.peakBytes)
    value["changes"] = changes?.json ?? .null
    value["equal_misses"] = equalMisses?.json ?? .null
    value["relist"] = relist?.json ?? .null
    values.append(value)
    return values
  }

  /// The rows of the table for people: what, and the figure.
  var rows: [(String, String)] {
    var rows: [(String, String)] = []
    for run in runs {
      let latencies = run.load.latencies
      rows += [
        (
          "\(run.transport.rawValue) \(run.kind.rawValue): queries a CPU second",
          "\(run.perCPUSecond.text(0)) (\(run.echoRatio.text(2)) of an echo)"
        ),
        (
          "  a second; p50, p99; lost, wrong",
          "\(run.load.queriesPerSecond.text(0)); \(latencies.microseconds(0.5).text(0)), "
            + "\(latencies.microseconds(0.99).text(0)) µs; \(run.load.lost), \(run.load.wrong)"
        ),
      ]
    }
    rows += [
      ("start, until all that is probed is answered", "\(start.seconds.text(2)) s"),
      (
        "resident memory, without files, at most",
        "\(Self.megabytes(memory.residentBytes)), \(Self.megabytes(memory.anonymousBytes)), "
          + "\(Self.megabytes(memory.peakBytes)) MB"
      ),
      (
        "equal misses at once, answered, queries at the upstream",
        equalMisses.map { "\($0.queries), \($0.answered), \($0.upstream)" } ?? "–"
      ),
      ("a change: event's arrival to answer, p50, p99", changes?.delayText ?? "–"),
      ("  queries are slower meanwhile by", changes?.slowdownText ?? "–"),
      ("all lists anew: before, at most", relist?.text ?? "–"),
    ]
    return rows
  }

  static func megabytes(_ bytes: Int) -> String { (Double(bytes) / 1e6).text(1) }
}
