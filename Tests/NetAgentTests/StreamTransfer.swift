import Glibc
import Netlink

/// A TCP connection between two namespaces, over which bytes go in one direction.
final class StreamTransfer {
  private let listener: Int32
  private let sender: Int32
  private var receiver: Int32 = -1

  /// Begins to listen and to connect.
  init(
    from source: (NetworkNamespace, IPAddress), to destination: (NetworkNamespace, IPAddress), port: UInt16 = 7100
  ) throws {
    listener = try destination.0.run { () throws -> Int32 in
      let listener = Self.open(destination.1)
      var one: Int32 = 1
      setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, 4)
      guard Self.name(destination.1, port, { Glibc.bind(listener, $0, $1) }) == 0, listen(listener, 8) == 0 else {
        throw NetlinkError(call: "listen at", object: "\(destination.1)", errno: errno)
      }
      return listener
    }
    sender = try source.0.run { () throws -> Int32 in
      let sender = Self.open(source.1)
      guard Self.name(source.1, 0, { Glibc.bind(sender, $0, $1) }) == 0 else {
        throw NetlinkError(call: "bind", object: "\(source.1)", errno: errno)
      }
      _ = Self.name(destination.1, port) { Glibc.connect(sender, $0, $1) }
      return sender
    }
  }

  deinit { for descriptor in [listener, sender, receiver] where descriptor >= 0 { close(descriptor) } }

  private static func open(_ address: IPAddress) -> Int32 {
    socket(address.isIPv4 ? AF_INET : AF_INET6, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
  }

  private static func name(
    _ address: IPAddress, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var (storage, size) = Datagrams.storage(address, port)
    return withUnsafePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
    }
  }

  /// Sends so many bytes more. Says how many of them came before the deadline.
  func send(_ bytes: Int, within limit: Duration = .seconds(20)) -> Int {
    let deadline = ContinuousClock.now + limit
    var buffer = [UInt8](repeating: 0x55, count: 1 << 16)
    var (sent, received) = (0, 0)
    while received < bytes, ContinuousClock.now < deadline {
      if receiver < 0 { receiver = accept4(listener) }
      var waiting = [
        pollfd(fd: receiver < 0 ? listener : receiver, events: Int16(POLLIN), revents: 0),
        pollfd(fd: sender, events: sent < bytes ? Int16(POLLOUT) : 0, revents: 0),
      ]
      poll(&waiting, 2, 100)
      if waiting[1].revents & Int16(POLLOUT) != 0 {
        sent += max(0, Glibc.send(sender, buffer, min(buffer.count, bytes - sent), Int32(MSG_NOSIGNAL)))
      }
      if receiver >= 0 { received += max(0, recv(receiver, &buffer, buffer.count, Int32(MSG_DONTWAIT))) }
    }
    return received
  }

  private func accept4(_ listener: Int32) -> Int32 { accept(listener, nil, nil) }
}
