import CLinux
import Synchronization

/// What the benchmark loads: threads with sockets that know their CPU time.
protocol BenchServer: Sendable {
  func start(index: Int) throws(DNSServerError) -> ServingThread
  func stop()
  /// Nanoseconds.
  var usedCPU: Int64 { get }
}

extension DatagramServer: BenchServer {
  var usedCPU: Int64 { cpuTime.load(ordering: .relaxed) }
}

/// Sends every datagram back with the response bit set: what sockets and batches alone cost.
final class EchoServer: BenchServer {
  private let socket: Listeners.Socket
  private let isStopping = Atomic(false)
  private let cpuTime = Atomic<Int64>(0)

  init(_ socket: Listeners.Socket) { self.socket = socket }

  var usedCPU: Int64 { cpuTime.load(ordering: .relaxed) }

  func start(index: Int) throws(DNSServerError) -> ServingThread {
    try ServingThread(name: "dns-echo-\(index)") { self.run() }
  }

  func stop() {
    isStopping.store(true, ordering: .releasing)
  }

  private func run() {
    guard
      let batch = linux_datagrams_create(
        DatagramServer.batchSize, DatagramServer.receiveSize, UInt32(MessageSize.maximumUDP))
    else { return }
    defer { linux_datagrams_free(batch) }
    while !isStopping.load(ordering: .relaxed) {
      let count = linux_datagrams_receive(batch, socket.descriptor)
      if count < 0 { continue }
      for index in 0..<UInt32(count) {
        let length = min(batch.pointee.in_lengths[Int(index)], UInt32(MessageSize.maximumUDP))
        guard length > 2 else { continue }
        let reply = UnsafeMutableRawPointer(linux_datagrams_next(batch))
        reply.copyMemory(from: linux_datagrams_received(batch, index), byteCount: Int(length))
        reply.put(reply.load(fromByteOffset: 2, as: UInt8.self) | 0x80, at: 2)
        linux_datagrams_queue(batch, index, length)
      }
      if batch.pointee.queued > 0 { linux_datagrams_send(batch, socket.descriptor) }
      cpuTime.store(linux_thread_cpu_time(), ordering: .relaxed)
    }
  }
}
