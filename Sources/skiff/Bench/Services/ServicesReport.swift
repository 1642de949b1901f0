import KubeAPI

/// What was measured of a service proxy with so many Services. A figure that this proxy does not give is nil.
struct ServicesReport: Sendable {
  let writer: String
  let services: Int
  /// Of each Service.
  let endpoints: Int

  /// From the start of the process to the end of the last transaction.
  let coldProcess: Duration
  let coldWrites: Int
  /// The proxy's own words, after its start and of the changes.
  let coldAccount: ProxyAccount
  var accountOfChanges: ProxyAccount?

  /// From the event's arrival at the proxy's socket to the kernel's notification.
  var times = ChangeTimes()
  /// The same from the request to the API server on.
  var timesFromRequest = ChangeTimes()
  var cpuPerChange = Duration.zero
  var writesPerChange = 0.0

  var memory = Session.Usage()

  /// Until the proxy says that it has carried out everything.
  var restart = Duration.zero
  var restartWrites = 0
  /// Seconds of that for reading the ruleset, planning and comparing, by the proxy's own words.
  var restartSync: Double?

  /// The names of the threads whose transactions were seen.
  var threads: [String] = []
  /// Skiff's proxy from its state on, in the benchmark's own process.
  var inProcess: ProgrammerBench.Report?

  init(
    writer: String, services: Int, endpoints: Int, coldProcess: Duration, coldWrites: Int,
    coldAccount: ProxyAccount
  ) {
    self.writer = writer
    self.services = services
    self.endpoints = endpoints
    self.coldProcess = coldProcess
    self.coldWrites = coldWrites
    self.coldAccount = coldAccount
  }

  private var bytesPerChange: Double? { perChange(\.bytes) }
  private var messagesPerChange: Double? { perChange(\.messages) }

  private func perChange(_ figure: KeyPath<ProxyAccount, Double?>) -> Double? {
    accountOfChanges?[keyPath: figure].map { $0 / Double(max(1, times.all.count)) }
  }

  var json: JSONValue {
    [
      "bench": "services", "writer": .string(writer), "machine": .string(Machine.description),
      "services": .integer(services), "endpoints": .integer(endpoints),
      "cold_sync_seconds": .number(coldAccount.syncSeconds),
      "cold_process_seconds": .number(coldProcess.seconds), "cold_writes": .integer(coldWrites),
      "cold_bytes": .number(coldAccount.bytes), "cold_messages": .number(coldAccount.messages),
      "changes": .integer(times.all.count), "change_ms": times.all.json(in: .milliseconds(1)),
      "change_kinds": times.json, "change_from_request_ms": timesFromRequest.all.json(in: .milliseconds(1)),
      "cpu_ms_per_change": .number(cpuPerChange.milliseconds), "writes_per_change": .number(writesPerChange),
      "bytes_per_change": .number(bytesPerChange), "messages_per_change": .number(messagesPerChange),
      "rss_bytes": .integer(memory.residentBytes), "rss_anonymous_bytes": .integer(memory.anonymousBytes),
      "rss_peak_bytes": .integer(memory.peakBytes),
      "restart_seconds": .number(restart.seconds), "restart_sync_seconds": .number(restartSync),
      "restart_writes": .integer(restartWrites), "writer_threads": .array(threads.map { .string($0) }),
      "in_process": inProcess?.json ?? .null,
    ]
  }

  /// The rows of the table for people: what, and the figure.
  var rows: [(String, String)] {
    func figure(_ value: Double?, _ digits: Int = 2) -> String { value?.text(digits) ?? "–" }
    func milliseconds(_ times: ChangeTimes) -> String {
      "\(figure(times.all.p50.milliseconds)), \(figure(times.all.p99.milliseconds)) ms"
    }
    var rows = [
      ("cold start: process start to last commit", "\(figure(coldProcess.seconds)) s"),
      ("  synced to last commit, by the proxy's metrics", "\(figure(coldAccount.syncSeconds)) s"),
      ("  transactions", "\(coldWrites)"),
      ("a change: event's arrival to kernel, p50, p99", milliseconds(times)),
      ("  from the request to the API server to kernel", milliseconds(timesFromRequest)),
      ("CPU a change", "\(figure(cpuPerChange.milliseconds)) ms"),
      (
        "bytes, messages, transactions a change",
        "\(figure(bytesPerChange, 0)), \(figure(messagesPerChange, 1)), \(figure(writesPerChange, 1))"
      ),
      (
        "resident memory, without files, at most",
        "\(memory.residentBytes >> 20), \(memory.anonymousBytes >> 20), \(memory.peakBytes >> 20) MB"
      ),
      ("restart without change", "\(figure(restart.seconds)) s"),
      ("  reading and comparing, by the proxy's metrics", "\(figure(restartSync)) s"),
      ("  transactions", "\(restartWrites)"),
    ]
    if let inProcess {
      rows += [
        ("in process: state to last commit", "\(figure(inProcess.coldSync.seconds)) s"),
        ("  a change: state to kernel, p50, p99", milliseconds(inProcess.times)),
        ("  CPU a change", "\(figure(inProcess.cpuPerChange.milliseconds)) ms"),
        ("  restart, transactions", "\(figure(inProcess.restart.seconds)) s, \(inProcess.restartWrites)"),
      ]
    }
    return rows
  }
}
