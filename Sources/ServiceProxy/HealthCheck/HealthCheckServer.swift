import KubeAPI
import KubeClient
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Netlink
import Synchronization

/// Answers load balancers on the health check ports of Services, over HTTP on all addresses of the node.
///
/// What is wanted is said at any time with ``set(_:_:)``; ``run()`` opens and closes ports after it. A port that
/// someone else holds costs that Service its answers until it is free, and nothing else.
final class HealthCheckServer: Sendable {
  private struct State {
    var checks: [ObjectKey: HealthCheck] = [:]
    /// On which addresses to answer; nil for all.
    var addresses: [IPPrefix]?
  }

  /// The open port of one Service.
  private struct Listener {
    var port: UInt16
    var families: [IPAddress.Family]
    var channels: [any Channel]
  }

  private let state = Mutex(State())
  private let signal: AsyncStream<Void>.Continuation
  private let wakeups: AsyncStream<Void>
  private let namespace: NetworkNamespace?
  private let isProxyHealthy: @Sendable () -> Bool
  private let report: @Sendable (ObjectKey, String) -> Void
  private let logger: Logger

  /// - Parameters:
  ///   - namespace: where ports are opened; nil for the process's.
  ///   - report: tells the Service's owner that its port cannot be opened.
  init(
    in namespace: NetworkNamespace?, isProxyHealthy: @escaping @Sendable () -> Bool,
    report: @escaping @Sendable (ObjectKey, String) -> Void, logger: Logger
  ) {
    (wakeups, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    self.namespace = namespace
    self.isProxyHealthy = isProxyHealthy
    self.report = report
    self.logger = logger
  }

  /// Says what to answer for a Service from now on; nil for nothing.
  func set(_ service: ObjectKey, _ check: HealthCheck?) {
    let old = state.withLock { state in
      let old = state.checks[service]
      if old != check { state.checks[service] = check }
      return old
    }
    if old?.port != check?.port { signal.yield() }
  }

  /// Says on which addresses of the node to answer from now on; nil for all.
  func setAddresses(_ addresses: [IPPrefix]?) {
    let isNew = state.withLock { state in
      defer { state.addresses = addresses }
      return state.addresses != addresses
    }
    if isNew { signal.yield() }
  }

  /// The answer for a Service now; nil where it has no health check any more.
  func answer(for service: ObjectKey) -> (status: HTTPResponseStatus, headers: [(String, String)], body: String)? {
    state.withLock { $0.checks[service] }?.answer(for: service, isProxyHealthy: isProxyHealthy())
  }

  /// Opens and closes ports until the task is cancelled; then closes all.
  func run() async {
    var listeners: [ObjectKey: Listener] = [:]
    var problems: [ObjectKey: String] = [:]
    var timer: Task<Void, Never>?
    var backoff = Backoff(base: .seconds(1), limit: .seconds(30))
    for await _ in wakeups {
      let (wanted, addresses) = state.withLock { ($0.checks.mapValues(\.port), $0.addresses) }
      let families = IPAddress.Family.allCases.filter { family in
        addresses?.contains { $0.family == family } ?? true
      }
      // Those that go first: their ports may be wanted by others.
      for (service, listener) in listeners where wanted[service] != listener.port || families != listener.families {
        await Self.close(listener)
        listeners[service] = nil
      }
      problems = problems.filter { wanted[$0.key] != nil }
      for (service, port) in wanted where listeners[service] == nil {
        do {
          listeners[service] = try await open(service, port, families)
          problems[service] = nil
          logger.info("health check port is open", metadata: ["service": "\(service)", "port": "\(port)"])
        } catch {
          tell(service, "\(error)", &problems)
        }
      }
      timer?.cancel()
      if problems.isEmpty { backoff.reset() } else { timer = wake(after: backoff.next()) }
    }
    timer?.cancel()
    for listener in listeners.values { await Self.close(listener) }
  }

  private func wake(after delay: Duration) -> Task<Void, Never> {
    Task { [signal] in
      do { try await Task.sleep(for: delay) } catch { return }
      signal.yield()
    }
  }

  /// Each problem is told once, not at every attempt.
  private func tell(_ service: ObjectKey, _ problem: String, _ problems: inout [ObjectKey: String]) {
    guard problems[service] != problem else { return }
    problems[service] = problem
    logger.warning(
      "cannot open a health check port, trying again", metadata: ["service": "\(service)", "error": "\(problem)"])
    report(service, problem)
  }

  private static func close(_ listener: Listener) async {
    for channel in listener.channels { try? await channel.close() }
  }

  // MARK: Opening

  private func open(
    _ service: ObjectKey, _ port: UInt16, _ families: [IPAddress.Family]
  ) async throws -> Listener {
    var listener = Listener(port: port, families: families, channels: [])
    let sockets = try namespace.inside { () throws(NetlinkError) in try ListeningSocket.open(families, port: port) }
    do {
      for socket in sockets { listener.channels.append(try await serve(service, socket)) }
    } catch {
      await Self.close(listener)
      throw error
    }
    return listener
  }

  private func serve(_ service: ObjectKey, _ socket: Int32) async throws -> any Channel {
    try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
          try pipeline.addHandler(IdleStateHandler(allTimeout: .seconds(60)))
          try pipeline.addHandler(HealthCheckHandler(service, self))
        }
      }
      .withBoundSocket(socket)
      .get()
  }

  /// Addresses come and go, so the connection's own is looked at: one to an address that node ports do not answer on
  /// is closed.
  func answers(on address: SocketAddress?) -> Bool {
    guard let addresses = state.withLock({ $0.addresses }) else { return true }
    guard let text = address?.ipAddress, let address = IPAddress(text) else { return false }
    return addresses.contains { $0.contains(address) }
  }
}
