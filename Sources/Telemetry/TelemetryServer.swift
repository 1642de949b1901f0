public import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
public import ServiceLifecycle

#if canImport(Glibc)
  import Glibc
#endif

/// Serves `/metrics`, `/healthz`, `/livez` and `/readyz` of one process over HTTP/1.1, and on a unix socket `/explain/`.
public struct TelemetryServer: Service {
  private enum Address {
    case port(host: String, Int)
    case socket(path: String, Explanations)

    var text: String {
      switch self {
      case .port(let host, let port): "\(host):\(port)"
      case .socket(let path, _): path
      }
    }
  }

  private let address: Address
  private let metrics: MetricsRegistry
  private let health: HealthChecks
  private let logger: Logger
  private let retryInterval: Duration?

  /// - Parameters:
  ///   - port: 0 lets the kernel choose.
  ///   - retryInterval: after how long to try again where the address cannot be bound, which the log says; nil for an
  ///     error at once.
  public init(
    host: String, port: Int, metrics: MetricsRegistry, health: HealthChecks, logger: Logger,
    retryInterval: Duration? = nil
  ) {
    address = .port(host: host, port)
    self.metrics = metrics
    self.health = health
    self.logger = logger
    self.retryInterval = retryInterval
  }

  /// Serves on a unix socket that only the process's own user may open, and explanations too.
  /// - Parameter path: a socket that lies there is replaced; whoever calls holds a lock on its folder.
  public init(
    socket path: String, explanations: Explanations, metrics: MetricsRegistry, health: HealthChecks, logger: Logger
  ) {
    address = .socket(path: path, explanations)
    self.metrics = metrics
    self.health = health
    self.logger = logger
    retryInterval = nil
  }

  /// Serves until the graceful shutdown.
  /// - Throws: an `IOError` where the address cannot be bound.
  public func run() async throws { try await run { _ in } }

  /// As ``run()``, and tells the port once it is bound.
  public func run(_ onBound: @Sendable (Int) -> Void) async throws {
    guard let listener = try await listen() else { return }
    onBound(listener.channel.localAddress?.port ?? 0)
    try await withTaskCancellationOrGracefulShutdownHandler {
      try await listener.executeThenClose { connections in
        await withDiscardingTaskGroup { group in
          do {
            for try await connection in connections {
              group.addTask { await serve(connection) }
            }
          } catch {
            logger.debug("the listener ended", metadata: ["error": "\(error)"])
          }
          group.cancelAll()
        }
      }
    } onCancelOrGracefulShutdown: {
      listener.channel.close(promise: nil)
    }
  }

  private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

  /// - Returns: nil where the graceful shutdown came before the address was free.
  private func listen() async throws -> NIOAsyncChannel<Connection, Never>? {
    var problem: String?
    while true {
      do {
        return try await bind()
      } catch {
        guard let retryInterval else { throw error }
        if problem != "\(error)" {
          problem = "\(error)"
          logger.error(
            "cannot serve metrics and health, trying again",
            metadata: ["address": "\(address.text)", "error": "\(error)"])
        }
        do { try await cancelWhenGracefulShutdown { try await Task.sleep(for: retryInterval) } } catch { return nil }
      }
    }
  }

  private func bind() async throws -> NIOAsyncChannel<Connection, Never> {
    let listener: NIOAsyncChannel<Connection, Never>
    switch address {
    case .port("0.0.0.0", let port):
      // All addresses are those of both families, where the machine has both.
      do {
        listener = try await bind("::", port)
      } catch let error as IOError where [EAFNOSUPPORT, EADDRNOTAVAIL].contains(error.errnoCode) {
        listener = try await bind("0.0.0.0", port)
      }
    case .port(let host, let port): listener = try await bind(host, port)
    case .socket(let path, _): return try await bind(socket: path)
    }
    logger.info("serving metrics and health", metadata: ["address": "\(address.text)"])
    return listener
  }

  private func bind(_ host: String, _ port: Int) async throws -> NIOAsyncChannel<Connection, Never> {
    // The resolver refuses addresses of a family that the machine has but on loopback.
    let literal = try? SocketAddress(ipAddress: host, port: port)
    let address = try literal ?? SocketAddress.makeAddressResolvingHost(host, port: port)
    var bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
    if host == "::" {
      let isV6Only = ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only)
      bootstrap = bootstrap.serverChannelOption(isV6Only, value: 0)
    }
    return try await bootstrap.bind(to: address, childChannelInitializer: Self.initialize)
  }

  private func bind(socket path: String) async throws -> NIOAsyncChannel<Connection, Never> {
    // Bound under a name that nobody knows, so that it is never open to others, not even for a moment.
    let hidden = "\(path).\(getpid())"
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(
      unixDomainSocketPath: hidden, cleanupExistingSocketFile: true, childChannelInitializer: Self.initialize)
    guard chmod(hidden, 0o600) == 0, rename(hidden, path) == 0 else {
      throw IOError(errnoCode: errno, reason: "rename \(hidden) to \(path)")
    }
    return listener
  }

  @Sendable private static func initialize(_ channel: any Channel) -> EventLoopFuture<Connection> {
    channel.eventLoop.makeCompletedFuture {
      try channel.pipeline.syncOperations.configureHTTPServerPipeline()
      return try Connection(wrappingChannelSynchronously: channel)
    }
  }

  private func serve(_ connection: Connection) async {
    do {
      try await connection.executeThenClose { requests, responses in
        var head: HTTPRequestHead?
        for try await part in requests {
          switch part {
          case .head(let received): head = received
          case .body: break
          case .end:
            guard let request = head else { return }
            let (status, type, text) = await answer(request)
            let body = ByteBuffer(string: request.method == .HEAD ? "" : text)
            let headers = HTTPHeaders([
              ("content-type", type), ("content-length", String(text.utf8.count)), ("cache-control", "no-store"),
              ("x-content-type-options", "nosniff"),
            ])
            let response = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
            try await responses.write(.head(response))
            try await responses.write(.body(.byteBuffer(body)))
            try await responses.write(.end(nil))
            if !request.isKeepAlive { return }
          }
        }
      }
    } catch {
      logger.debug("a connection ended", metadata: ["error": "\(error)"])
    }
  }

  private func answer(
    _ request: HTTPRequestHead
  ) async -> (status: HTTPResponseStatus, type: String, text: String) {
    let plain = "text/plain; charset=utf-8"
    guard request.method == .GET || request.method == .HEAD else {
      return (.methodNotAllowed, plain, "method not allowed\n")
    }
    let parts = request.uri.split(separator: "?", maxSplits: 1)
    let path = parts.first.map(String.init) ?? "/"
    if path == "/metrics" { return (.ok, "text/plain; version=0.0.4; charset=utf-8", metrics.text()) }
    if case .socket(_, let explanations) = address,
      let (status, text) = await explanations.answer(path: path, query: parts.count > 1 ? String(parts[1]) : "")
    {
      return (HTTPResponseStatus(statusCode: status), plain, text)
    }
    let query = parts.count > 1 ? parts[1].split(separator: "&") : []
    let verbose = query.contains { $0 == "verbose" || $0.hasPrefix("verbose=") }
    if let answer = await health.answer(path: path, verbose: verbose) {
      return (HTTPResponseStatus(statusCode: answer.status), answer.contentType, answer.text)
    }
    return (.notFound, plain, "not found\n")
  }
}
