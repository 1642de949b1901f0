import ClusterDNS
import Netlink
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// A name server for names outside the cluster, `host-N.example.org`, over UDP on a thread of its own. It counts what it
/// is asked.
final class BenchUpstream: Sendable {
  static let name = SocketName(BenchNetworks.nodeAddress, port: 5_301)

  private let socket: Int32
  private let delay = Atomic<UInt32>(0)
  private let asked = Atomic(0)
  private let isStopping = Atomic(false)
  private let thread = Mutex<NamedThread?>(nil)

  /// The address of name `number`: of the block for benchmarks (RFC 2544).
  static func address(_ number: Int) -> IPAddress { IPAddress(v4: 0xC612_0000 + UInt32(number)) }

  /// Listens in the network namespace of the calling thread until `stop`.
  init() throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0, Self.name.withSocketAddress({ bind(socket, $0, $1) }) == 0 else {
      throw UserError.system("listen on", "port \(Self.name.port) for an upstream")
    }
    let started = try NamedThread("bench-upstream") { [self] in serve() }
    thread.withLock { $0 = started }
  }

  /// How many queries have come.
  var count: Int { asked.load(ordering: .relaxed) }

  /// How long it thinks about each query, in milliseconds.
  func setDelay(_ milliseconds: UInt32) { delay.store(milliseconds, ordering: .relaxed) }

  func stop() {
    isStopping.store(true, ordering: .relaxed)
    shutdown(socket, Int32(SHUT_RDWR))
    thread.withLock { $0.take() }?.join()
    close(socket)
  }

  private func serve() {
    var packet = [UInt8](repeating: 0, count: 2_048)
    var client = sockaddr_storage()
    while !isStopping.load(ordering: .relaxed) {
      var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
      let count = withUnsafeMutablePointer(to: &client) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          recvfrom(socket, &packet, packet.count, 0, $0, &length)
        }
      }
      guard count > 12 else { continue }
      asked.add(1, ordering: .relaxed)
      let wait = delay.load(ordering: .relaxed)
      if wait > 0 { usleep(wait * 1_000) }
      let reply = Self.answer(packet[..<count])
      withUnsafePointer(to: &client) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          _ = sendto(socket, reply, reply.count, 0, $0, length)
        }
      }
    }
  }

  /// The address that the number in the first label stands for; what is asked for beside the question is not answered.
  static func answer(_ query: ArraySlice<UInt8>) -> [UInt8] {
    var end = 12
    while end < query.count, query[end] != 0 { end += Int(query[end]) + 1 }
    end += 5
    guard end <= query.count else { return [] }
    let label = query[13..<min(13 + Int(query[12]), end)]
    let digits = label.drop { $0 < UInt8(ascii: "0") || $0 > UInt8(ascii: "9") }
    let number = Int(String(decoding: digits, as: UTF8.self)) ?? 0
    var reply = Array(query[..<end])
    // A response, with recursion; one question, one answer.
    reply.replaceSubrange(2..<12, with: [0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0])
    return reply + [0xc0, 12, 0, 1, 0, 1, 0, 0, 0x0e, 0x10, 0, 4] + address(number).bytes
  }
}
