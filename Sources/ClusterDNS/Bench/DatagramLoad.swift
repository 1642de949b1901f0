import CLinux
import Glibc

/// Load over UDP from one socket: it keeps a number of queries under way, or asks at a steady rate, and checks every
/// answer. One thread uses it at a time.
public final class DatagramLoad {
  private let server: [UInt8]
  private let queries: [CheckedQuery]
  private let window: Int
  private let isEcho: Bool
  private let descriptor: Int32
  private let batch: UnsafeMutablePointer<linux_datagrams>
  private var underWay: QueriesUnderWay

  /// - Parameters:
  ///   - server: whom to ask, from the network namespace of the calling thread.
  ///   - window: queries under way at a time.
  ///   - isEcho: whether the server sends back what it gets.
  ///   - start: the number of the first query.
  public init(
    _ server: ListenAddress, _ queries: [CheckedQuery], window: Int, isEcho: Bool = false, start: Int = 0
  ) throws(DNSServerError) {
    self.server = server.socketAddress
    self.queries = queries
    self.window = window
    self.isEcho = isEcho
    underWay = QueriesUnderWay(start: start)
    let own = ListenAddress(server.address.isIPv4 ? .init(0, 0, 0, 0) : .init(number: 0, family: .v6), port: 0)
    descriptor = linux_datagram_socket(own.socketAddress, UInt32(own.socketAddress.count), 4 << 20)
    guard descriptor >= 0 else { throw DNSServerError("open", "a socket for the load", code: -descriptor) }
    guard let batch = linux_datagrams_create(UInt32(window), 1500, 512) else {
      throw DNSServerError("allocate", "buffers for the load", code: errno)
    }
    self.batch = batch
    linux_datagram_timeout(descriptor, 500)
  }

  deinit {
    close(descriptor)
    linux_datagrams_free(batch)
  }

  /// Asks for so long, and takes the last answers.
  /// - Parameter rate: queries a second at most.
  public func run(for duration: Duration, rate: Double? = nil) -> LoadResult {
    var result = LoadResult()
    let begin = MonotonicClock.nanoseconds()
    let end = begin + duration.nanoseconds
    let first = underWay.next
    while true {
      var now = MonotonicClock.nanoseconds()
      if now >= end, underWay.count == 0 { break }
      if let rate, underWay.count == 0 {
        // So many that the next wake-up is not for a single query.
        let due = begin + UInt64(Double(underWay.next - first + min(window, 16)) / rate * 1e9)
        if due > now { usleep(UInt32((due - now) / 1000)) }
        now = MonotonicClock.nanoseconds()
      }
      let allowed = rate.map { first + Int(Double(now - begin) / 1e9 * $0) + 1 } ?? .max
      while now < end, underWay.count < window, underWay.next < allowed { queue(now) }
      if batch.pointee.queued > 0 { linux_datagrams_send_to(batch, descriptor, server, UInt32(server.count)) }
      if underWay.count == 0 { continue }
      let count = linux_datagrams_receive(batch, descriptor)
      if count <= 0 {
        // Half a second without an answer.
        result.lost += underWay.forget()
        continue
      }
      let arrived = MonotonicClock.nanoseconds()
      for index in 0..<UInt32(count) {
        let length = Int(batch.pointee.in_lengths[Int(index)])
        let bytes = UnsafeRawBufferPointer(start: linux_datagrams_received(batch, index), count: length)
        _ = underWay.end(bytes, queries, isEcho: isEcho, now: arrived, &result)
      }
    }
    result.seconds = Double(MonotonicClock.nanoseconds() - begin) / 1e9
    return result
  }

  @inline(__always)
  private func queue(_ now: UInt64) {
    let (id, index) = underWay.begin(queries, now: now)
    let packet = queries[index].packet
    let out = UnsafeMutableRawPointer(linux_datagrams_next(batch))
    packet.withUnsafeBytes { if let source = $0.baseAddress { out.copyMemory(from: source, byteCount: $0.count) } }
    out.put(id, at: 0)
    linux_datagrams_queue(batch, 0, UInt32(packet.count))
  }
}
