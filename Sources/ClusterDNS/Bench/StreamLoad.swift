import Glibc

/// Load over TCP: connections that are kept, each with a number of queries under way (RFC 7766 §6.2.1). Every answer is
/// checked. One thread uses it at a time.
public final class StreamLoad {
  private static let readSize = 65_536

  private let queries: [CheckedQuery]
  private let window: Int
  private let isEcho: Bool
  private var polled: [pollfd] = []
  private var underWay: QueriesUnderWay
  /// Of each connection: queries under way, and the beginning of a message whose rest is to come.
  private var counts: [Int]
  private var rests: [[UInt8]]
  private let buffer: UnsafeMutableRawBufferPointer

  /// Connects, from the network namespace of the calling thread.
  /// - Parameter window: queries under way at a time on each connection.
  public init(
    _ server: ListenAddress, _ queries: [CheckedQuery], connections: Int, window: Int, isEcho: Bool = false,
    start: Int = 0
  ) throws(DNSServerError) {
    self.queries = queries
    self.window = window
    self.isEcho = isEcho
    underWay = QueriesUnderWay(start: start)
    counts = Array(repeating: 0, count: connections)
    rests = Array(repeating: [], count: connections)
    buffer = .allocate(byteCount: Self.readSize, alignment: 8)
    for _ in 0..<connections {
      polled.append(pollfd(fd: try Self.connect(server), events: Int16(POLLIN), revents: 0))
    }
  }

  deinit {
    for entry in polled where entry.fd >= 0 { close(entry.fd) }
    buffer.deallocate()
  }

  private static func connect(_ server: ListenAddress) throws(DNSServerError) -> Int32 {
    let address = server.socketAddress
    let family = server.address.isIPv4 ? AF_INET : AF_INET6
    let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
    let code = address.withUnsafeBytes { raw in
      raw.withMemoryRebound(to: sockaddr.self) { Glibc.connect(descriptor, $0.baseAddress, socklen_t(raw.count)) }
    }
    guard code == 0, fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else {
      let error = DNSServerError("connect to", "\(server)/tcp", code: errno)
      close(descriptor)
      throw error
    }
    return descriptor
  }

  /// Asks for so long, and takes the last answers.
  public func run(for duration: Duration) -> LoadResult {
    var result = LoadResult()
    let begin = MonotonicClock.nanoseconds()
    let end = begin + duration.nanoseconds
    while true {
      let now = MonotonicClock.nanoseconds()
      if now < end {
        for index in polled.indices where counts[index] < window { ask(index, now) }
      } else if underWay.count == 0 {
        break
      }
      if poll(&polled, UInt(polled.count), 500) <= 0 {
        result.lost += underWay.forget()
        for index in counts.indices { counts[index] = 0 }
        if polled.allSatisfy({ $0.fd < 0 }) { break }
        continue
      }
      let arrived = MonotonicClock.nanoseconds()
      for index in polled.indices where polled[index].revents != 0 { take(index, arrived, &result) }
    }
    result.seconds = Double(MonotonicClock.nanoseconds() - begin) / 1e9
    return result
  }

  /// Fills a connection's window with one write.
  private func ask(_ index: Int, _ now: UInt64) {
    guard polled[index].fd >= 0 else { return }
    var bytes: [UInt8] = []
    while counts[index] < window {
      let (id, query) = underWay.begin(queries, now: now)
      let packet = queries[query].packet
      bytes.append(bigEndian: UInt16(packet.count))
      bytes.append(bigEndian: id)
      bytes += packet.dropFirst(2)
      counts[index] += 1
    }
    // The window is far smaller than a socket's buffer: what is not taken whole is a connection that has ended.
    if send(polled[index].fd, bytes, bytes.count, Int32(MSG_NOSIGNAL)) != bytes.count { end(index) }
  }

  private func take(_ index: Int, _ now: UInt64, _ result: inout LoadResult) {
    let count = recv(polled[index].fd, buffer.baseAddress, buffer.count, 0)
    if count <= 0 {
      if count == 0 || errno != EAGAIN { end(index) }
      return
    }
    let received = UnsafeRawBufferPointer(rebasing: buffer[..<count])
    if rests[index].isEmpty {
      rests[index] = Array(received[takeMessages(received, index, now, &result)...])
    } else {
      let all = rests[index] + received
      rests[index] = all.withUnsafeBytes { Array($0[takeMessages($0, index, now, &result)...]) }
    }
  }

  /// - Returns: where the first message begins that is not whole.
  private func takeMessages(
    _ bytes: UnsafeRawBufferPointer, _ index: Int, _ now: UInt64, _ result: inout LoadResult
  ) -> Int {
    var offset = 0
    while offset + 2 <= bytes.count {
      let size = Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
      guard offset + 2 + size <= bytes.count else { break }
      let message = UnsafeRawBufferPointer(rebasing: bytes[(offset + 2)..<(offset + 2 + size)])
      if underWay.end(message, queries, isEcho: isEcho, now: now, &result) { counts[index] -= 1 }
      offset += 2 + size
    }
    return offset
  }

  /// What was under way on it is lost in the end.
  private func end(_ index: Int) {
    close(polled[index].fd)
    polled[index].fd = -1
  }
}
