import ArgumentParser

struct BenchChurn: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "churn", abstract: "Replace endpoints all the time, under new connections.",
    discussion: """
      Every write replaces half of the endpoints of a Service. Counted are connections that are refused although their \
      Service always has endpoints, and those that an endpoint answers which had been gone for more than 50 ms.
      """)

  @Option(help: "How long.") var seconds = 60
  @Option(help: "How many endpoints are replaced in a second.") var rate = 1_000
  @Option(help: "How many Services there are.") var services = 100
  @Option(help: "How many endpoints each has, an even number.") var endpoints = 20
  @Option(help: "Connections a second.") var connections = 1_000
  @OptionGroup var peer: PeerOptions
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    guard (1...86_400).contains(seconds) else { throw ValidationError("--seconds takes a number from 1 to 86400") }
    guard (1...100_000).contains(rate) else { throw ValidationError("--rate takes a number from 1 to 100000") }
    guard (1...10_000).contains(services) else { throw ValidationError("--services takes a number from 1 to 10000") }
    guard (2...100).contains(endpoints), endpoints.isMultiple(of: 2) else {
      throw ValidationError("--endpoints takes an even number from 2 to 100")
    }
    guard services * endpoints * ChurnBench.pool <= BenchNetworks.endpointLimit else {
      throw ValidationError("at most \(BenchNetworks.endpointLimit / ChurnBench.pool) endpoints in all")
    }
    guard (1...20_000).contains(connections) else {
      throw ValidationError("--connections takes a number from 1 to 20000")
    }
  }

  func run() async throws {
    try Preflight.requireRoot("bench churn")
    try BenchNamespace.enter()
    BenchLogging.bootstrap()
    let report = try await BenchStage.with(proxy: peer.peerCommand) { stage in
      try await ChurnBench(
        stage: stage, network: try .build(), services: services, endpoints: endpoints, rate: rate,
        duration: .seconds(seconds), load: connections
      ).run()
    }
    if json { return Console.line(report.json.text) }
    Console.line("The service proxy \(report.writer) while endpoints come and go, on \(Machine.description)\n")
    for line in Table.aligned(report.rows.map { [$0.0, $0.1] }) { Console.line(line) }
  }
}
