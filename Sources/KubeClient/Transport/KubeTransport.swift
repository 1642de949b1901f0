public import NIOCore

/// How requests reach an API server: over HTTP, or by a call where client and server share the process.
public protocol KubeTransport: Sendable {
  /// Sends one request. The response's body may still be arriving when this returns.
  ///
  /// Ending the iteration of a streamed body, or cancelling the task that iterates, ends the request.
  func send(_ request: KubeRequest) async throws -> KubeResponse

  /// Frees connections. No request is sent afterwards.
  func shutdown() async throws
}

/// One request to an API server.
public struct KubeRequest: Sendable {
  public var method: String
  /// The path without the query: `/api/v1/namespaces/default/pods`.
  public var path: String
  /// Names and values before percent encoding.
  public var query: [(name: String, value: String)]
  public var headers: [(name: String, value: String)]
  public var body: ByteBuffer?
  /// Whether the answer's body shall be handed on as it arrives (a watch, a followed log) and may take for ever.
  /// The bodies of other requests are collected, within the transport's time limit.
  public var isStreamed: Bool

  public init(
    method: String, path: String, query: [(name: String, value: String)] = [],
    headers: [(name: String, value: String)] = [], body: ByteBuffer? = nil, isStreamed: Bool = false
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.isStreamed = isStreamed
  }
}

/// The answer of an API server.
public struct KubeResponse: Sendable {
  public enum Body: Sendable {
    case bytes(ByteBuffer)
    /// Parts as they arrive; a watch never ends of itself.
    case stream(AsyncThrowingStream<ByteBuffer, any Error>)
  }

  public var status: Int
  public var headers: [(name: String, value: String)]
  public var body: Body

  public init(status: Int, headers: [(name: String, value: String)] = [], body: Body) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}
