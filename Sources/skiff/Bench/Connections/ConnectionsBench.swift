import KubeAPI
import Netlink

#if canImport(Glibc)
  import Glibc
#endif

/// Measures connections through a ClusterIP, a NodePort and straight to the pod, in turns, with so many Services.
struct ConnectionsBench: Sendable {
  let stage: BenchStage
  let network: TrafficNetwork
  let target: TargetService
  /// How long each figure of each way is measured in all.
  let duration: Duration

  /// How long one figure of one way is measured in a round.
  private static let turn = Duration.milliseconds(100)

  /// Measures with the Services that the API server has by now: `services` with the target.
  ///
  /// The rules outlive the proxy: it has ended, and the API server stands still, while connections are measured.
  func run(services: Int, probes: ServiceProbes) async throws -> ConnectionsReport {
    Console.progress("\(services) services: the proxy starts")
    let start = try await stage.start(probes)
    stage.end(start)
    let server = stage.server.session
    server.signal(SIGSTOP)
    defer { server.signal(SIGCONT) }
    Console.progress("\(services) services: connections")
    return try measure(services)
  }

  private func measure(_ services: Int) throws -> ConnectionsReport {
    let client = TrafficClient(namespace: network.client)
    let conntrack = try ConntrackSocket()
    let rounds = max(1, Int((duration / Self.turn).rounded(.up)))
    var report = ConnectionsReport(writer: stage.proxy.writer, services: services, rounds: rounds)
    // One turn to warm up: neighbours, caches, the processor's clock.
    _ = try client.connectionRate(to: target.destination(.direct, .accept), for: Self.turn)
    let paths = ConnectionPath.allCases
    for round in 0..<rounds {
      // Each is first as often as the others.
      for path in paths[(round % paths.count)...] + paths[..<(round % paths.count)] {
        func name(_ load: TargetService.Load) -> SocketName { target.destination(path, load) }
        var figures = report.figures(path)
        figures.connectionsPerSecond.append(try client.connectionRate(to: name(.accept), for: Self.turn))
        // Or else one way's connections would make look-ups slower for the next.
        try conntrack.deleteAll(ConntrackFilter(.v4))
        figures.firstPackets += try client.firstPackets(to: name(.accept), for: Self.turn)
        figures.requestsPerSecond.append(try client.requestRate(to: name(.echo), for: Self.turn))
        figures.bitsPerSecond.append(try client.throughput(to: name(.sink), for: Self.turn))
        try conntrack.deleteAll(ConntrackFilter(.v4))
        report.paths[path] = figures
      }
    }
    return report
  }
}
