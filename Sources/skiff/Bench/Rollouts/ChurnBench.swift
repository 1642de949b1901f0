import KubeAPI

/// Many endpoints that come and go all the time, under a load of new connections.
///
/// Each write replaces half of a Service's endpoints, so that every Service always has some that stay.
struct ChurnBench: Sendable {
  let stage: BenchStage
  let network: TrafficNetwork
  let services: Int
  /// Of each Service; even.
  let endpoints: Int
  /// Endpoints that are replaced in a second.
  let rate: Int
  let duration: Duration
  /// Connections a second.
  let load: Int

  /// Each has Services of its own, so that writes to one Service keep their order.
  private static let writers = 8
  /// An address comes back after so many times as many as are in use.
  static let pool = 10

  func run() async throws -> ChurnReport {
    let pods = try Acceptor(
      "bench-pod", port: UInt16(BenchObjects.targetPort), in: network.pods, serve: ConnectionLoad.sayAddress)
    defer { pods.stop() }
    Console.progress("loading the API server")
    for service in 0..<services {
      _ = try await stage.server.client.create(slice(service, 0))
      _ = try await stage.server.client.create(BenchObjects(endpoints: endpoints).service(service))
    }
    Console.progress("cold start")
    let start = try await stage.start(ServiceProbes(services: services))

    Console.progress("replacing \(rate) endpoints a second for \(duration)")
    let ledger = EndpointLedger()
    let names = (0..<services).map { SocketName(BenchNetworks.clusterIP($0), port: UInt16(BenchObjects.port)) }
    let clients = try ConnectionLoad(from: network.client, to: names, rate: load, ledger: ledger)
    let outcome: Result<ChurnReport, any Error>
    do {
      outcome = .success(try await churn(start, ledger))
    } catch {
      outcome = .failure(error)
    }
    let connections = try clients.stop()
    var report = try outcome.get()
    report.connections = connections
    stage.end(start)
    return report
  }

  private func churn(_ start: BenchStage.Start, _ ledger: EndpointLedger) async throws -> ChurnReport {
    let session = start.session
    let begin = ContinuousClock.now
    let (cpu, mark) = (session.usage.cpu, start.log.count)
    return try await withThrowingTaskGroup(of: Int.self) { group in
      for writer in 0..<Self.writers { group.addTask { try await write(as: writer, since: begin, ledger) } }
      var memory: [Int] = []
      while begin.duration(to: .now) < duration {
        guard session.isRunning else { throw UserError("the proxy has ended: \(session.lastWords)") }
        memory.append(session.usage.residentBytes)
        try await Task.sleep(for: min(.seconds(1), duration / 10))
      }
      var writes = 0
      for try await count in group { writes += count }
      let elapsed = begin.duration(to: .now)
      return ChurnReport(
        writer: stage.proxy.writer, services: services, endpoints: endpoints, elapsed: elapsed,
        replaced: writes * endpoints / 2, transactions: start.log.count - mark, cpu: session.usage.cpu - cpu,
        residentBytes: memory + [session.usage.residentBytes])
    }
  }

  /// Writes to the Services of one writer in turns, until the time is over.
  /// - Returns: how many writes there were.
  private func write(as writer: Int, since begin: ContinuousClock.Instant, _ ledger: EndpointLedger) async throws -> Int
  {
    let own = Array(stride(from: writer, to: services, by: Self.writers))
    guard !own.isEmpty else { return 0 }
    // The share of the whole rate that these Services have.
    let interval = Duration.seconds(1) * (endpoints / 2) * services / (rate * own.count)
    var step = 0
    while begin.duration(to: .now) < duration {
      let due = begin + interval * step
      if due > .now { try await Task.sleep(until: due, clock: .continuous) }
      let service = own[step % own.count]
      let round = step / own.count + 1
      let (before, after) = (addresses(service, round - 1), addresses(service, round))
      ledger.add(after)
      _ = try await stage.server.client.update(slice(service, round))
      ledger.remove(Set(before).subtracting(after))
      step += 1
    }
    return step
  }

  /// The endpoints of a Service in a round: half of them are those of the round before.
  private func numbers(_ service: Int, _ round: Int) -> [Int] {
    let size = endpoints * Self.pool
    return (0..<endpoints).map { service * size + (round * endpoints / 2 + $0) % size }
  }

  private func addresses(_ service: Int, _ round: Int) -> [UInt32] {
    numbers(service, round).map { SocketName(BenchNetworks.endpoint($0), port: 0).address }
  }

  private func slice(_ service: Int, _ round: Int) -> EndpointSlice {
    BenchObjects.slice(
      BenchObjects.name(service), 0, numbers(service, round).map { BenchObjects.endpoint($0) },
      ports: [("http", BenchObjects.targetPort)])
  }
}
