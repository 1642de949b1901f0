import Netlink

/// Accepts connections to a port, one after the other, on a thread of its own.
struct Acceptor: Sendable {
  private let socket: TCPSocket
  private let thread: NamedThread

  /// - Parameters:
  ///   - namespace: where it listens; nil for the namespace of the calling thread.
  ///   - serve: what is done with a connection; it closes it.
  init(
    _ name: String, port: UInt16, in namespace: NetworkNamespace? = nil,
    serve: @escaping @Sendable (TCPSocket) -> Void
  ) throws {
    let socket =
      try namespace.map { try $0.run { () throws -> TCPSocket in try .listening(port: port) } }
      ?? TCPSocket.listening(port: port)
    self.socket = socket
    thread = try NamedThread(name) {
      while let connection = socket.accept() { serve(connection) }
      socket.close()
    }
  }

  /// Call it once.
  func stop() {
    socket.shutDown()
    thread.join()
  }
}
