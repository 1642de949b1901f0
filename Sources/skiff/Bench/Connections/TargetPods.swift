import Netlink

#if canImport(Glibc)
  import Glibc
#endif

/// The pods of the target Service: all of them are one namespace that answers at every address.
struct TargetPods: Sendable {
  private let acceptor: Acceptor
  private let echo: EchoServer
  private let sink: Acceptor

  init(in namespace: NetworkNamespace) throws {
    acceptor = try Acceptor("bench-pod", port: TargetService.Load.accept.podPort, in: namespace) { $0.close() }
    echo = try EchoServer(port: TargetService.Load.echo.podPort, in: namespace)
    sink = try Acceptor("bench-sink", port: TargetService.Load.sink.podPort, in: namespace) { connection in
      var scrap = [UInt8](repeating: 0, count: 1)
      // The kernel throws the bytes away by itself: what is measured is the way here, not the copy.
      while recv(connection.descriptor, &scrap, 1 << 20, Int32(MSG_TRUNC)) > 0 {}
      connection.close()
    }
  }

  /// Call it once.
  func stop() {
    acceptor.stop()
    echo.stop()
    sink.stop()
  }
}
