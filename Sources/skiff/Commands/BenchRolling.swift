import ArgumentParser

struct BenchRolling: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rolling", abstract: "Replace all endpoints of one Service, one by one, under new connections.",
    discussion: """
      Clients connect to the Service from a network namespace of their own while its endpoints are replaced; counted \
      are connections that are refused, and those that an endpoint answers which had been gone for more than 50 ms.
      """)

  @Option(help: "How many endpoints the Service has.") var endpoints = 5_000
  @Option(help: "How many of them are replaced; all where it is left out.") var changes: Int?
  @Option(help: "Connections a second.") var connections = 1_000
  @OptionGroup var peer: PeerOptions
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    guard (1...50_000).contains(endpoints) else { throw ValidationError("--endpoints takes a number from 1 to 50000") }
    guard (1...endpoints).contains(changes ?? endpoints) else {
      throw ValidationError("--changes takes a number from 1 to \(endpoints), as many as there are endpoints")
    }
    guard (1...20_000).contains(connections) else {
      throw ValidationError("--connections takes a number from 1 to 20000")
    }
  }

  func run() async throws {
    try Preflight.requireRoot("bench rolling")
    try BenchNamespace.enter()
    BenchLogging.bootstrap()
    let report = try await BenchStage.with(proxy: peer.peerCommand) { stage in
      try await RollingBench(
        stage: stage, network: try .build(), endpoints: endpoints, changes: changes ?? endpoints, load: connections
      ).run()
    }
    if json { return Console.line(report.json.text) }
    Console.line("The service proxy \(report.writer), one Service that is rolled over, on \(Machine.description)\n")
    for line in Table.aligned(report.rows.map { [$0.0, $0.1] }) { Console.line(line) }
  }
}
