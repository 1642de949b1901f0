import CLinux

/// Sends every datagram back with the response bit set, by the same sockets and batches as the server: what these alone
/// cost.
public struct DatagramEcho: Sendable {
  private let threads: [ServingThread]

  /// Serves until the process ends, in the network namespace of the calling thread.
  /// - Parameter threads: as many sockets, each with its thread.
  public init(_ address: ListenAddress, threads: Int) throws(DNSServerError) {
    let name = address.socketAddress
    var running: [ServingThread] = []
    for index in 0..<threads {
      let descriptor = linux_datagram_socket(name, UInt32(name.count), Listeners.receiveBuffer)
      guard descriptor >= 0 else { throw DNSServerError("bind", "\(address)/udp", code: -descriptor) }
      running.append(try ServingThread(name: "dns-echo-\(index)") { Self.serve(descriptor) })
    }
    self.threads = running
  }

  /// Waits for ever.
  public func wait() { for thread in threads { thread.join() } }

  private static func serve(_ socket: Int32) {
    guard
      let batch = linux_datagrams_create(
        DatagramServer.batchSize, DatagramServer.receiveSize, UInt32(MessageSize.maximumUDP))
    else { return }
    defer { linux_datagrams_free(batch) }
    while true {
      let count = linux_datagrams_receive(batch, socket)
      if count < 0 { continue }
      for index in 0..<UInt32(count) {
        let length = min(batch.pointee.in_lengths[Int(index)], UInt32(MessageSize.maximumUDP))
        guard length > 2 else { continue }
        let reply = UnsafeMutableRawPointer(linux_datagrams_next(batch))
        reply.copyMemory(from: linux_datagrams_received(batch, index), byteCount: Int(length))
        reply.put(reply.load(fromByteOffset: 2, as: UInt8.self) | 0x80, at: 2)
        linux_datagrams_queue(batch, index, length)
      }
      if batch.pointee.queued > 0 { linux_datagrams_send(batch, socket) }
    }
  }
}
