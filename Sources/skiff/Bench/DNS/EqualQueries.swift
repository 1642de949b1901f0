import ClusterDNS
import KubeAPI
import Netlink

#if canImport(Glibc)
  import Glibc
#endif

/// The same query many times at once, from several addresses of the pods.
struct EqualQueries {
  struct Figures: Sendable {
    var queries: Int
    var answered: Int
    /// Queries at the upstream.
    var upstream: Int

    var json: JSONValue {
      ["queries": .integer(queries), "answered": .integer(answered), "upstream": .integer(upstream)]
    }
  }

  private let query: CheckedQuery
  private let sockets: [Int32]

  init(_ query: CheckedQuery, from namespace: NetworkNamespace, sockets addresses: [UInt32]) throws {
    self.query = query
    sockets = try namespace.run { () throws -> [Int32] in
      try addresses.map { address in
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        // All answers come at once, and wait here.
        var size: Int32 = 4 << 20
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, 4)
        var time = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        let server = SocketName(DNSProgram.address.address, port: DNSProgram.address.port)
        guard descriptor >= 0, SocketName(address, port: 0).withSocketAddress({ bind(descriptor, $0, $1) }) == 0,
          server.withSocketAddress({ connect(descriptor, $0, $1) }) == 0
        else { throw UserError.system("ask", "\(DNSProgram.address)") }
        return descriptor
      }
    }
  }

  /// - Parameter count: queries of each address.
  /// - Returns: how many right answers came. An answer that stays away is waited for a second.
  func ask(_ count: Int) -> Int {
    defer { for descriptor in sockets { close(descriptor) } }
    var packet = query.packet
    for number in 0..<count {
      (packet[0], packet[1]) = (UInt8(number >> 8), UInt8(truncatingIfNeeded: number))
      for descriptor in sockets { _ = send(descriptor, packet, packet.count, 0) }
      // So that the server's socket does not overflow.
      if number % 50 == 49 { usleep(500) }
    }
    var right = 0
    var bytes = [UInt8](repeating: 0, count: 2_048)
    for descriptor in sockets {
      for _ in 0..<count {
        let size = recv(descriptor, &bytes, bytes.count, 0)
        guard size > 0 else { break }
        right += bytes.withUnsafeBytes {
          query.isAnswered(by: UnsafeRawBufferPointer(rebasing: $0[..<size])) ? 1 : 0
        }
      }
    }
    return right
  }
}
