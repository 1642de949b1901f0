import CLinux
import Glibc
public import KubeAPI
import Logging
import Netlink
import Synchronization
import Telemetry

/// Measures the server: how many queries it answers in a second of its own CPU time, and how soon.
///
/// Server threads and load run in this process over loopback, in the calling thread's network namespace. The floor, an
/// echo with the same sockets and batches, is measured first with the same load.
public struct DNSBench: Sendable {
  /// What the clients ask for.
  public enum Load: String, Sendable, CaseIterable {
    /// A records of services that exist.
    case address
    /// A, AAAA (which services lack), SRV, PTR and names that do not exist, in equal parts.
    case mixed
  }

  public struct Options: Sendable {
    public var services: Int
    public var endpoints: Int
    public var load: Load
    /// How long each of the two runs lasts.
    public var duration: Duration
    /// Server threads, and client threads.
    public var threads: Int
    /// Queries that each client has under way at a time.
    public var window: Int

    public init(
      services: Int = 10_000, endpoints: Int = 5, load: Load = .address, duration: Duration = .seconds(5),
      threads: Int = 1, window: Int = 64
    ) {
      self.services = services
      self.endpoints = endpoints
      self.load = load
      self.duration = duration
      self.threads = threads
      self.window = window
    }
  }

  public struct Report: Sendable {
    public var server = "skiff"
    public var services: Int
    public var endpoints: Int
    public var load: Load
    public var transport = "udp"
    public var queriesPerSecond: Double
    public var queriesPerCPUSecond: Double
    public var echoQueriesPerCPUSecond: Double
    /// From send to receipt, in microseconds, at the load of the run.
    public var latencyP50: Double
    public var latencyP99: Double
    /// Resident memory of the whole process, the load's included.
    public var residentBytes: Int
    public var zoneBytes: Int
    public var names: Int
    /// How long the zone took from the complete lists to the first snapshot, and one change to its answer (p99).
    public var loadMilliseconds: Double
    public var changeMicrosecondsP99: Double
    public var lost: Int
    public var wrong: Int

    public var json: JSONValue {
      func number(_ value: Double) -> JSONValue { .decimal("\((value * 10).rounded() / 10)") }
      return [
        "server": .string(server), "services": .integer(Int64(services)), "endpoints": .integer(Int64(endpoints)),
        "load": .string(load.rawValue), "transport": .string(transport),
        "queries_per_second": number(queriesPerSecond), "queries_per_cpu_second": number(queriesPerCPUSecond),
        "echo_queries_per_cpu_second": number(echoQueriesPerCPUSecond),
        "latency_us": ["p50": number(latencyP50), "p99": number(latencyP99)],
        "rss_bytes": .integer(Int64(residentBytes)), "zone_bytes": .integer(Int64(zoneBytes)),
        "names": .integer(Int64(names)), "load_ms": number(loadMilliseconds),
        "change_us": ["p99": number(changeMicrosecondsP99)], "lost": .integer(Int64(lost)),
        "wrong": .integer(Int64(wrong)),
      ]
    }
  }

  private let options: Options

  public init(_ options: Options) { self.options = options }

  /// Blocks for about twice the duration; call it away from the tasks' own threads.
  /// - Throws: ``DNSServerError`` where sockets or threads cannot be made.
  public func run() async throws -> Report {
    let settings = try DNSConfiguration().answerSettings(nodeName: "bench", version: "skiff")
    guard let planner = ZonePlanner(zone: settings.zone, podNames: .insecure) else {
      throw DNSServerError("use", "cluster domain", reason: "it is too long")
    }
    let zone = ClusterZone(
      planner, servers: [IPAddress(10, 96, 0, 10)], metrics: DNSMetrics(MetricsRegistry(), zone: settings.zone),
      logger: Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() }))
    let cluster = BenchCluster(services: options.services, endpoints: options.endpoints)
    let begin = MonotonicClock.nanoseconds()
    await cluster.load(zone)
    let loadTime = MonotonicClock.nanoseconds() - begin
    let change = await cluster.changeTime(zone)
    let (names, bytes) = await zone.size

    let queries = cluster.queries(options.load)
    let echo = try measure(queries, isEcho: true) { socket in
      EchoServer(socket)
    }
    let run = try measure(queries, isEcho: false) { socket in
      DatagramServer(
        socket, zone.store, LiveSettings(LiveSettings.Current(answer: settings) { _ in }),
        logger: Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() }), measuresCPU: true)
    }
    return Report(
      services: options.services, endpoints: options.endpoints, load: options.load,
      queriesPerSecond: run.perSecond, queriesPerCPUSecond: run.perCPUSecond,
      echoQueriesPerCPUSecond: echo.perCPUSecond, latencyP50: run.latency(0.5), latencyP99: run.latency(0.99),
      residentBytes: Self.residentBytes(), zoneBytes: bytes, names: names,
      loadMilliseconds: Double(loadTime) / 1e6, changeMicrosecondsP99: change, lost: run.lost, wrong: run.wrong)
  }

  private struct Measured {
    var perSecond: Double
    var perCPUSecond: Double
    var latencies: [UInt64]
    var lost: Int
    var wrong: Int

    func latency(_ quantile: Double) -> Double {
      guard !latencies.isEmpty else { return 0 }
      var rest = Int(quantile * Double(latencies.reduce(0, +)))
      for (bucket, count) in latencies.enumerated() {
        rest -= Int(count)
        if rest < 0 { return BenchClient.microseconds(bucket) }
      }
      return BenchClient.microseconds(latencies.count - 1)
    }
  }

  private func measure(
    _ queries: [BenchQuery], isEcho: Bool, _ make: (Listeners.Socket) -> any BenchServer
  ) throws -> Measured {
    let listeners = try Listeners([ListenAddress(IPAddress(127, 0, 0, 1), port: 0)], threads: options.threads)
    defer { listeners.closeAll() }
    let servers = listeners.datagram.map(make)
    var serverThreads: [ServingThread] = []
    for (index, server) in servers.enumerated() { serverThreads.append(try server.start(index: index)) }
    defer {
      for server in servers { server.stop() }
      for thread in serverThreads { thread.interruptAndJoin() }
    }
    let clients = (0..<options.threads).map { index in
      BenchClient(
        listeners.stream[0].address, queries, window: options.window, duration: options.duration, isEcho: isEcho,
        start: index * 7919)
    }
    let begin = MonotonicClock.nanoseconds()
    let threads = try clients.map { client in try ServingThread(name: "dns-load") { client.run() } }
    for thread in threads { thread.join() }
    let seconds = Double(MonotonicClock.nanoseconds() - begin) / 1e9
    let results = clients.map(\.result)
    let answered = results.reduce(0) { $0 + $1.answered }
    let cpu = Double(servers.reduce(0) { $0 + $1.usedCPU }) / 1e9
    var latencies = [UInt64](repeating: 0, count: BenchClient.buckets)
    for result in results { for (index, count) in result.latencies.enumerated() { latencies[index] += count } }
    return Measured(
      perSecond: Double(answered) / seconds, perCPUSecond: cpu > 0 ? Double(answered) / cpu : 0,
      latencies: latencies, lost: results.reduce(0) { $0 + $1.lost }, wrong: results.reduce(0) { $0 + $1.wrong })
  }

  static func residentBytes() -> Int {
    guard let text = TextFile.read("/proc/self/status"),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
      let kilobytes = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap({ Int($0) })
    else { return 0 }
    return kilobytes * 1024
  }
}
