import Netlink

#if canImport(Glibc)
  import Glibc
#endif

/// Sends back what it receives, on all connections to a port, on a thread of its own.
struct EchoServer: Sendable {
  private let socket: TCPSocket
  private let thread: NamedThread

  init(port: UInt16, in namespace: NetworkNamespace) throws {
    let socket = try namespace.run { () throws -> TCPSocket in try .listening(port: port, isBlocking: false) }
    self.socket = socket
    thread = try NamedThread("bench-echo") { Self.serve(socket) }
  }

  /// Call it once.
  func stop() {
    socket.shutDown()
    thread.join()
  }

  private static func serve(_ listener: TCPSocket) {
    var watched = [pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)]
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while watched[0].revents & Int16(POLLHUP) == 0 {
      if poll(&watched, UInt(watched.count), -1) < 0 { continue }
      for index in watched.indices.dropFirst().reversed() where watched[index].revents != 0 {
        let descriptor = watched[index].fd
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count > 0 {
          _ = send(descriptor, &buffer, count, Int32(MSG_NOSIGNAL))
        } else {
          close(descriptor)
          watched.remove(at: index)
        }
      }
      guard watched[0].revents & Int16(POLLIN) != 0 else { continue }
      while let connection = listener.accept() {
        connection.set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        watched.append(pollfd(fd: connection.descriptor, events: Int16(POLLIN), revents: 0))
      }
    }
    for entry in watched { close(entry.fd) }
  }
}
