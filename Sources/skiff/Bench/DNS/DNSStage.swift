import ClusterDNS
import Netlink

/// What the benchmark of cluster DNS stands on: the node's namespace with an API server, an echo and an upstream in it,
/// and a pod's namespace from which it is asked.
struct DNSStage: Sendable {
  /// Nil where the server that is measured does not ask for one.
  let server: BenchAPIServer?
  let program: DNSProgram
  let pod: NetworkNamespace
  let upstream: BenchUpstream
  let echo: Session

  /// Where the floor is measured.
  static let echoAddress = ListenAddress(DNSProgram.address.address, port: 5_300)

  /// Sets the stage in the calling process's network namespace, which is the benchmark's own, and takes it away again.
  static func with<Result: Sendable>(
    peer: PeerCommand?, threads: Int, _ body: @Sendable (DNSStage) async throws -> Result
  ) async throws -> Result {
    try await BenchScratch.with { scratch in
      defer { BenchNamespace.endOthers() }
      try BenchNode.configure()
      try RouteSocket().replace(
        InterfaceAddress(DNSProgram.address.address, interface: BenchNetworks.loopback))
      let network = try TrafficNetwork.build()
      let upstream = try BenchUpstream()
      defer { upstream.stop() }
      let echo = try scratch.start(
        "echo", [try Files.ownExecutable(), "bench", "echo", "\(echoAddress)", "--threads", "\(threads)"])
      func run(_ server: BenchAPIServer?) async throws -> Result {
        let program = DNSProgram(peer: peer, kubeconfig: server?.kubeconfig, scratch: scratch, threads: threads)
        return try await body(
          DNSStage(server: server, program: program, pod: network.client, upstream: upstream, echo: echo))
      }
      guard peer?.mentions("kubeconfig") ?? true else { return try await run(nil) }
      return try await BenchAPIServer.with(scratch) { try await run($0) }
    }
  }

  /// Starts the server. It has started when it answers for the first of the Services, the last, and some between.
  /// - Returns: how long it took.
  func start(_ names: DNSNames) async throws -> (session: Session, time: Duration) {
    let begin = ContinuousClock.now
    let session = try program.start(names)
    let watch = try AnswerWatch(from: pod)
    for probe in names.probes {
      while try !watch.isAnswered(probe) {
        guard session.isRunning else { throw UserError("the DNS server has ended: \(session.lastWords)") }
        guard begin.duration(to: .now) < .seconds(600) else {
          throw UserError("the DNS server does not answer as it must: \(session.lastWords)")
        }
        try await Task.sleep(for: .milliseconds(5))
      }
    }
    return (session, begin.duration(to: .now))
  }
}
