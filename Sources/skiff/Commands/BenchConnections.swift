import ArgumentParser

struct BenchConnections: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "connections", abstract: "Cost of connections through a Service, beside those straight to the pod.",
    discussion: """
      A client and the pods are network namespaces beside the node. Connection rate, latency of the first packet, \
      request rate and throughput are measured through a ClusterIP, a NodePort and straight to the pod, in short turns, \
      with the same rules loaded. The rules are a proxy's that has ended, so that nothing else runs.
      """)

  @Option(help: ArgumentHelp("How many Services; several numbers with commas between.", valueName: "numbers"))
  var services = SizeList([1, 1_000, 10_000, 30_000])
  @Option(help: "How many endpoints each has.") var endpoints = 5
  @Option(help: "How long each figure of each way is measured, in seconds.") var seconds = 5
  @OptionGroup var peer: PeerOptions
  @OptionGroup var output: BenchOutputOptions

  func validate() throws {
    guard services.allSatisfy(1...100_000) else {
      throw ValidationError("--services takes numbers from 1 to 100000")
    }
    guard (1...100).contains(endpoints) else { throw ValidationError("--endpoints takes a number from 1 to 100") }
    guard (services.sizes.max() ?? 0) * endpoints <= BenchNetworks.endpointLimit else {
      throw ValidationError("at most \(BenchNetworks.endpointLimit) endpoints in all")
    }
    guard (1...3_600).contains(seconds) else { throw ValidationError("--seconds takes a number from 1 to 3600") }
  }

  func run() async throws {
    try Preflight.requireRoot("bench connections")
    try BenchNamespace.enter()
    BenchLogging.bootstrap()
    let reports = try await BenchStage.with(proxy: peer.peerCommand) { stage in try await measure(stage) }
    try output.finish(plot: ConnectionsPlot(reports: reports).plot)
    guard !output.json else { return }
    let writer = reports.first?.writer ?? ""
    Console.line("Connections by the rules of \(writer), on \(Machine.description)")
    Console.line("(in parentheses: in proportion to the same straight to the pod)\n")
    Console.table(reports.map { (["services", "\($0.services)"], $0.rows) })
  }

  private func measure(_ stage: BenchStage) async throws -> [ConnectionsReport] {
    let network = try TrafficNetwork.build()
    let pods = try TargetPods(in: network.pods)
    defer { pods.stop() }
    // The target is Service 0; the others follow.
    let objects = BenchObjects(endpoints: endpoints)
    let target = TargetService(endpoints: 0..<endpoints)
    for slice in target.slices { _ = try await stage.server.client.create(slice) }
    _ = try await stage.server.client.create(target.service)
    let bench = ConnectionsBench(stage: stage, network: network, target: target, duration: .seconds(seconds))
    var reports: [ConnectionsReport] = []
    var loaded = 1
    for size in services.sizes {
      Console.progress("\(size) services: loading the API server")
      try await stage.server.load(objects, loaded..<size)
      loaded = size
      let others = size > 1 ? [BenchNetworks.clusterIP(size - 1)] : []
      let probes = ServiceProbes(
        [target.destination(.clusterIP, .accept)]
          + others.map { SocketName($0, port: UInt16(BenchObjects.port)) })
      let report = try await bench.run(services: size, probes: probes)
      try BenchNode.forgetRules()
      if output.json { Console.line(report.json.text) }
      reports.append(report)
    }
    return reports
  }
}
