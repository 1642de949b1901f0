import KubeAPI
import KubeClient

#if canImport(Glibc)
  import Glibc
#endif

/// Measures a service proxy as a process of its own, from outside and alike for any. README.md says what each figure is.
struct ServicesBench: Sendable {
  let stage: BenchStage
  let objects: BenchObjects
  /// Changes of each kind.
  let changes: Int

  /// Measures with the Services that the API server has by now.
  func run(services: Int) async throws -> ServicesReport {
    Console.progress("\(services) services: cold start")
    let cold = try await stage.start(ServiceProbes(services: services))
    let session = cold.session
    let before = ProxyAccount.now
    var report = ServicesReport(
      writer: stage.proxy.writer, services: services, endpoints: objects.endpoints, coldProcess: cold.time,
      coldWrites: cold.writes, coldAccount: before)

    Console.progress("\(services) services: \(changes) changes of each kind")
    let (usage, mark) = (session.usage, cold.log.count)
    try await change(services, cold, into: &report)
    let usageAfter = session.usage
    let count = report.times.all.count
    report.cpuPerChange = (usageAfter.cpu - usage.cpu) / count
    report.writesPerChange = Double(cold.log.count - mark) / Double(count)
    report.accountOfChanges = ProxyAccount.now - before
    report.memory = usageAfter
    report.threads = Set(cold.log.entries(from: mark).map(\.generation.threadName)).sorted()

    Console.progress("\(services) services: restart")
    stage.end(cold)
    let again = try await stage.restart()
    report.restart = again.time
    report.restartWrites = again.writes
    report.restartSync = ProxyAccount.now.syncSeconds
    stage.end(again)
    return report
  }

  private func change(_ services: Int, _ start: BenchStage.Start, into report: inout ServicesReport) async throws {
    let events = try EventTap(from: BenchAPIServer.name)
    defer { events.stop() }
    for round in 0..<changes {
      // A prime, so that the Services are spread over all.
      let index = round * 7919 % services
      for kind in ChangeKind.allCases {
        guard start.session.isRunning else {
          throw UserError("the proxy has ended: \(start.session.lastWords)")
        }
        let (mark, event) = (start.log.count, events.count)
        let asked = ContinuousClock.now
        try await apply(kind, index)
        let entry = try await start.log.settled(
          from: mark, quiet: stage.proxy.quiet, within: .seconds(120), "\(kind.rawValue)")
        report.times.add(try await events.time(of: event).duration(to: entry.time), kind)
        report.timesFromRequest.add(asked.duration(to: entry.time), kind)
      }
    }
  }

  private func apply(_ kind: ChangeKind, _ index: Int) async throws {
    let client = stage.server.client
    let all = objects.endpoints(of: index)
    func write(_ endpoints: [Endpoint]) async throws {
      let last = (all.count - 1) / BenchObjects.sliceSize
      let slice = BenchObjects.slice(
        BenchObjects.name(index), last, Array(endpoints[(last * BenchObjects.sliceSize)...]),
        ports: [("http", BenchObjects.targetPort)])
      _ = try await client.update(slice)
    }
    switch kind {
    case .endpointRemoved: try await write(all.dropLast())
    case .endpointAdded, .endpointReady: try await write(all)
    case .endpointNotReady:
      try await write(all.dropLast() + [BenchObjects.endpoint((index + 1) * objects.endpoints - 1, isReady: false)])
    case .serviceRemoved:
      try await client.delete(
        KubeAPI.Service.self, ObjectKey(namespace: BenchObjects.namespace, name: BenchObjects.name(index)))
    case .serviceAdded: _ = try await client.create(objects.service(index))
    }
  }
}
