import Netlink

#if canImport(Glibc)
  import Glibc
#endif

/// One small message after the other over one TCP connection, each sent when the answer to the last is there.
struct RoundTrips: Sendable {
  let from: NetworkNamespace
  private let name: SocketName
  private let echo: EchoServer

  /// - Parameter address: of the one who answers, in its namespace.
  init(from: NetworkNamespace, to: NetworkNamespace, at address: IPAddress, port: UInt16) throws {
    self.from = from
    name = SocketName(address, port: port)
    echo = try EchoServer(port: port, in: to)
  }

  /// Call it once.
  func stop() { echo.stop() }

  func times(for duration: Duration) throws -> [Duration] {
    try from.run { () throws -> [Duration] in
      let socket = try TCPSocket()
      defer { socket.abort() }
      socket.setTimeout(.seconds(5))
      let code = socket.connect(to: name)
      guard code == 0 else { throw UserError.system("connect to", "the other end", errno: code) }
      socket.set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
      var message = [UInt8](repeating: 7, count: 32)
      var times: [Duration] = []
      let begin = ContinuousClock.now
      var last = begin
      while begin.duration(to: last) < duration {
        guard send(socket.descriptor, message, message.count, Int32(MSG_NOSIGNAL)) == message.count,
          recv(socket.descriptor, &message, message.count, Int32(MSG_WAITALL)) == message.count
        else { throw UserError.system("exchange a message with", "the other end") }
        let now = ContinuousClock.now
        times.append(last.duration(to: now))
        last = now
      }
      return times
    }
  }
}
