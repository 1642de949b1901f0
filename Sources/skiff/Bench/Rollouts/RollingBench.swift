import KubeAPI

/// One Service of many endpoints, which are replaced one by one, under a load of new connections.
struct RollingBench: Sendable {
  let stage: BenchStage
  let network: TrafficNetwork
  let endpoints: Int
  /// How many of them are replaced.
  let changes: Int
  /// Connections a second.
  let load: Int

  private static let service = BenchObjects.name(0)
  private static let ports: [(name: String, port: Int32)] = [("http", BenchObjects.targetPort)]

  func run() async throws -> RollingReport {
    let pods = try Acceptor(
      "bench-pod", port: UInt16(BenchObjects.targetPort), in: network.pods, serve: ConnectionLoad.sayAddress)
    defer { pods.stop() }
    var members = Array(0..<endpoints)
    for slice in BenchObjects.slices(Self.service, members.map { BenchObjects.endpoint($0) }, ports: Self.ports) {
      _ = try await stage.server.client.create(slice)
    }
    _ = try await stage.server.client.create(BenchObjects(endpoints: endpoints).service(0))
    let name = SocketName(BenchNetworks.clusterIP(0), port: UInt16(BenchObjects.port))
    Console.progress("cold start")
    let start = try await stage.start(ServiceProbes([name]))

    Console.progress("replacing \(changes) of \(endpoints) endpoints")
    let ledger = EndpointLedger()
    let clients = try ConnectionLoad(from: network.client, to: [name], rate: load, ledger: ledger)
    var report = RollingReport(writer: stage.proxy.writer, endpoints: endpoints)
    let usage = start.session.usage
    let outcome: Result<Void, any Error>
    do {
      outcome = .success(try await replace(&members, start, ledger, into: &report))
    } catch {
      outcome = .failure(error)
    }
    report.connections = try clients.stop()
    try outcome.get()
    let after = start.session.usage
    report.cpuPerChange = (after.cpu - usage.cpu) / changes
    report.residentBytes = after.residentBytes
    stage.end(start)
    return report
  }

  private func replace(
    _ members: inout [Int], _ start: BenchStage.Start, _ ledger: EndpointLedger, into report: inout RollingReport
  ) async throws {
    var (times, timesFromRequest): ([Duration], [Duration]) = ([], [])
    let events = try EventTap(from: BenchAPIServer.name)
    defer { events.stop() }
    for index in 0..<changes {
      guard start.session.isRunning else {
        throw UserError("the proxy has ended: \(start.session.lastWords)")
      }
      let removed = members[index]
      members[index] = endpoints + index
      let first = index / BenchObjects.sliceSize * BenchObjects.sliceSize
      let slice = members[first..<min(first + BenchObjects.sliceSize, endpoints)].map { BenchObjects.endpoint($0) }
      let (mark, event) = (start.log.count, events.count)
      let asked = ContinuousClock.now
      _ = try await stage.server.client.update(
        BenchObjects.slice(Self.service, index / BenchObjects.sliceSize, slice, ports: Self.ports))
      ledger.remove([SocketName(BenchNetworks.endpoint(removed), port: 0).address])
      let entry = try await start.log.settled(
        from: mark, quiet: min(stage.proxy.quiet, .milliseconds(5)), within: .seconds(120), "endpoint \(index)")
      times.append(try await events.time(of: event).duration(to: entry.time))
      timesFromRequest.append(asked.duration(to: entry.time))
    }
    report.times = Distribution(times)
    report.timesFromRequest = Distribution(timesFromRequest)
  }
}
