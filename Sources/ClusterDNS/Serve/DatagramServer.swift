import CLinux
import Glibc
import Netlink
import Synchronization

/// One thread, one UDP socket: receives a batch, answers it from the snapshot, sends the batch of answers.
///
/// What is not the cluster's is handed on to the forwarder, which sends its answer on the same socket.
final class DatagramServer: Sendable {
  static let batchSize: UInt32 = 64
  /// A query has no reason to be longer; what is, is dropped.
  static let receiveSize: UInt32 = 2048

  let socket: Listeners.Socket
  let counters: QueryCounters
  private let store: SnapshotStore
  private let settings: AnswerSettings
  private let forward: @Sendable (ForwardRequest) -> Void
  private let isStopping = Atomic(false)
  /// Nanoseconds of CPU that the thread has used; written after each batch where it is asked for.
  let cpuTime = Atomic<Int64>(0)
  private let measuresCPU: Bool

  init(
    _ socket: Listeners.Socket, _ store: SnapshotStore, _ settings: AnswerSettings, measuresCPU: Bool = false,
    forward: @escaping @Sendable (ForwardRequest) -> Void
  ) {
    self.socket = socket
    self.store = store
    self.settings = settings
    self.forward = forward
    self.measuresCPU = measuresCPU
    counters = QueryCounters(transport: "udp", family: socket.address.address.isIPv4 ? "1" : "2")
  }

  func start(index: Int) throws(DNSServerError) -> ServingThread {
    try ServingThread(name: "dns-udp-\(index)") { self.run() }
  }

  /// Makes the thread end. The socket stays open.
  func stop() {
    isStopping.store(true, ordering: .releasing)
    linux_datagram_shutdown(socket.descriptor)
  }

  private func run() {
    guard let batch = linux_datagrams_create(Self.batchSize, Self.receiveSize, UInt32(MessageSize.maximumUDP))
    else { return }
    defer { linux_datagrams_free(batch) }
    let reader = store.makeReader()
    defer { store.remove(reader) }
    var answerer = Answerer(settings)
    while !isStopping.load(ordering: .relaxed) {
      let count = linux_datagrams_receive(batch, socket.descriptor)
      if count < 0 {
        // A peer's ICMP error is told on the socket, and is nothing to stop for.
        if count == -EBADF || count == -ENOTSOCK { return }
        continue
      }
      let begin = MonotonicClock.nanoseconds()
      let snapshot = reader.enter()
      for index in 0..<UInt32(count) { answer(index, of: batch, snapshot, &answerer) }
      reader.leave()
      if batch.pointee.queued > 0 { linux_datagrams_send(batch, socket.descriptor) }
      counters.took(MonotonicClock.nanoseconds() &- begin, count: Int(count))
      if measuresCPU { cpuTime.store(linux_thread_cpu_time(), ordering: .relaxed) }
    }
  }

  @inline(__always)
  private func answer(
    _ index: UInt32, of batch: UnsafeMutablePointer<linux_datagrams>, _ snapshot: Snapshot, _ answerer: inout Answerer
  ) {
    let length = Int(batch.pointee.in_lengths[Int(index)])
    let packet = UnsafeRawBufferPointer(start: linux_datagrams_received(batch, index), count: length)
    let reply = UnsafeMutableRawPointer(linux_datagrams_next(batch))
    switch answerer.answer(packet, snapshot, into: reply, isTCP: false) {
    case .reply(let size):
      linux_datagrams_queue(batch, index, UInt32(truncatingIfNeeded: size))
      counters.request(type: answerer.query.type, isCluster: answerer.isCluster)
      counters.response(code: answerer.code, isCluster: answerer.isCluster)
    case .drop:
      counters.drop()
    case .forward:
      counters.request(type: answerer.query.type, isCluster: answerer.isCluster)
      handOn(index, of: batch, reply, answerer)
    }
  }

  private func handOn(
    _ index: UInt32, of batch: UnsafeMutablePointer<linux_datagrams>, _ reply: UnsafeMutableRawPointer,
    _ answerer: borrowing Answerer
  ) {
    var peerLength: UInt32 = 0
    let peerAddress = linux_datagrams_peer(batch, index, &peerLength)
    let peer = Array(UnsafeRawBufferPointer(start: peerAddress, count: Int(peerLength)))
    let descriptor = socket.descriptor
    forward(
      ForwardRequest(answerer, reply: reply, isTCP: false) { message in
        message.withUnsafeBytes { bytes in
          peer.withUnsafeBytes { peer in
            guard let bytes = bytes.baseAddress, let address = peer.baseAddress else { return }
            // Refused where the client has gone: nothing is owed to it.
            _ = linux_datagram_send(descriptor, bytes, message.count, address, UInt32(peer.count))
          }
        }
      })
  }
}

/// CLOCK_MONOTONIC, which the kernel answers without a system call.
enum MonotonicClock {
  @inline(__always)
  static func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}
