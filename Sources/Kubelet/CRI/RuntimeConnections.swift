import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Synchronization

/// Connections to the runtime, each for a limited number of calls.
///
/// containerd is a Go program, and Go's gRPC sends a PING for each request to measure the connection. NIO's HTTP/2 closes
/// a connection that sends 200 such frames in half a minute, as a defence against floods, and gRPC Swift has no setting
/// for it. So a connection is left before it comes to that: calls that run on it end in peace, new ones go to the next.
final class RuntimeConnections: Sendable {
  typealias Client = GRPCClient<HTTP2ClientTransport.Posix>

  static let callsPerConnection = 150

  private struct State {
    var client: Client?
    var task: Task<Void, Never>?
    var calls = 0
    var isClosed = false
  }

  private let socket: String
  private let state = Mutex(State())

  init(socket: String) { self.socket = socket }

  /// The client for one more call.
  func next() throws -> Client {
    try state.withLock { state in
      if state.isClosed { throw RPCError(code: .unavailable, message: "the connection to \(socket) is closed") }
      if let client = state.client, state.calls < Self.callsPerConnection {
        state.calls += 1
        return client
      }
      let client = Client(
        transport: try HTTP2ClientTransport.Posix(
          target: .unixDomainSocket(path: socket, authority: "localhost"), transportSecurity: .plaintext,
          config: .defaults {
            // A runtime that was started anew is back within a second.
            $0.backoff.initial = .milliseconds(50)
            $0.backoff.max = .seconds(1)
          }))
      state.client?.beginGracefulShutdown()
      state.client = client
      state.calls = 1
      // It ends when the client is shut down and its last call is over. An error is told to the calls.
      state.task = Task { try? await client.runConnections() }
      return client
    }
  }

  /// Waits until it is cancelled, and closes.
  func run() async throws {
    defer {
      state.withLock { state in
        state.isClosed = true
        state.client?.beginGracefulShutdown()
        state.task?.cancel()
        state.client = nil
      }
    }
    while true { try await Task.sleep(for: .seconds(3600)) }
  }
}
