import Netlink

#if canImport(Glibc)
  import Glibc
#endif

/// Makes one kind of load for a while, from the client's namespace.
struct TrafficClient: Sendable {
  let namespace: NetworkNamespace

  /// So many connections are under way at a time, and so many are kept for requests.
  private static let window = 32
  private static let kept = 16
  private static let requestSize = 64
  /// A packet that is lost is sent again after a second; what takes longer has failed.
  private static let patience = Duration.seconds(5)

  /// Connects, waits until the pod has accepted and closed, and closes: again and again.
  /// - Returns: connections a second.
  func connectionRate(to name: SocketName, for duration: Duration) throws -> Double {
    try namespace.run { () throws -> Double in
      var sources = SourceAddresses()
      var watched = try (0..<Self.window).map { _ in try Self.begin(name, &sources) }
      defer { for entry in watched { TCPSocket(adopting: entry.fd).abort() } }
      let begin = ContinuousClock.now
      var (done, now) = (0, begin)
      while begin.duration(to: now) < duration {
        let ready = poll(&watched, UInt(watched.count), Int32(Self.patience / .milliseconds(1)))
        guard ready > 0 else { throw Self.failure("no connection ends", name, ETIMEDOUT) }
        for index in watched.indices where watched[index].revents != 0 {
          let socket = TCPSocket(adopting: watched[index].fd)
          let code = socket.pendingError
          socket.abort()
          watched[index].fd = -1
          guard code == 0 else { throw Self.failure("cannot connect", name, code) }
          done += 1
          watched[index] = try Self.begin(name, &sources)
        }
        now = .now
      }
      return Double(done) / begin.duration(to: now).seconds
    }
  }

  /// Connects, one at a time.
  /// - Returns: how long each SYN took to be answered.
  func firstPackets(to name: SocketName, for duration: Duration) throws -> [Duration] {
    try namespace.run { () throws -> [Duration] in
      var sources = SourceAddresses(start: 3)
      var times: [Duration] = []
      let begin = ContinuousClock.now
      var end = begin
      repeat {
        let socket = try TCPSocket()
        defer { socket.abort() }
        guard socket.bind(to: sources.next()) else { throw UserError.system("bind to", "a client's address") }
        socket.setTimeout(Self.patience)
        let start = ContinuousClock.now
        let code = socket.connect(to: name)
        end = .now
        guard code == 0 else { throw Self.failure("cannot connect", name, code) }
        times.append(start.duration(to: end))
      } while begin.duration(to: end) < duration
      return times
    }
  }

  /// Sends requests on connections that are kept, the next when the answer is there.
  /// - Returns: answers a second.
  func requestRate(to name: SocketName, for duration: Duration) throws -> Double {
    try namespace.run { () throws -> Double in
      var sources = SourceAddresses(start: 5)
      var watched: [pollfd] = []
      defer { for entry in watched { TCPSocket(adopting: entry.fd).abort() } }
      var request = [UInt8](repeating: 7, count: Self.requestSize)
      for _ in 0..<Self.kept {
        let socket = try Self.connect(to: name, &sources)
        watched.append(pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0))
        socket.set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        _ = send(socket.descriptor, &request, request.count, Int32(MSG_NOSIGNAL))
      }
      let begin = ContinuousClock.now
      var (done, now) = (0, begin)
      while begin.duration(to: now) < duration {
        let ready = poll(&watched, UInt(watched.count), Int32(Self.patience / .milliseconds(1)))
        guard ready > 0 else { throw Self.failure("no answer comes", name, ETIMEDOUT) }
        for entry in watched where entry.revents != 0 {
          let count = recv(entry.fd, &request, request.count, Int32(MSG_WAITALL))
          guard count == request.count else { throw Self.failure("an answer is cut off", name, errno) }
          _ = send(entry.fd, &request, request.count, Int32(MSG_NOSIGNAL))
          done += 1
        }
        now = .now
      }
      return Double(done) / begin.duration(to: now).seconds
    }
  }

  /// Sends as much as goes over one connection.
  /// - Returns: bits a second.
  func throughput(to name: SocketName, for duration: Duration) throws -> Double {
    try namespace.run { () throws -> Double in
      var sources = SourceAddresses(start: 7)
      let socket = try Self.connect(to: name, &sources)
      defer { socket.abort() }
      let bytes = [UInt8](repeating: 7, count: 256 << 10)
      let begin = ContinuousClock.now
      var (sent, now) = (0, begin)
      while begin.duration(to: now) < duration {
        let count = send(socket.descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        guard count > 0 else { throw Self.failure("cannot send", name, errno) }
        sent += count
        now = .now
      }
      return Double(sent) * 8 / begin.duration(to: now).seconds
    }
  }

  private static func connect(to name: SocketName, _ sources: inout SourceAddresses) throws -> TCPSocket {
    let socket = try TCPSocket()
    socket.setTimeout(patience)
    let code = socket.bind(to: sources.next()) ? socket.connect(to: name) : errno
    guard code == 0 else {
      socket.close()
      throw failure("cannot connect", name, code)
    }
    return socket
  }

  /// Begins a connection whose end `poll` tells.
  private static func begin(_ name: SocketName, _ sources: inout SourceAddresses) throws -> pollfd {
    let socket = try TCPSocket(isBlocking: false)
    let code = socket.bind(to: sources.next()) ? socket.connect(to: name) : errno
    guard code == 0 || code == EINPROGRESS else {
      socket.close()
      throw failure("cannot connect", name, code)
    }
    return pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
  }

  private static func failure(_ what: String, _ name: SocketName, _ code: Int32) -> UserError {
    UserError("\(what): \(IPAddress(v4: name.address)):\(name.port): \(NetlinkError.name(ofErrno: code))")
  }
}
