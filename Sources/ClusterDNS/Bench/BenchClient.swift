import CLinux
import Glibc
import Synchronization

/// One thread of load: it keeps `window` queries under way on one socket, and checks every answer.
final class BenchClient: Sendable {
  struct Result: Sendable {
    var answered = 0
    var lost = 0
    var wrong = 0
    /// Counts by `BenchClient.bucket`.
    var latencies = [UInt64](repeating: 0, count: BenchClient.buckets)
  }

  /// Eight buckets to each doubling, from 1 µs on.
  static let buckets = 200

  private static func bucket(_ nanoseconds: UInt64) -> Int {
    guard nanoseconds >= 1000 else { return 0 }
    let scaled = nanoseconds / 125
    let exponent = 63 - scaled.leadingZeroBitCount
    return min(buckets - 1, (exponent - 3) * 8 + Int(scaled >> UInt64(exponent - 3) & 7))
  }

  /// The middle of a bucket.
  static func microseconds(_ bucket: Int) -> Double {
    Double(UInt64(8 + bucket % 8) << UInt64(bucket / 8)) * 0.125
  }

  private let server: ListenAddress
  private let queries: [BenchQuery]
  private let window: Int
  private let duration: UInt64
  private let isEcho: Bool
  private let start: Int
  private let outcome = Mutex(Result())

  init(
    _ server: ListenAddress, _ queries: [BenchQuery], window: Int, duration: Duration, isEcho: Bool, start: Int
  ) {
    self.server = server
    self.queries = queries
    self.window = window
    self.isEcho = isEcho
    self.start = start
    let (seconds, attoseconds) = duration.components
    self.duration = UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
  }

  var result: Result { outcome.withLock { $0 } }

  /// Sends a window, takes what comes back, and sends as many again, until the time is over.
  func run() {
    let own = ListenAddress(server.address, port: 0)
    let descriptor = linux_datagram_socket(own.socketAddress, UInt32(own.socketAddress.count), 4 << 20)
    guard descriptor >= 0, let batch = linux_datagrams_create(UInt32(window), 1500, 512) else { return }
    defer {
      close(descriptor)
      linux_datagrams_free(batch)
    }
    let peer = server.socketAddress
    linux_datagram_timeout(descriptor, 500)
    var result = Result()
    var sent = [UInt64](repeating: 0, count: 65_536)
    var asked = [Int](repeating: 0, count: 65_536)
    var next = start
    var under = 0
    let end = MonotonicClock.nanoseconds() + duration
    while true {
      let now = MonotonicClock.nanoseconds()
      if now >= end, under == 0 { break }
      while now < end, under + Int(batch.pointee.queued) < window {
        let id = next & 0xffff
        let index = next % queries.count
        next += 1
        let packet = queries[index].packet
        let out = UnsafeMutableRawPointer(linux_datagrams_next(batch))
        packet.withUnsafeBytes { if let source = $0.baseAddress { out.copyMemory(from: source, byteCount: $0.count) } }
        out.put(UInt16(id), at: 0)
        linux_datagrams_queue(batch, 0, UInt32(packet.count))
        sent[id] = now
        asked[id] = index
      }
      under += Int(batch.pointee.queued)
      if batch.pointee.queued > 0 { linux_datagrams_send_to(batch, descriptor, peer, UInt32(peer.count)) }
      let count = linux_datagrams_receive(batch, descriptor)
      if count <= 0 {
        // Half a second without an answer: what is under way is lost.
        result.lost += under
        under = 0
        sent = [UInt64](repeating: 0, count: 65_536)
        continue
      }
      let arrived = MonotonicClock.nanoseconds()
      for index in 0..<UInt32(count) {
        let length = Int(batch.pointee.in_lengths[Int(index)])
        let bytes = UnsafeRawBufferPointer(start: linux_datagrams_received(batch, index), count: length)
        guard length >= 12, let base = bytes.baseAddress else { continue }
        let id = Int(base.bigEndian16(0))
        guard sent[id] != 0 else { continue }
        under -= 1
        result.answered += 1
        if !isRight(bytes, base, queries[asked[id]]) { result.wrong += 1 }
        result.latencies[Self.bucket(arrived - sent[id])] += 1
        sent[id] = 0
      }
    }
    outcome.withLock { [result] in $0 = result }
  }

  private func isRight(_ bytes: UnsafeRawBufferPointer, _ base: UnsafeRawPointer, _ query: BenchQuery) -> Bool {
    guard base.byte(2) & 0x80 != 0 else { return false }
    if isEcho { return bytes.count == query.packet.count }
    guard base.byte(3) & 15 == query.code, base.bigEndian16(6) == UInt16(query.answers) else { return false }
    return bytes.suffix(query.suffix.count).elementsEqual(query.suffix)
  }
}
