import ClusterDNS
import Netlink

#if canImport(Glibc)
  import Glibc
#endif

/// A client that asks one query at a time, from the pod's network namespace.
final class AnswerWatch: Sendable {
  private let descriptor: Int32

  init(from namespace: NetworkNamespace) throws {
    let address = DNSProgram.address
    descriptor = try namespace.run { () throws -> Int32 in
      let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      let name = SocketName(address.address, port: address.port)
      guard descriptor >= 0, name.withSocketAddress({ connect(descriptor, $0, $1) }) == 0 else {
        throw UserError.system("ask", "\(address)")
      }
      var time = timeval(tv_sec: 0, tv_usec: 200_000)
      setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
      return descriptor
    }
  }

  deinit { close(descriptor) }

  /// Whether the answer is right now.
  func isAnswered(_ query: CheckedQuery) throws -> Bool {
    guard send(descriptor, query.packet, query.packet.count, 0) >= 0 else { return false }
    var bytes = [UInt8](repeating: 0, count: 2_048)
    let count = recv(descriptor, &bytes, bytes.count, 0)
    return count > 0 && bytes.withUnsafeBytes { query.isAnswered(by: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
  }

  /// Asks some ten thousand times a second until the answer is right.
  /// - Returns: when it came.
  func firstAnswer(_ query: CheckedQuery) throws -> ContinuousClock.Instant {
    let deadline = ContinuousClock.now + .seconds(60)
    while try !isAnswered(query) {
      guard ContinuousClock.now < deadline else { throw UserError("a change is not answered within a minute") }
      usleep(20)
    }
    return .now
  }
}
