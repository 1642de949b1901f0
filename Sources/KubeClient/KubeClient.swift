public import KubeAPI
public import Logging
public import NIOCore

/// A client of one API server: typed verbs over a ``KubeTransport``.
///
/// It keeps no objects. See ``Informer`` for a live picture of a resource.
public final class KubeClient: Sendable {
  /// How many objects one page of a LIST has at most.
  public static let pageSize = 500

  /// Told of each request and the status of its answer; nil where none came.
  public typealias RequestObserver = @Sendable (_ request: KubeRequest, _ status: Int?) -> Void

  public let logger: Logger
  let transport: any KubeTransport
  let fieldManager: String

  /// A client over HTTP.
  ///
  /// - Parameter userAgent: `skiff-proxy/0.1`; the part before the slash is the field manager of writes.
  /// - Throws: ``ConfigurationError``. The server is not contacted yet.
  public init(
    _ configuration: ClientConfiguration, userAgent: String, logger: Logger, observe: RequestObserver? = nil
  ) throws {
    let http = try HTTPTransport(configuration, userAgent: userAgent, logger: logger)
    transport = if let observe { ObservedTransport(base: http, observe: observe) } else { http }
    fieldManager = String(userAgent.prefix { $0 != "/" })
    self.logger = logger
  }

  /// A client over any other transport: an API server in this process, or a fake one.
  public init(transport: any KubeTransport, logger: Logger) {
    self.transport = transport
    fieldManager = "skiff"
    self.logger = logger
  }

  /// Frees connections. Watches end.
  public func shutdown() async throws { try await transport.shutdown() }
}

// MARK: Requests

extension KubeClient {
  /// Sends a request as it is and hands back the answer as it is, whatever its status.
  public func send(_ request: KubeRequest) async throws -> KubeResponse { try await transport.send(request) }

  /// Sends JSON (if any) and reads the JSON of the answer.
  ///
  /// - Throws: ``APIError`` for a status from 400 on; ``TransportError`` where no answer came.
  public func request(
    _ method: String, _ path: String, query: [(name: String, value: String)] = [], body: JSONValue? = nil,
    contentType: String = "application/json", accept: String = "application/json"
  ) async throws -> JSONValue {
    var request = KubeRequest(method: method, path: path, query: query, headers: [("Accept", accept)])
    if let body {
      request.headers.append(("Content-Type", contentType))
      request.body = ByteBuffer(bytes: body.bytes)
    }
    let response = try await transport.send(request)
    let bytes = try await response.collected()
    guard response.status < 400 else { throw APIError(code: response.status, body: bytes.readableBytesView) }
    do {
      return try JSONValue(parsing: bytes.readableBytesView)
    } catch {
      throw TransportError(method: method, url: path, message: "the answer is not JSON: \(error)")
    }
  }
}

extension KubeResponse {
  /// The whole body.
  public func collected() async throws -> ByteBuffer {
    switch body {
    case .bytes(let bytes): return bytes
    case .stream(let parts):
      var whole = ByteBuffer()
      for try await var part in parts { whole.writeBuffer(&part) }
      return whole
    }
  }
}
