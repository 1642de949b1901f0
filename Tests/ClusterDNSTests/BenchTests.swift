import KubeAPI
import KubeClientTesting
import Netlink
import Testing

@testable import ClusterDNS

/// The load of benchmarks counts what it says; how fast a server is, is not asserted.
@Suite struct BenchTests {
  private static let name = "web.default.svc.cluster.local"

  private static func queries() throws -> [CheckedQuery] {
    [
      try #require(.address(name, IPAddress(10, 96, 0, 7))), try #require(.noData(name)),
      try #require(.service("_http._tcp.\(name)", port: 80, target: name)),
      try #require(.pointer(IPAddress(10, 96, 0, 7), name)), try #require(.noName("absent.\(name)")),
    ]
  }

  private static func api() -> FakeAPI {
    let api = FakeAPI()
    api.put(Namespace("default"))
    api.put(Objects.service("web", ips: ["10.96.0.7"], ports: [("http", "TCP", 80)]))
    return api
  }

  @Test func everyAnswerIsRight() async throws {
    let queries = try Self.queries()
    try await TestServer.run(api: Self.api()) { server async throws in
      try await server.synced()
      let address = server.address
      let results = try await onThread {
        [
          try DatagramLoad(address, queries, window: 16).run(for: .milliseconds(100)),
          try DatagramLoad(address, queries, window: 16).run(for: .milliseconds(100), rate: 1_000),
          try StreamLoad(address, queries, connections: 3, window: 5).run(for: .milliseconds(100)),
        ]
      }
      for result in results {
        #expect(result.answered > 0 && result.wrong == 0 && result.queriesPerSecond > 0)
        #expect(result.latencies.microseconds(0.5) > 0)
        #expect(result.latencies.microseconds(0.99) >= result.latencies.microseconds(0.5))
      }
    }
  }

  /// Each query is asked, and each answer is right for its own query only.
  @Test func everyWrongAnswerIsSeen() async throws {
    let name = Self.name
    var queries = try Self.queries()
    queries += [
      try #require(.address(name, IPAddress(10, 96, 0, 8))), try #require(.noName(name)),
      try #require(.service("_http._tcp.\(name)", port: 81, target: name)),
      try #require(.service("_http._tcp.\(name)", port: 80, target: "other.default.svc.cluster.local")),
      try #require(.pointer(IPAddress(10, 96, 0, 7), "other.default.svc.cluster.local")),
    ]
    let all = queries
    try await TestServer.run(api: Self.api()) { server async throws in
      try await server.synced()
      for (index, query) in all.enumerated() {
        let answer = try #require(try await server.exchange([query.packet], isTCP: false).first)
        #expect(answer.withUnsafeBytes { query.isAnswered(by: $0) } == (index < 5), "query \(index)")
        // Nothing that is cut off is right, and nothing is read beyond it.
        for length in 0..<answer.count {
          let memory = try GuardedMemory(capacity: 2048)
          #expect(!query.isAnswered(by: memory.holding(Array(answer[..<length]))) || length >= query.packet.count + 12)
        }
      }
    }
  }

  @Test func latenciesAreCountedByTheirSize() {
    var counts = LatencyCounts()
    #expect(counts.microseconds(0.5) == 0)
    for _ in 0..<99 { counts.add(100_000) }
    counts.add(10_000_000)
    #expect(abs(counts.microseconds(0.5) - 100) < 7)
    #expect(abs(counts.microseconds(0.995) - 10_000) < 700)
    var more = LatencyCounts()
    for _ in 0..<1000 { more.add(1_000_000_000) }
    counts += more
    #expect(abs(counts.microseconds(0.5) - 1_000_000) < 70_000)
  }
}
