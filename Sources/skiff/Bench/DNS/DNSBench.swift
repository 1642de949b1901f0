import ClusterDNS
import Netlink

/// Measures a DNS server as a process of its own, from a pod's network namespace. README.md says what each figure is.
struct DNSBench: Sendable {
  let stage: DNSStage
  let services: Int
  let endpoints: Int
  let transports: [DNSTransport]
  let kinds: [DNSLoadKind]
  /// How long each kind of query is asked over each transport.
  let duration: Duration
  /// Changes that are timed.
  let changes: Int
  /// Whether the server's lists are made anew, at the end.
  let relists: Bool

  /// Servers take turns, so that what slows the machine slows all.
  private static let turn = Duration.milliseconds(500)
  /// Queries under way: of one UDP socket, or of all TCP connections.
  private static let window = 64
  private static let connections = 16
  private static let equalQueries = 10_000

  func run() async throws -> DNSReport {
    let names = DNSNames(services: services)
    Console.progress("\(services) services: start")
    let (session, time) = try await stage.start(names)
    defer { stage.program.scratch.end(session) }
    var report = DNSReport(
      server: stage.program.name, services: services, endpoints: endpoints, threads: stage.program.threads, start: time)
    for transport in transports {
      Console.progress("\(services) services: queries over \(transport.rawValue)")
      report.runs += try queries(transport, names, session)
    }
    report.memory = session.usage
    if stage.program.forwards, kinds.contains(.forwarded) { report.equalMisses = try equalMisses() }
    guard let server = stage.server, stage.program.followsCluster else { return report }
    if changes > 0, services > 1 {
      Console.progress("\(services) services: \(changes) changes")
      report.changes = try await DNSChanges(stage: stage, server: server, session: session, services: services)
        .run(changes)
    }
    if relists {
      Console.progress("\(services) services: all lists anew")
      report.relist = try await DNSRelist(stage: stage, server: server, session: session).run()
    }
    return report
  }

  // MARK: Queries

  /// One client, and what it has found out.
  private final class Client {
    let run: (Duration) -> LoadResult
    init(_ run: @escaping (Duration) -> LoadResult) { self.run = run }
  }

  private func client(
    _ transport: DNSTransport, _ address: ListenAddress, _ queries: [CheckedQuery], isEcho: Bool = false
  ) throws -> Client {
    try stage.pod.run { () throws -> Client in
      switch transport {
      case .udp:
        let load = try DatagramLoad(address, queries, window: Self.window, isEcho: isEcho)
        return Client { load.run(for: $0) }
      case .tcp:
        let load = try StreamLoad(
          address, queries, connections: Self.connections, window: Self.window / Self.connections, isEcho: isEcho)
        return Client { load.run(for: $0) }
      }
    }
  }

  private func queries(_ transport: DNSTransport, _ names: DNSNames, _ session: Session) throws -> [DNSRun] {
    var runs = kinds.filter { $0 != .forwarded || stage.program.forwards }.map { DNSRun(transport, $0) }
    let clients = try runs.map { try client(transport, DNSProgram.address, names.queries($0.kind)) }
    let echo = try client(transport, DNSStage.echoAddress, names.queries(.address), isEcho: true)
    // Threads, caches and connections are warm; answers of the upstream are there.
    _ = echo.run(.milliseconds(100))
    for client in clients { _ = client.run(.milliseconds(200)) }
    for round in 0..<max(1, Int(duration / Self.turn)) {
      let begin = stage.echo.cpuTime
      let floor = echo.run(Self.turn)
      let floorCPU = stage.echo.cpuTime - begin
      for place in runs.indices {
        let index = (place + round) % runs.count
        let begin = session.cpuTime
        runs[index].load += clients[index].run(Self.turn)
        runs[index].cpu += session.cpuTime - begin
        runs[index].echo += floor
        runs[index].echoCPU += floorCPU
      }
    }
    guard stage.echo.isRunning else { throw UserError("the echo has ended: \(stage.echo.lastWords)") }
    guard session.isRunning else { throw UserError("the DNS server has ended: \(session.lastWords)") }
    return runs
  }

  /// Asks for one name that is not known yet from ten pods at once, 1,000 times each.
  private func equalMisses() throws -> EqualQueries.Figures? {
    let number = DNSNames.outside + 1
    guard let query = CheckedQuery.address(DNSNames.outsideName(number), BenchUpstream.address(number)) else {
      return nil
    }
    // Less than the time after which a server would try again.
    stage.upstream.setDelay(150)
    defer { stage.upstream.setDelay(0) }
    let before = stage.upstream.count
    var sources = SourceAddresses()
    let answered = try EqualQueries(query, from: stage.pod, sockets: (0..<10).map { _ in sources.next() })
      .ask(Self.equalQueries / 10)
    return EqualQueries.Figures(
      queries: Self.equalQueries, answered: answered, upstream: stage.upstream.count - before)
  }
}
