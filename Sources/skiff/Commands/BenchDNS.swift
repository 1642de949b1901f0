import ArgumentParser
import ClusterDNS
import KubeAPI

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
