import ArgumentParser
import Logging

struct BenchServices: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "services", abstract: "Cost of a service proxy: cold start, a change, a restart.",
    discussion: """
      The proxy is a process of its own in a network namespace of the benchmark's, and talks to an API server that \
      serves so many Services. It is timed from outside, by the kernel's notifications; for skiff's own proxy, the way \
      from its state to the kernel is also timed in the benchmark's process.

      With --peer-command another proxy is measured in the same way. {kubeconfig} and {node} are replaced in it; \
      Services have addresses in \(BenchNetworks.serviceCIDR), pods in \(BenchNetworks.clusterCIDR). It must answer \
      on port \(MeasuredProxy.healthPort) for its health, as kube-proxy does.
      """)

  @Option(help: ArgumentHelp("How many Services; several numbers with commas between.", valueName: "numbers"))
  var services = SizeList([10_000])
  @Option(help: "How many endpoints each has.") var endpoints = 5
  @Option(help: "How many changes of each kind.") var changes = 200
  @OptionGroup var peer: PeerOptions
  @OptionGroup var output: BenchOutputOptions

  func validate() throws {
    guard services.allSatisfy(1...100_000) else {
      throw ValidationError("--services takes numbers from 1 to 100000")
    }
    guard (1...5_000).contains(endpoints) else { throw ValidationError("--endpoints takes a number from 1 to 5000") }
    guard (services.sizes.max() ?? 0) * endpoints <= BenchNetworks.endpointLimit else {
      throw ValidationError("at most \(BenchNetworks.endpointLimit) endpoints in all")
    }
    guard changes > 0 else { throw ValidationError("--changes takes a number above 0") }
  }

  func run() async throws {
    try Preflight.requireRoot("bench services")
    try BenchNamespace.enter()
    BenchLogging.bootstrap()
    let reports = try await BenchStage.with(proxy: peer.peerCommand) { stage in try await measure(stage) }
    try output.finish(plot: ServicesPlot(reports: reports).plot)
    guard !output.json else { return }
    let writer = reports.first?.writer ?? ""
    Console.line("The service proxy \(writer), Services of \(endpoints) endpoints, on \(Machine.description)\n")
    Console.table(reports.map { (["services", "\($0.services)"], $0.rows) })
  }

  private func measure(_ stage: BenchStage) async throws -> [ServicesReport] {
    try BenchNode.own(BenchNetworks.endpointCIDR)
    let acceptor = try Acceptor("bench-accept", port: UInt16(BenchObjects.targetPort)) { $0.close() }
    defer { acceptor.stop() }
    let bench = ServicesBench(stage: stage, objects: BenchObjects(endpoints: endpoints), changes: changes)
    var reports: [ServicesReport] = []
    var loaded = 0
    for size in services.sizes {
      Console.progress("\(size) services: loading the API server")
      try await stage.server.load(bench.objects, loaded..<size)
      loaded = size
      var report = try await bench.run(services: size)
      try BenchNode.forgetRules()
      if peer.peerCommand == nil {
        Console.progress("\(size) services: from the state to the kernel")
        report.inProcess = try ProgrammerBench(services: size, endpoints: endpoints, changes: changes).run()
      }
      if output.json { Console.line(report.json.text) }
      reports.append(report)
    }
    return reports
  }
}
