import AsyncHTTPClient
import FoundationEssentials
public import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// Requests over HTTP/1.1 or HTTP/2, whichever the server agrees to (ALPN).
public final class HTTPTransport: KubeTransport {
  /// How long a request that is not streamed may take in all.
  static let requestLimit: TimeAmount = .seconds(60)
  static let connectLimit: TimeAmount = .seconds(5)
  /// The largest body that is collected: a page of a list is far below it.
  static let bodyLimit = 256 << 20

  private let client: HTTPClient
  private let base: String
  private let userAgent: String
  private let token: TokenSource?

  /// - Throws: ``ConfigurationError`` where the URL or the PEM of certificates and keys cannot be used.
  public init(_ configuration: ClientConfiguration, userAgent: String, logger: Logger) throws {
    guard var url = ServerURL(configuration.server) else {
      throw ConfigurationError(message: "the server \"\(configuration.server)\" is no http or https URL")
    }
    var http = HTTPClient.Configuration(
      redirectConfiguration: .disallow, timeout: .init(connect: Self.connectLimit, read: nil))
    http.connectionPool.retryConnectionEstablishment = false
    // Over HTTP/1.1 each watch holds a connection; none must keep another request from being sent.
    http.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1_024
    http.connectionPool.idleTimeout = .seconds(90)
    http.httpVersion = .automatic
    http.http1_1ConnectionDebugInitializer = Self.keepAlive
    http.http2ConnectionDebugInitializer = Self.keepAlive
    if url.isTLS { http.tlsConfiguration = try Self.tls(configuration) }
    if let name = configuration.tlsServerName, name != url.host {
      http.dnsOverride = [name: url.host]
      url.host = name
    }
    base = url.text
    self.userAgent = userAgent
    token = configuration.token.map(TokenSource.init)
    client = HTTPClient(
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: http, backgroundActivityLogger: logger)
  }

  private static func tls(_ configuration: ClientConfiguration) throws -> TLSConfiguration {
    var tls = TLSConfiguration.makeClientConfiguration()
    func read<T>(_ what: String, _ body: () throws -> T) throws -> T {
      do { return try body() } catch {
        throw ConfigurationError(message: "cannot use the \(what): \(error)")
      }
    }
    if let authority = configuration.certificateAuthority {
      tls.trustRoots = .certificates(
        try read("certificate authority") { try NIOSSLCertificate.fromPEMBytes(authority) })
    }
    if let certificate = configuration.clientCertificate, let key = configuration.clientKey {
      tls.certificateChain = try read("client certificate") {
        try NIOSSLCertificate.fromPEMBytes(certificate).map { .certificate($0) }
      }
      tls.privateKey = .privateKey(try read("client key") { try NIOSSLPrivateKey(bytes: key, format: .pem) })
    }
    // A server that is busy with an answer (a watch) may not read that we go; nothing is lost by going without its word.
    tls.shutdownTimeout = .milliseconds(250)
    if configuration.insecureSkipTLSVerify { tls.certificateVerification = .none }
    return tls
  }

  /// A peer that vanished without a word is noticed by the kernel, after about 45 s of silence, also on a watch that
  /// has nothing to say.
  private static let keepAlive: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
    let tcp = NIOBSDSocket.OptionLevel.tcp
    let options: [(ChannelOptions.Types.SocketOption, SocketOptionValue)] = [
      (.init(level: .socket, name: .so_keepalive), 1),
      (.init(level: tcp, name: .init(rawValue: 4)), 15),  // TCP_KEEPIDLE, seconds
      (.init(level: tcp, name: .init(rawValue: 5)), 10),  // TCP_KEEPINTVL, seconds
      (.init(level: tcp, name: .init(rawValue: 6)), 3),  // TCP_KEEPCNT
      (.init(level: tcp, name: .init(rawValue: 18)), 45_000),  // TCP_USER_TIMEOUT, milliseconds
    ]
    // A channel that is no TCP socket refuses them, and needs none.
    return EventLoopFuture.andAllComplete(
      options.map { channel.setOption($0, value: $1) }, on: channel.eventLoop)
  }

  public func send(_ request: KubeRequest) async throws -> KubeResponse {
    var url = base + PercentEncoding.encode(request.path, keeping: "/:@!$&'()*+,;=")
    if !request.query.isEmpty { url += "?" + PercentEncoding.query(request.query) }
    var message = HTTPClientRequest(url: url)
    message.method = HTTPMethod(rawValue: request.method)
    message.headers.add(name: "User-Agent", value: userAgent)
    if let token { message.headers.add(name: "Authorization", value: "Bearer \(try token.current())") }
    for header in request.headers { message.headers.replaceOrAdd(name: header.name, value: header.value) }
    if let body = request.body { message.body = .bytes(body) }
    do {
      return request.isStreamed ? try await stream(message) : try await collect(message)
    } catch let error as CancellationError {
      throw error
    } catch {
      if Task.isCancelled { throw CancellationError() }
      throw TransportError(method: request.method, url: url, message: Self.describe(error))
    }
  }

  private func collect(_ message: HTTPClientRequest) async throws -> KubeResponse {
    try await withThrowingTaskGroup(of: KubeResponse?.self) { group in
      group.addTask { [client] in
        let response = try await client.execute(message, timeout: Self.requestLimit)
        let body = try await response.body.collect(upTo: Self.bodyLimit)
        return KubeResponse(
          status: Int(response.status.code), headers: response.headers.map { ($0.name, $0.value) }, body: .bytes(body))
      }
      group.addTask {
        try await Task.sleep(nanoseconds: UInt64(Self.requestLimit.nanoseconds))
        return nil
      }
      defer { group.cancelAll() }
      guard let first = try await group.next(), let response = first else {
        throw RequestTimeout(seconds: Self.requestLimit.nanoseconds / 1_000_000_000)
      }
      return response
    }
  }

  private func stream(_ message: HTTPClientRequest) async throws -> KubeResponse {
    let response = try await client.execute(message, timeout: Self.requestLimit)
    let (parts, continuation) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
    let body = response.body
    let (method, url) = (message.method.rawValue, message.url)
    let pump = Task {
      do {
        for try await part in body { continuation.yield(part) }
        continuation.finish()
      } catch {
        continuation.finish(
          throwing: TransportError(method: method, url: url, message: Self.describe(error)))
      }
    }
    continuation.onTermination = { _ in pump.cancel() }
    return KubeResponse(
      status: Int(response.status.code), headers: response.headers.map { ($0.name, $0.value) }, body: .stream(parts))
  }

  public func shutdown() async throws { try await client.shutdown() }

  /// What the libraries' errors mean, in a few words.
  static func describe(_ error: any Error) -> String {
    switch error {
    case let error as NIOConnectionError:
      guard let first = error.connectionErrors.first else { return "\(error)" }
      return describe(first.error)
    case let error as IOError where error.errnoCode == ECONNREFUSED:
      return "connection refused (nothing listens there)"
    case let error as HTTPClientError:
      if error == .connectTimeout { return "no connection within \(connectLimit.nanoseconds / 1_000_000_000) s" }
      if error == .deadlineExceeded { return "no answer in time" }
      if error == .remoteConnectionClosed { return "the server closed the connection" }
      return error.shortDescription
    case let error as NIOSSLError:
      if case .handshakeFailed(let cause) = error { return "TLS handshake failed: \(cause)" }
      return "TLS: \(error)"
    default: return "\(error)"
    }
  }
}

/// A configuration that no transport can be made from.
public struct ConfigurationError: Error, Hashable, CustomStringConvertible {
  public var message: String
  public var description: String { "cannot make a Kubernetes client: \(message)" }
}

struct RequestTimeout: Error, CustomStringConvertible {
  var seconds: Int64
  var description: String { "no whole answer within \(seconds) s" }
}
