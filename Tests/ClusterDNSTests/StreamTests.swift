import Foundation
import KubeAPI
import KubeClientTesting
import Netlink
import Synchronization
import Testing

@testable import ClusterDNS

/// Clients over TCP, well-behaved and not.
@Suite(.serialized) struct StreamTests {
  private static let web = Ask(name: "web.default.svc.cluster.local")

  private static func api() -> FakeAPI {
    let api = FakeAPI()
    api.put(Namespace("default"))
    api.put(Objects.service("web", ips: ["10.96.0.7"]))
    api.put(Objects.service("many", ips: ["None"]))
    let endpoints = (0..<3000).map { ("10.244.\($0 / 250).\($0 % 250 + 1)", nil as String?, true as Bool?) }
    api.put(Objects.slice("many", endpoints))
    return api
  }

  private static func framed(_ message: [UInt8]) -> [UInt8] {
    [UInt8(message.count >> 8), UInt8(message.count & 255)] + message
  }

  private static func answer(_ descriptor: Int32) throws -> Message {
    let head = try Socket.read(descriptor, 2)
    return try Message(try Socket.read(descriptor, Int(head[0]) << 8 | Int(head[1])))
  }

  /// Whether the other end has closed the connection.
  private static func isClosed(_ descriptor: Int32) -> Bool {
    var byte: UInt8 = 0
    let count = recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT) | Int32(MSG_PEEK))
    return count == 0 || count < 0 && errno == ECONNRESET
  }

  @Test func aThousandSilentClientsStopNobody() async throws {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = min(limit.rlim_max, 8192)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    try await TestServer.run(api: Self.api()) { server in
      try await server.synced()
      let address = server.address
      let others = try await onThread {
        try (0..<5).map { _ in try Socket.connected(address, isTCP: true, from: IPAddress(127, 0, 0, 9)) }
      }
      let silent = try await onThread { try (0..<1100).map { _ in try Socket.connected(address, isTCP: true) } }
      defer { for descriptor in others + silent { close(descriptor) } }
      // Those who came before, from elsewhere, have not lost their connections, and whoever comes gets one.
      for descriptor in others {
        let code = try await onThread {
          let bytes = Self.framed(Self.web.bytes)
          guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { return -1 }
          return try Self.answer(descriptor).code
        }
        #expect(code == 0)
      }
      #expect(try await server.ask(Self.web, isTCP: true).data(1) == ["10.96.0.7"])
      #expect(try await server.ask(Self.web).data(1) == ["10.96.0.7"])
      try await eventually("the first of the silent ones were closed") {
        silent.prefix(100).allSatisfy { Self.isClosed($0) }
      }
    }
  }

  @Test func quietConnectionsAreClosed() async throws {
    try await TestServer.run(api: Self.api(), { $0.streams.idle = .seconds(1) }) { server in
      let address = server.address
      let (silent, dripping) = try await onThread {
        (try Socket.connected(address, isTCP: true), try Socket.connected(address, isTCP: true))
      }
      defer {
        close(silent)
        close(dripping)
      }
      // Half a query a byte at a time is no query.
      let bytes = Self.framed(Self.web.bytes)
      var sent = 0
      try await eventually("both are closed") {
        if sent < bytes.count / 2 {
          _ = send(dripping, [bytes[sent]], 1, Int32(MSG_NOSIGNAL))
          sent += 1
        }
        return Self.isClosed(silent) && Self.isClosed(dripping)
      }
    }
  }

  @Test func whatIsReadyFirstIsAnsweredFirst() async throws {
    let gate = Flag()
    let upstream = try TestUpstream { query, _ in
      while !gate.isSet { usleep(1000) }
      return TestUpstream.address(query, 1)
    }
    defer { upstream.stop() }
    try await TestServer.run(
      upstreams: [upstream.address], api: Self.api(), { $0.forwarding.timeout = .seconds(60) }
    ) { server in
      try await server.synced()
      let address = server.address
      let ids = try await onThread {
        let descriptor = try Socket.connected(address, isTCP: true)
        defer { close(descriptor) }
        var slow = Ask(name: "www.example.com")
        slow.id = 1
        var quick = Self.web
        quick.id = 2
        let bytes = Self.framed(slow.bytes) + Self.framed(quick.bytes)
        _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        let first = try Self.answer(descriptor)
        gate.set()
        return [first.id, try Self.answer(descriptor).id]
      }
      #expect(ids == [2, 1])
    }
  }

  @Test func moreThanMayWaitAreAnsweredLater() async throws {
    let upstream = try TestUpstream { query, _ in TestUpstream.address(query, 1) }
    defer { upstream.stop() }
    try await TestServer.run(upstreams: [upstream.address], { $0.streams.pending = 3 }) { server in
      let asks = (0..<100).map { Ask(name: "x\($0).example.com", id: $0).bytes }
      let answers = try await server.exchange(asks, isTCP: true).map { try Message($0) }
      #expect(Set(answers.map(\.id)) == Set(0..<100) && answers.allSatisfy { $0.code == 0 })
    }
  }

  @Test func whoTakesNoAnswersHoldsNoMemory() async throws {
    try await TestServer.run(api: Self.api(), { $0.streams.memory = 256 << 10 }) { server in
      try await server.synced()
      let address = server.address
      // Each asks for 100 answers of 48 KiB and reads none.
      let greedy = try await onThread {
        let bytes = (0..<100).flatMap { _ in Self.framed(Ask(name: "many.default.svc.cluster.local").bytes) }
        return try (0..<20).map { _ in
          let descriptor = try Socket.connected(address, isTCP: true)
          _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
          return descriptor
        }
      }
      defer { for descriptor in greedy { close(descriptor) } }
      for _ in 0..<20 {
        #expect(try await server.ask(Self.web, isTCP: true).data(1) == ["10.96.0.7"])
      }
    }
  }

  @Test func oversizedQueriesEndTheConnection() async throws {
    try await TestServer.run(api: Self.api()) { server in
      let address = server.address
      for bytes in [[0xff, 0xff], [0x20, 0x00, 1, 2, 3], [0, 3, 1, 2, 3], [0, 0]] as [[UInt8]] {
        let count = try await onThread {
          let descriptor = try Socket.connected(address, isTCP: true)
          defer { close(descriptor) }
          _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
          var byte: UInt8 = 0
          return recv(descriptor, &byte, 1, 0)
        }
        #expect(count <= 0)
      }
    }
  }
}
