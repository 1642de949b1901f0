import CLinux

#if canImport(Glibc)
  import Glibc
#endif

/// A TCP socket over IPv4. It is closed by hand: a load generator makes and closes thousands in a second.
struct TCPSocket: Sendable {
  let descriptor: Int32

  /// Options of linux/in.h that Glibc's module does not have.
  private static let bindAddressNoPort: Int32 = 24

  init(adopting descriptor: Int32) { self.descriptor = descriptor }

  /// A socket in the network namespace of the calling thread.
  init(isBlocking: Bool = true) throws {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue) | (isBlocking ? 0 : Int32(SOCK_NONBLOCK.rawValue))
    descriptor = socket(AF_INET, type, 0)
    guard descriptor >= 0 else { throw UserError.system("open", "a TCP socket") }
  }

  /// A socket that listens on a port of all addresses.
  static func listening(port: UInt16, isBlocking: Bool = true) throws -> TCPSocket {
    let socket = try TCPSocket(isBlocking: isBlocking)
    socket.set(SOL_SOCKET, SO_REUSEADDR, 1)
    let code = SocketName(0, port: port).withSocketAddress { Glibc.bind(socket.descriptor, $0, $1) }
    guard code == 0, listen(socket.descriptor, 4096) == 0 else {
      let error = UserError.system("listen on", "port \(port)")
      socket.close()
      throw error
    }
    return socket
  }

  /// The next connection, its other end not looked at; nil where there is none and the socket does not block, or where
  /// it was shut down.
  func accept(isBlocking: Bool = true) -> TCPSocket? {
    while true {
      let descriptor = linux_accept(descriptor, isBlocking ? 1 : 0)
      if descriptor >= 0 { return TCPSocket(adopting: descriptor) }
      // A connection that its client has given up meanwhile.
      if errno == ECONNABORTED || errno == EINTR { continue }
      return nil
    }
  }

  /// Chooses the own address; the port is chosen when the other end is known, so that each pair of addresses has all.
  func bind(to address: UInt32) -> Bool {
    set(Int32(IPPROTO_IP), Self.bindAddressNoPort, 1)
    return SocketName(address, port: 0).withSocketAddress { Glibc.bind(descriptor, $0, $1) } == 0
  }

  /// - Returns: 0 or an errno; `EINPROGRESS` where the socket does not block.
  func connect(to name: SocketName) -> Int32 {
    name.withSocketAddress { Glibc.connect(descriptor, $0, $1) } == 0 ? 0 : errno
  }

  /// How a connection attempt of a socket that does not block has ended: 0 or an errno.
  var pendingError: Int32 {
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
    return code
  }

  /// The own address, in the machine's byte order.
  var ownAddress: UInt32 {
    var name = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &length) }
    }
    return UInt32(bigEndian: name.sin_addr.s_addr)
  }

  /// How long connecting, sending and receiving may block.
  func setTimeout(_ limit: Duration) {
    let (seconds, attoseconds) = limit.components
    var time = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
    }
  }

  func set(_ level: Int32, _ option: Int32, _ value: Int32) {
    var value = value
    setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  func close() { _ = Glibc.close(descriptor) }

  /// Closes with a reset: no end keeps the port in TIME_WAIT.
  func abort() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    close()
  }

  /// Wakes whoever waits for connections.
  func shutDown() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}
