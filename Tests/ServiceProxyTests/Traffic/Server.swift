import Glibc
import Netlink
import Testing

/// A server of TCP and UDP for both families, on a thread of its own: it answers with its name and the peer's address.
final class Server: Sendable {
  private let name: String
  private let stream: Int32
  private let datagrams: Int32
  /// A pair of sockets; its end closed is the sign to stop.
  private let wake: (read: Int32, write: Int32)

  /// - Parameter address: nil for all. Where a machine has several, datagrams are answered from one of them.
  init(_ namespace: NetworkNamespace, _ address: IPAddress?, port: UInt16, name: String) throws {
    self.name = name
    stream = try Self.bind(namespace, Int32(SOCK_STREAM.rawValue), address, port)
    datagrams = try Self.bind(namespace, Int32(SOCK_DGRAM.rawValue), address, port)
    try #require(listen(stream, 64) == 0)
    var ends: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
    wake = (ends[0], ends[1])
    var thread = pthread_t()
    let box = Unmanaged.passRetained(self)
    let code = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Server>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, box.toOpaque())
    try #require(code == 0)
    pthread_detach(thread)
  }

  private static func bind(_ namespace: NetworkNamespace, _ kind: Int32, _ address: IPAddress?, _ port: UInt16) throws
    -> Int32
  {
    let descriptor = try namespace.run { () throws -> Int32 in
      socket(AF_INET6, kind | Int32(SOCK_CLOEXEC.rawValue), 0)
    }
    var (one, zero): (Int32, Int32) = (1, 0)
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, 4)
    setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &zero, 4)
    let everywhere = try #require(IPAddress("::"))
    try #require(SocketName(mapping: address ?? everywhere, port).with { Glibc.bind(descriptor, $0, $1) } == 0)
    return descriptor
  }

  func stop() { close(wake.write) }

  private func run() {
    defer { for descriptor in [stream, datagrams, wake.read] { close(descriptor) } }
    while true {
      var waiting = [stream, datagrams, wake.read].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      guard poll(&waiting, 3, -1) >= 0 || errno == EINTR else { return }
      if waiting[2].revents != 0 { return }
      if waiting[0].revents != 0 { answerConnection() }
      if waiting[1].revents != 0 { answerDatagram() }
    }
  }

  private func text(_ peer: SocketName) -> [UInt8] {
    Array("\(name) \(peer.address.map { "\($0)" } ?? "?")".utf8)
  }

  private func answerConnection() {
    var peer = SocketName()
    let connection = peer.fill { accept(stream, $0, $1) }
    guard connection >= 0 else { return }
    _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
    let text = text(peer)
    _ = send(connection, text, text.count, Int32(MSG_NOSIGNAL))
    close(connection)
  }

  private func answerDatagram() {
    var peer = SocketName()
    var scrap = [UInt8](repeating: 0, count: 16)
    guard peer.fill({ recvfrom(datagrams, &scrap, scrap.count, Int32(MSG_DONTWAIT), $0, $1) }) >= 0 else { return }
    let text = text(peer)
    _ = peer.with { sendto(datagrams, text, text.count, Int32(MSG_NOSIGNAL), $0, $1) }
  }
}
