import Foundation
import KubeAPI
import KubeClientTesting
import Netlink
import Synchronization
import Telemetry
import Testing

@testable import ClusterDNS

/// The running server, over real sockets on loopback.
@Suite(.serialized) struct ServerTests {
  private static func api() -> FakeAPI {
    let api = FakeAPI()
    for name in ["default", "kube-system"] { api.put(Namespace(name)) }
    api.put(Objects.service("web", ips: ["10.96.0.7"], ports: [("http", "TCP", 80)]))
    api.put(Objects.service("db", ips: ["None"]))
    api.put(Objects.external("docs", "www.example.com"))
    api.put(Objects.slice("db", (1...100).map { ("10.244.0.\($0)", nil, true) }, ports: [("pg", "TCP", 5432)]))
    return api
  }

  @Test func answersOverDatagramsAndStreams() async throws {
    try await TestServer.run(api: Self.api()) { server in
      try await server.synced()
      for isTCP in [false, true] {
        let answer = try await server.ask(Ask(name: "web.default.svc.cluster.local"), isTCP: isTCP)
        #expect(answer.data(1) == ["10.96.0.7"])
      }
      let cut = try await server.ask(Ask(name: "db.default.svc.cluster.local"))
      #expect(cut.isTruncated)
      let whole = try await server.ask(Ask(name: "db.default.svc.cluster.local"), isTCP: true)
      #expect(!whole.isTruncated && whole.data(1).count == 100)
    }
  }

  @Test func changesAreAnsweredAtOnce() async throws {
    try await TestServer.run(api: Self.api()) { server in
      try await server.synced()
      server.api.put(Objects.service("new", ips: ["10.96.0.9"]))
      try await eventually("the new service has its name") {
        try await server.ask(Ask(name: "new.default.svc.cluster.local")).data(1) == ["10.96.0.9"]
      }
      server.api.remove(KubeAPI.Service.self, ObjectKey(namespace: "default", name: "web"))
      try await eventually("the deleted service has none") {
        try await server.ask(Ask(name: "web.default.svc.cluster.local")).code == 3
      }
      #expect(server.metrics.text().contains("coredns_kubernetes_dns_programming_duration_seconds_count"))
    }
  }

  @Test func metricsCountQueries() async throws {
    try await TestServer.run(api: Self.api()) { server in
      try await server.synced()
      for _ in 0..<3 { _ = try await server.ask(Ask(name: "web.default.svc.cluster.local")) }
      _ = try await server.ask(Ask(name: "none.default.svc.cluster.local"), isTCP: true)
      let text = server.metrics.text()
      #expect(
        text.contains(
          #"coredns_dns_requests_total{server="dns://:53",zone="cluster.local.",proto="udp",family="1",type="A"} 3"#),
        "\(text)")
      #expect(
        text.contains(
          #"coredns_dns_responses_total{server="dns://:53",zone="cluster.local.",rcode="NXDOMAIN",plugin="kubernetes"} 1"#
        ))
    }
  }

  @Test func streamsArePipelined() async throws {
    let upstream = try TestUpstream { query, _ in TestUpstream.address(query, 1) }
    defer { upstream.stop() }
    try await TestServer.run(upstreams: [upstream.address], api: Self.api()) { server in
      try await server.synced()
      let asks = (0..<200).map { index in
        Ask(name: index % 5 == 0 ? "x\(index).example.com" : "web.default.svc.cluster.local", id: index)
      }
      let answers = try await server.exchange(asks.map(\.bytes), isTCP: true).map { try Message($0) }
      #expect(Set(answers.map(\.id)) == Set(0..<200))
      #expect(answers.allSatisfy { $0.data(1).count == 1 })
    }
  }

  @Test func otherNamesAreForwarded() async throws {
    let upstream = try TestUpstream { query, isTCP in
      let name = String(decoding: query[13...], as: UTF8.self).lowercased()
      if name.hasPrefix("big") {
        return isTCP ? TestUpstream.address(query, 2) : TestUpstream.code(query, 0, truncated: true)
      }
      if name.hasPrefix("none") { return TestUpstream.code(query, 3) }
      return TestUpstream.address(query, 1)
    }
    defer { upstream.stop() }
    try await TestServer.run(upstreams: [upstream.address], api: Self.api()) { server in
      try await server.synced()
      let answer = try await server.ask(Ask(name: "WWW.Example.com", edns: 1232))
      #expect(answer.question.first?.name == "WWW.Example.com.")
      #expect(answer.answers.first?.name == "WWW.Example.com." && answer.data(1) == ["192.0.2.1"])
      #expect(!answer.isAuthoritative && answer.recursionAvailable && answer.edns?.payload == 1232)
      #expect(upstream.count == 1)
      let again = try await server.ask(Ask(name: "www.example.com"))
      #expect(again.data(1) == ["192.0.2.1"] && again.edns == nil)
      #expect(upstream.count == 1, "the second answer is from the cache")
      #expect(try await server.ask(Ask(name: "big.example.com")).data(1) == ["192.0.2.2"])
      #expect(try await server.ask(Ask(name: "none.example.com")).code == 3)
      let alias = try await server.ask(Ask(name: "docs.default.svc.cluster.local"))
      #expect(alias.answers.map(\.type) == [5, 1] && alias.answers.last?.name == "www.example.com.")
      #expect(server.metrics.text().contains(#"type="success"} 2"#))
    }
  }

  @Test func equalMissesAreOneQuery() async throws {
    let gate = Mutex(false)
    let upstream = try TestUpstream { query, _ in
      while !gate.withLock({ $0 }) { usleep(1000) }
      return TestUpstream.address(query, 1)
    }
    defer { upstream.stop() }
    try await TestServer.run(upstreams: [upstream.address]) { server in
      let asks = (0..<500).map { Ask(name: "www.example.com", id: $0).bytes }
      async let answers = server.exchange(asks, isTCP: false)
      try await eventually("all clients wait for one query") {
        server.metrics.text().contains("skiff_dns_forward_shared_total 499")
      }
      gate.withLock { $0 = true }
      let count = try await answers.count
      #expect(count == 500)
      #expect(upstream.count == 1)
    }
  }

  @Test func deadUpstreamsAreSteppedOver() async throws {
    let dead = try TestUpstream { _, _ in nil }
    let well = try TestUpstream { query, _ in TestUpstream.address(query, 9) }
    defer {
      dead.stop()
      well.stop()
    }
    try await TestServer.run(upstreams: [dead.address, well.address]) { server in
      for index in 0..<6 {
        let answer = try await server.ask(Ask(name: "x\(index).example.com"))
        #expect(answer.data(1) == ["192.0.2.9"])
      }
    }
  }

  @Test func withoutUpstreamsOtherNamesAreRefused() async throws {
    try await TestServer.run { server in
      let answer = try await server.ask(Ask(name: "www.example.com"))
      #expect(answer.code == 5)
    }
  }

  @Test func unreachableUpstreamsFailSoon() async throws {
    let listeners = try Listeners([ListenAddress(IPAddress(127, 0, 0, 1), port: 0)], threads: 1)
    listeners.closeAll()
    try await TestServer.run(upstreams: [listeners.stream[0].address]) { server in
      let begin = ContinuousClock.now
      let answer = try await server.ask(Ask(name: "www.example.com"))
      #expect(answer.code == 2)
      #expect(ContinuousClock.now - begin < .seconds(4.5))
    }
  }

  @Test func aTakenPortIsToldOf() async throws {
    try await TestServer.run { server in
      let taken = server.address
      await #expect {
        try await TestServer.run({ $0.listen = [ListenAddress(IPAddress(192, 0, 2, 1), port: taken.port)] }) {
          _ in
        }
      } throws: { "\($0)".contains("cannot bind 192.0.2.1:\(taken.port)/udp") && "\($0)".contains("no interface") }
    }
  }

  static func output(_ program: String, _ arguments: [String]) async throws -> String {
    try await onThread {
      let process = Process()
      let pipe = Pipe()
      process.executableURL = URL(fileURLWithPath: program)
      process.arguments = arguments
      process.standardOutput = pipe
      process.standardError = pipe
      try process.run()
      let data = pipe.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      return String(decoding: data, as: UTF8.self)
    }
  }
}
