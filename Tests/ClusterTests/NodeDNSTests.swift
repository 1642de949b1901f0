import Foundation
import Netlink
import Synchronization
import Testing

extension ClusterTests {
  /// Cluster DNS on a node of a running cluster.
  @Suite(.needsCluster, .cluster(nodes: 1), .serialized)
  struct NodeDNSTests {
    private var cluster: LocalCluster { LocalCluster.shared }
    private var namespace: String { "/run/netns/skiff-\(cluster.name)-node-1" }

    private final class Flag: Sendable {
      private let value = Atomic(false)
      var isSet: Bool { value.load(ordering: .acquiring) }
      func set() { value.store(true, ordering: .releasing) }
    }

    private struct Counts: Sendable {
      var asked = 0
      var lost = 0
      var wrong = 0
    }

    /// A query for the address of the `kubernetes` Service.
    private static func query(_ id: UInt16) -> [UInt8] {
      var bytes: [UInt8] = [UInt8(id >> 8), UInt8(id & 255), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
      for label in ["kubernetes", "default", "svc", "cluster", "local"] {
        bytes += [UInt8(label.utf8.count)] + Array(label.utf8)
      }
      return bytes + [0, 0, 1, 0, 1]
    }

    /// A socket in the node's network, towards its cluster DNS address, with time-outs of 20 s.
    private static func socket(_ namespace: String) throws -> Int32 {
      let descriptor = try NetworkNamespace.open(at: namespace).run {
        Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
      }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = UInt16(53).bigEndian
      address.sin_addr.s_addr = UInt32(0x0A60_000A).bigEndian
      let code = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      try #require(code == 0)
      var timeout = [Int64(20), 0]
      setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, 16)
      return descriptor
    }

    /// Asks one query after the other, and never one twice.
    private static func askOn(_ namespace: String, until isOver: Flag) throws -> Counts {
      let descriptor = try socket(namespace)
      defer { close(descriptor) }
      var counts = Counts()
      var buffer = [UInt8](repeating: 0, count: 512)
      while !isOver.isSet {
        let id = UInt16(truncatingIfNeeded: counts.asked)
        let packet = query(id)
        counts.asked += 1
        guard send(descriptor, packet, packet.count, 0) == packet.count else {
          counts.lost += 1
          continue
        }
        // What answers an earlier query is stepped over.
        var count = 0
        repeat {
          count = recv(descriptor, &buffer, buffer.count, 0)
        } while count > 12
          && UInt16(buffer[0]) << 8 | UInt16(buffer[1]) != id
        if count <= 12 { counts.lost += 1 } else if buffer[3] & 15 != 0 { counts.wrong += 1 }
        // A pod, not a benchmark.
        usleep(500)
      }
      return counts
    }

    private func dnsIsReady() async throws {
      _ = try await eventually("DNS is ready") {
        let result = try run(
          LocalCluster.skiff, ["explain", "dns", "--name", cluster.name, "kubernetes.default.svc.cluster.local"],
          limit: 20)
        return result.status == 0 && result.output.contains("A 10.96.0.1") ? true : nil
      }
    }

    @Test(.timeLimit(.minutes(5)), arguments: [SIGKILL, SIGTERM])
    func noQueryIsLostWhenTheDaemonEnds(signal: Int32) async throws {
      // A node is ready before its DNS is.
      try await dnsIsReady()
      let isOver = Flag()
      let namespace = namespace
      async let counted = withCheckedThrowingContinuation { (continuation: CheckedContinuation<Counts, any Error>) in
        Thread.detachNewThread {
          continuation.resume(with: Result { try Self.askOn(namespace, until: isOver) })
        }
      }
      do {
        for _ in 0..<3 {
          let before = try #require(try cluster.pid(ofDaemon: "node-1"))
          kill(before, signal)
          _ = try await eventually("the daemon runs again") {
            try cluster.pid(ofDaemon: "node-1").flatMap { $0 == before ? nil : $0 }
          }
          try await dnsIsReady()
        }
      } catch {
        isOver.set()
        throw error
      }
      isOver.set()
      let counts = try await counted
      // Killed, it may take a query with it that it has read and not answered: one at most, for one is asked at a time.
      let inHand = signal == SIGKILL ? 3 : 0
      #expect(counts.lost <= inHand && counts.wrong == 0 && counts.asked > 10, "\(counts)")
    }

    @Test func namesAreExplained() throws {
      func explain(_ arguments: String...) throws -> CommandResult {
        try run(LocalCluster.skiff, ["explain", "dns", "--name", cluster.name] + arguments, limit: 20)
      }
      let service = try explain("kubernetes.default.svc.cluster.local")
      #expect(service.status == 0 && service.output.contains("Service default/kubernetes: ClusterIP 10.96.0.1"))
      let json = try explain("kubernetes.default.svc.cluster.local", "AAAA", "--json")
      let parsed = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
      #expect(parsed?["question"] as? String == "kubernetes.default.svc.cluster.local. AAAA")
      let wrong = try explain("a..b")
      #expect(wrong.status == 1 && wrong.errors.hasPrefix("skiff: \"a..b\" is no DNS name"))
      let elsewhere = try run(
        LocalCluster.skiff, ["explain", "dns", "x", "--run-dir", "/nowhere"], limit: 20)
      #expect(elsewhere.status == 1 && elsewhere.errors.contains("no daemon with DNS runs in /nowhere"))
    }

    /// Names of the other range are not asked outside.
    @Test func reverseNamesOfTheClusterEndHere() throws {
      let result = try run(
        LocalCluster.skiff, ["explain", "dns", "--name", cluster.name, "9.9.96.10.in-addr.arpa", "PTR"], limit: 20)
      #expect(result.output.contains("NXDOMAIN, from this server's own names"), "\(result.output)\(result.errors)")
    }
  }
}
