import Foundation
import KubeAPI
import KubeClientTesting
import Netlink
import Telemetry
import Testing

@testable import ClusterDNS

/// A changed file changes the running server, and a bad one changes nothing.
@Suite(.serialized) struct ReloadTests {
  private static func run(
    _ text: String, _ body: @escaping @Sendable (TestServer, TemporaryFolder) async throws -> Void
  ) async throws {
    try await TemporaryFolder.with { folder in
      let path = folder.write("dns.yaml", text)
      let api = FakeAPI()
      api.put(Namespace("default"))
      api.put(Objects.service("web", ips: ["10.96.0.7"]))
      let file = ConfigurationFile(path, format: .yaml, over: TestServer.settings())
      try await TestServer.run(api: api, file: file) { server in
        try await server.synced()
        try await body(server, folder)
      }
    }
  }

  @Test func aChangedFileIsTakenOver() async throws {
    let upstream = try TestUpstream { query, _ in TestUpstream.address(query, 1) }
    let other = try TestUpstream { query, _ in TestUpstream.address(query, 2) }
    defer {
      upstream.stop()
      other.stop()
    }
    try await Self.run("ttl: 7\nupstreams: ['\(upstream.address)']\n") { server, folder async throws in
      let web = Ask(name: "web.default.svc.cluster.local")
      #expect(try await server.ask(web).answers.first?.ttl == 7)
      #expect(try await server.ask(Ask(name: "www.example.com")).data(1) == ["192.0.2.1"])
      _ = folder.write(
        "dns.yaml", "ttl: 9\nupstreams: ['\(other.address)']\nhosts: {fixed.example: 192.0.2.50}\nqueryLog: errors\n")
      for isTCP in [false, true] {
        try await eventually("the new TTL is told") { try await server.ask(web, isTCP: isTCP).answers.first?.ttl == 9 }
      }
      #expect(try await server.ask(Ask(name: "www.example.com")).data(1) == ["192.0.2.2"], "and not from the old cache")
      #expect(try await server.ask(Ask(name: "fixed.example")).data(1) == ["192.0.2.50"])
      #expect(server.metric("skiff_dns_reloads_total") == 1)
      // What did not change, stays: the cache is still warm.
      let asked = other.count
      _ = folder.write("dns.yaml", "ttl: 11\nupstreams: ['\(other.address)']\n")
      try await eventually("the next TTL is told") { try await server.ask(web).answers.first?.ttl == 11 }
      #expect(try await server.ask(Ask(name: "www.example.com")).data(1) == ["192.0.2.2"])
      #expect(try await server.ask(Ask(name: "fixed.example")).data(1) == ["192.0.2.2"], "it is fixed no more")
      #expect(other.count == asked + 1)
    }
  }

  @Test(arguments: ["ttl: [", "tll: 5\n", "zone: other.example\n", "upstreams: [nobody]\n"])
  func aBadFileChangesNothing(text: String) async throws {
    try await Self.run("ttl: 7\n") { server, folder async throws in
      _ = folder.write("dns.yaml", text)
      try await eventually("the file was refused") { server.metric("coredns_reload_failed_total") == 1 }
      let web = Ask(name: "web.default.svc.cluster.local")
      #expect(try await server.ask(web).answers.first?.ttl == 7)
      _ = folder.write("dns.yaml", "ttl: 8\n")
      try await eventually("a good file is taken over") { try await server.ask(web).answers.first?.ttl == 8 }
    }
  }

  @Test func filesThatAreNamedAreFollowed() async throws {
    let upstream = try TestUpstream { query, _ in TestUpstream.address(query, 1) }
    defer { upstream.stop() }
    try await TemporaryFolder.with { outer in
      let hosts = outer.write("hosts", "192.0.2.50 fixed.example\n")
      try await Self.run("hostsFile: \(hosts)\nupstreams: ['\(upstream.address)']\n") { server, _ async throws in
        #expect(try await server.ask(Ask(name: "fixed.example")).data(1) == ["192.0.2.50"])
        _ = outer.write("hosts", "192.0.2.51 fixed.example\n")
        try await eventually("the new address is told") {
          try await server.ask(Ask(name: "fixed.example")).data(1) == ["192.0.2.51"]
        }
      }
    }
  }

  @Test func queriesGoOnDuringReloads() async throws {
    try await Self.run("ttl: 7\n") { server, folder async throws in
      let address = server.address
      let isOver = Flag()
      try await withThrowingTaskGroup(of: Int.self) { group in
        group.addTask {
          try await onThread {
            let descriptor = try Socket.connected(address, isTCP: false)
            defer { close(descriptor) }
            let packet = Ask(name: "web.default.svc.cluster.local").bytes
            var buffer = [UInt8](repeating: 0, count: 512)
            var answers = 0
            while !isOver.isSet {
              guard send(descriptor, packet, packet.count, 0) == packet.count,
                recv(descriptor, &buffer, buffer.count, 0) > 12, buffer[3] & 15 == 0
              else { throw Timeout(description: "a query got no answer") }
              answers += 1
            }
            return answers
          }
        }
        for index in 1...3 {
          _ = folder.write("dns.yaml", "ttl: \(10 + index)\n")
          try await eventually("the file was taken over") {
            server.metric("skiff_dns_reloads_total") == Double(index)
          }
        }
        isOver.set()
        let answers = try await group.next() ?? 0
        #expect(answers > 100)
      }
    }
  }
}
