import ArgumentParser
import ClusterDNS
import KubeAPI
import Netlink

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Benchmarks: a table for people, --json for machines.", subcommands: [BenchServices.self, BenchDNS.self])
}

struct BenchServices: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "services", abstract: "Cost of the service proxy: cold start, a change, a restart.",
    discussion: "The table is written in a network namespace of the benchmark's own.")

  @Option(help: "How many Services.") var services = 10_000
  @Option(help: "How many endpoints each has.") var endpoints = 5
  @Option(help: "How many changes of each kind.") var changes = 200
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    guard (1...60_000).contains(services) else { throw ValidationError("--services takes a number from 1 to 60000") }
    guard (1...1_000).contains(endpoints) else { throw ValidationError("--endpoints takes a number from 1 to 1000") }
    guard services * endpoints < 1 << 20 else { throw ValidationError("at most 1048575 endpoints in all") }
    guard changes > 0 else { throw ValidationError("--changes takes a number above 0") }
  }

  func run() throws {
    try Preflight.requireRoot("bench services")
    let report = try ServicesBench(services: services, endpoints: endpoints, changes: changes).run()
    let times = report.changeTimes.sorted()
    let (p50, p99) = (times[times.count / 2], times[min(times.count - 1, times.count * 99 / 100)])
    if json {
      let value: JSONValue = [
        "writer": "skiff", "machine": .string(Machine.description), "services": .integer(Int64(services)),
        "endpoints": .integer(Int64(endpoints)), "cold_sync_seconds": .number(report.coldSync / .seconds(1)),
        "cold_elements": .integer(Int64(report.coldElements)), "cold_bytes": .integer(Int64(report.coldBytes)),
        "changes": .integer(Int64(times.count)),
        "change_ms": ["p50": .number(p50 / .milliseconds(1)), "p99": .number(p99 / .milliseconds(1))],
        "cpu_ms_per_change": .number(report.changeCPU / .milliseconds(1)),
        "restart_seconds": .number(report.restart / .seconds(1)),
        "restart_writes": .integer(Int64(report.restartWrites)), "rss_bytes": .integer(Int64(report.residentBytes)),
      ]
      Console.line(value.text)
      return
    }
    Console.line("skiff's service proxy, \(services) services of \(endpoints) endpoints, on \(Machine.description)\n")
    let rows = [
      ["cold start, state to commit", "\(report.coldSync / .seconds(1)) s"],
      ["  elements, bytes", "\(report.coldElements), \(report.coldBytes)"],
      ["a change, p50", "\(p50 / .milliseconds(1)) ms"], ["a change, p99", "\(p99 / .milliseconds(1)) ms"],
      ["CPU a change", "\(report.changeCPU / .milliseconds(1)) ms"],
      ["restart without change", "\(report.restart / .seconds(1)) s"],
      ["  transactions written", "\(report.restartWrites)"],
      ["resident, all of the benchmark", "\(report.residentBytes >> 20) MB"],
    ]
    for line in Table.aligned(rows) { Console.line(line) }
  }
}

struct BenchDNS: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dns", abstract: "Queries that cluster DNS answers in a second of its CPU time.",
    discussion: "Server and clients run over the loopback.")

  @Option(help: "How many Services.") var services = 10_000
  @Option(help: "How many endpoints each has.") var endpoints = 5
  @Option(help: "address (A records that exist) or mixed.") var load = "address"
  @Option(help: "How long each run lasts, in seconds.") var seconds = 5
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    guard (1...100_000).contains(services) else { throw ValidationError("--services takes a number from 1 to 100000") }
    guard (1...1_000).contains(endpoints) else { throw ValidationError("--endpoints takes a number from 1 to 1000") }
    guard DNSBench.Load(rawValue: load) != nil else { throw ValidationError("--load is address or mixed") }
    guard (1...600).contains(seconds) else { throw ValidationError("--seconds takes a number from 1 to 600") }
  }

  func run() async throws {
    let bench = DNSBench(
      DNSBench.Options(
        services: services, endpoints: endpoints, load: DNSBench.Load(rawValue: load) ?? .address,
        duration: .seconds(seconds)))
    let report = try await bench.run()
    if json {
      var value = report.json
      value["machine"] = .string(Machine.description)
      Console.line(value.text)
      return
    }
    Console.line("skiff's cluster DNS, \(services) services, UDP, \(load), on \(Machine.description)\n")
    let rows = [
      ["queries a CPU second", "\(Int(report.queriesPerCPUSecond))"],
      ["  a bare echo with the same sockets", "\(Int(report.echoQueriesPerCPUSecond))"],
      ["queries a second", "\(Int(report.queriesPerSecond))"],
      ["latency p50, p99", "\(report.latencyP50) µs, \(report.latencyP99) µs"],
      ["zone", "\(report.zoneBytes >> 10) KiB"],
    ]
    for line in Table.aligned(rows) { Console.line(line) }
  }
}

extension JSONValue {
  /// A number with a fraction.
  static func number(_ value: Double) -> JSONValue { value.jsonValue }
}
