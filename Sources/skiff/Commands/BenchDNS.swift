import ArgumentParser
import ClusterDNS
import KubeAPI

struct BenchDNS: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dns", abstract: "Cluster DNS: queries a CPU second, latency, memory, changes.",
    discussion: """
      The server is a process of its own in a network namespace of the benchmark's, and follows an API server that \
      serves so many Services; it is asked from a pod's namespace. An echo with the same sockets is measured in turns \
      with it: what sockets and packets alone cost. Every answer is checked.

      With --peer-command another server is measured in the same way. Replaced in it are {address} and {port}, where it \
      must listen, {threads}, {folder}, a folder for its files, {upstream}, a name server for all other names, \
      {kubeconfig}, with which it can reach the API server, and {zone} and {reverse}: files with the zones \
      \(DNSNames.domain) and 10.in-addr.arpa, for servers that know no API server.
      """)

  @Option(help: ArgumentHelp("How many Services; several numbers with commas between.", valueName: "numbers"))
  var services = SizeList([1, 1_000, 10_000])
  @Option(help: "How many endpoints each has.") var endpoints = 5
  @Option(help: "udp or tcp; both where it is left out.") var transport: DNSTransport?
  @Option(help: "address, missing, mixed or forwarded; all of them where it is left out.") var load: DNSLoadKind?
  @Option(help: "How long each kind of query is asked, in seconds.") var seconds = 3
  @Option(help: "How many threads of the server serve.") var threads = 1
  @Option(help: "How many Services go and come back, to time the answers.") var changes = 100
  @Flag(help: "Have the server list everything anew at the end, to see its memory.") var relist = false
  @Option(
    help: ArgumentHelp("Start this server in place of skiff's; names in braces are replaced.", valueName: "command"))
  var peerCommand: String?
  @OptionGroup var output: BenchOutputOptions

  func validate() throws {
    guard services.allSatisfy(1...200_000) else {
      throw ValidationError("--services takes numbers from 1 to 200000")
    }
    guard (1...1_000).contains(endpoints) else { throw ValidationError("--endpoints takes a number from 1 to 1000") }
    guard (services.sizes.max() ?? 0) * endpoints < BenchNetworks.endpointLimit else {
      throw ValidationError("fewer than \(BenchNetworks.endpointLimit) endpoints in all")
    }
    guard (1...600).contains(seconds) else { throw ValidationError("--seconds takes a number from 1 to 600") }
    guard (1...64).contains(threads) else { throw ValidationError("--threads takes a number from 1 to 64") }
    guard (0...100_000).contains(changes) else { throw ValidationError("--changes takes a number from 0 to 100000") }
  }

  func run() async throws {
    try Preflight.requireRoot("bench dns")
    try BenchNamespace.enter()
    BenchLogging.bootstrap()
    let peer = peerCommand.map { PeerCommand(text: $0) }
    let reports = try await DNSStage.with(peer: peer, threads: threads) { stage in try await measure(stage) }
    try output.finish(plot: DNSPlot(reports: reports).plot)
    guard !output.json else { return }
    Console.line(
      "Cluster DNS \(reports.first?.server ?? ""), Services of \(endpoints) endpoints, on \(Machine.description)\n")
    Console.table(reports.map { (["services", "\($0.services)"], $0.rows) })
  }

  private func measure(_ stage: DNSStage) async throws -> [DNSReport] {
    let objects = BenchObjects(endpoints: endpoints)
    var reports: [DNSReport] = []
    var loaded = 0
    for size in services.sizes {
      if let server = stage.server {
        Console.progress("\(size) services: loading the API server")
        try await server.load(objects, loaded..<size)
        loaded = size
      }
      let bench = DNSBench(
        stage: stage, services: size, endpoints: endpoints, transports: transport.map { [$0] } ?? DNSTransport.allCases,
        kinds: load.map { [$0] } ?? DNSLoadKind.allCases, duration: .seconds(seconds), changes: changes,
        relists: relist)
      let report = try await bench.run()
      if output.json { for value in report.json { Console.line(value.text) } }
      reports.append(report)
    }
    return reports
  }
}

extension DNSTransport: ExpressibleByArgument {}
extension DNSLoadKind: ExpressibleByArgument {}
