import Control
import KubeAPI
import KubeClient
import Logging
import Netlink

/// The API server that a measured proxy talks to: skiff's own control plane, a process of its own.
struct BenchAPIServer: Sendable {
  let session: Session
  let kubeconfig: String
  let client: KubeClient

  private static let port: UInt16 = 6_443
  /// Where proxies reach it.
  static let name = SocketName(BenchNetworks.nodeAddress, port: port)

  /// Objects are written by so many at a time.
  private static let writers = 24

  /// Runs it in the network namespace of the calling process while `body` runs, with the benchmark's node and namespace
  /// in it.
  static func with<Result: Sendable>(
    _ scratch: BenchScratch, _ body: (BenchAPIServer) async throws -> Result
  ) async throws -> Result {
    let session = try begin(scratch)
    let start = Start(session: session, deadline: .now + .seconds(60))
    let kubeconfig = CertificateFolder(path: "\(scratch.folder)/pki").adminKubeconfig
    while !Files.exists(kubeconfig) { try await start.wait("it has made no kubeconfig") }
    // By another address than the proxy, so that an event to the proxy can be told from an answer to the benchmark.
    var configuration = try ClientConfiguration(kubeconfig: kubeconfig)
    configuration.server = "https://127.0.0.1:\(port)"
    let client = try KubeClient(
      configuration, userAgent: "skiff-bench/\(Version.current)", logger: Logger(label: "bench"))
    let server = BenchAPIServer(session: session, kubeconfig: kubeconfig, client: client)
    let result: Swift.Result<Result, any Error>
    do {
      try await server.prepare(start)
      result = .success(try await body(server))
    } catch {
      result = .failure(error)
    }
    try await client.shutdown()
    return try result.get()
  }

  private static func begin(_ scratch: BenchScratch) throws -> Session {
    try scratch.start(
      "server",
      [
        try Files.ownExecutable(), "server", "--store", "sqlite:\(scratch.folder)/store.sqlite",
        "--certificates", "\(scratch.folder)/pki", "--run-dir", "\(scratch.folder)/run-server",
        "--bind-address", "0.0.0.0", "--advertise-address", "\(BenchNetworks.nodeAddress)", "--port", "\(port)",
        "--service-cidr", "\(BenchNetworks.serviceCIDR)", "--cluster-cidr", "\(BenchNetworks.clusterCIDR)",
        "--log-level", "warning",
      ])
  }

  /// The same server, started again with the same store, which has forgotten its past: whoever watches must list anew.
  func restartedWithoutHistory(_ scratch: BenchScratch) async throws -> BenchAPIServer {
    // One write that the watches did not see, so that what they have seen is past.
    _ = try await client.update(BenchObjects.node(), subresource: "status")
    scratch.end(session)
    let store = try SQLiteStore(.file("\(scratch.folder)/store.sqlite"))
    try await store.compact(through: try await store.currentRevision())
    await store.close()
    let server = BenchAPIServer(session: try Self.begin(scratch), kubeconfig: kubeconfig, client: client)
    try await server.answers(Start(session: server.session, deadline: .now + .seconds(60)))
    return server
  }

  /// How long it may take to begin.
  private struct Start {
    let session: Session
    let deadline: ContinuousClock.Instant

    func wait(_ problem: String) async throws {
      guard session.isRunning else { throw UserError("the API server has ended: \(session.lastWords)") }
      guard ContinuousClock.now < deadline else { throw UserError("the API server does not answer: \(problem)") }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// Waits until it answers, and creates the benchmark's node and namespace.
  private func prepare(_ start: Start) async throws {
    try await answers(start)
    _ = try await client.create(Namespace(BenchObjects.namespace))
    _ = try await client.create(BenchObjects.node())
    // Without the version: a controller may have written to it meanwhile.
    _ = try await client.update(BenchObjects.node(), subresource: "status")
  }

  private func answers(_ start: Start) async throws {
    // The last of the objects that the server makes for itself.
    let last = ObjectKey(namespace: "kube-system", name: "kube-dns")
    while true {
      do {
        _ = try await client.get(KubeAPI.Service.self, last)
        return
      } catch {
        try await start.wait("\(error)")
      }
    }
  }

  /// Creates Services with their slices, many at a time.
  func load(_ objects: BenchObjects, _ range: Range<Int>) async throws {
    let workers = min(Self.writers, range.count)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<workers {
        group.addTask {
          for index in stride(from: range.lowerBound + worker, to: range.upperBound, by: workers) {
            for slice in objects.slices(index) { _ = try await client.create(slice) }
            _ = try await client.create(objects.service(index))
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
