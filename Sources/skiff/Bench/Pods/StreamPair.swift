import Netlink

#if canImport(Glibc)
  import Glibc
#endif

/// One TCP stream from one network namespace to another, for a while at a time.
struct StreamPair: Sendable {
  let from: NetworkNamespace
  private let name: SocketName
  private let sink: Acceptor

  /// - Parameter address: of the receiver, in its namespace.
  init(from: NetworkNamespace, to: NetworkNamespace, at address: IPAddress, port: UInt16) throws {
    self.from = from
    name = SocketName(address, port: port)
    sink = try Acceptor("bench-sink", port: port, in: to) { connection in
      var scrap = [UInt8](repeating: 0, count: 256 << 10)
      while recv(connection.descriptor, &scrap, scrap.count, 0) > 0 {}
      connection.close()
    }
  }

  /// Call it once.
  func stop() { sink.stop() }

  /// - Returns: bits a second.
  func throughput(for duration: Duration) throws -> Double {
    try from.run { () throws -> Double in
      let socket = try TCPSocket()
      defer { socket.abort() }
      socket.setTimeout(.seconds(5))
      let code = socket.connect(to: name)
      guard code == 0 else { throw UserError.system("connect to", "the other pod", errno: code) }
      let bytes = [UInt8](repeating: 7, count: 256 << 10)
      let begin = ContinuousClock.now
      var (sent, now) = (0, begin)
      while begin.duration(to: now) < duration {
        let count = send(socket.descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        guard count > 0 else { throw UserError.system("send to", "the other pod") }
        sent += count
        now = .now
      }
      return Double(sent) * 8 / begin.duration(to: now).seconds
    }
  }
}
