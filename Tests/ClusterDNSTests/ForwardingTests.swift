import Foundation
import KubeAPI
import KubeClientTesting
import Netlink
import Synchronization
import Telemetry
import Testing

@testable import ClusterDNS

/// The running server and its upstreams, over real sockets: what they may do to it, and what clients see.
@Suite(.serialized) struct ForwardingTests {
  private static func api() -> FakeAPI {
    let api = FakeAPI()
    for name in ["default", "kube-system"] { api.put(Namespace(name)) }
    api.put(Objects.service("web", ips: ["10.96.0.7"], ports: [("http", "TCP", 80)]))
    api.put(Objects.external("docs", "www.example.com"))
    api.put(Objects.external("fixed", "db.fixed.example"))
    return api
  }

  private static func group(_ texts: String...) -> UpstreamGroup {
    UpstreamGroup(servers: texts.compactMap { Upstream($0) }, policy: .sequential)
  }

  @Test func forgersAreNotHeard() async throws {
    let upstream = try TestUpstream { exchange in
      let good = TestUpstream.address(exchange.query, 1)
      exchange.forge(TestUpstream.address(exchange.query, 66))
      var wrongID = TestUpstream.address(exchange.query, 66)
      wrongID[1] ^= 1
      exchange.answer(wrongID)
      exchange.answer(Array(good.prefix(7)))
      exchange.answer(good)
    }
    defer { upstream.stop() }
    try await TestServer.run(upstreams: [upstream.address]) { server async throws in
      for index in 0..<20 {
        #expect(try await server.ask(Ask(name: "x\(index).example.com")).data(1) == ["192.0.2.1"])
      }
      #expect(upstream.count == 20)
    }
  }

  @Test func halfOfAllQueriesMayBeLost() async throws {
    let turn = Atomic(0)
    let upstream = try TestUpstream { query, _ in
      turn.wrappingAdd(1, ordering: .relaxed).newValue % 2 == 0 ? TestUpstream.address(query, 1) : nil
    }
    defer { upstream.stop() }
    try await TestServer.run(upstreams: [upstream.address]) { server async throws in
      for index in 0..<5 {
        #expect(try await server.ask(Ask(name: "x\(index).example.com")).data(1) == ["192.0.2.1"])
      }
    }
  }

  @Test func upstreamsAreAskedOverTCP() async throws {
    let kinds = Mutex<[Bool]>([])
    let upstream = try TestUpstream { query, isTCP in
      kinds.withLock { $0.append(isTCP) }
      return TestUpstream.address(query, 1)
    }
    defer { upstream.stop() }
    try await TestServer.run({ $0.upstreams = Self.group("tcp://\(upstream.address)") }) { server async throws in
      let asks = (0..<50).map { Ask(name: "x\($0).example.com", id: $0).bytes }
      let answers = try await server.exchange(asks, isTCP: false).map { try Message($0) }
      #expect(answers.count == 50 && answers.allSatisfy { $0.data(1) == ["192.0.2.1"] })
      #expect(kinds.withLock { $0 } == [Bool](repeating: true, count: 50))
    }
  }

  @Test func upstreamsAreAskedOverTLS() async throws {
    let upstream = try await TLSUpstream.start(names: ["dns.example"]) { TestUpstream.address($0, 1) }
    try await TemporaryFolder.with { folder in
      let authorities = folder.write("ca.pem", upstream.authority)
      var group = Self.group("tls://\(upstream.address)#dns.example")
      group.authorities = authorities
      let good = group
      try await TestServer.run({ $0.upstreams = good }) { server async throws in
        let asks = (0..<50).map { Ask(name: "x\($0).example.com", id: $0).bytes }
        let answers = try await server.exchange(asks, isTCP: false).map { try Message($0) }
        #expect(answers.count == 50 && answers.allSatisfy { $0.data(1) == ["192.0.2.1"] })
        #expect(upstream.connections == 1)
      }
    }
    try await upstream.stop()
  }

  @Test func theAddressMayBeTheCertificatesName() async throws {
    let address = IPAddress(127, 0, 0, 1)
    let upstream = try await TLSUpstream.start(names: [], addresses: [address]) { TestUpstream.address($0, 1) }
    try await TemporaryFolder.with { folder in
      var group = Self.group("tls://\(upstream.address)")
      group.authorities = folder.write("ca.pem", upstream.authority)
      let good = group
      try await TestServer.run({ $0.upstreams = good }) { server async throws in
        #expect(try await server.ask(Ask(name: "www.example.com")).data(1) == ["192.0.2.1"])
      }
    }
    try await upstream.stop()
  }

  @Test(arguments: ["other.example", "untrusted"])
  func certificatesAreVerified(fault: String) async throws {
    let upstream = try await TLSUpstream.start(names: ["dns.example"]) { TestUpstream.address($0, 1) }
    let other = try await TLSUpstream.start(names: ["dns.example"]) { _ in nil }
    try await TemporaryFolder.with { folder in
      let isUntrusted = fault == "untrusted"
      var group = Self.group("tls://\(upstream.address)#\(isUntrusted ? "dns.example" : fault)")
      group.authorities = folder.write("ca.pem", isUntrusted ? other.authority : upstream.authority)
      let bad = group
      try await TestServer.run({
        $0.upstreams = bad
        $0.forwarding.attempts = 2
      }) { server async throws in
        #expect(try await server.ask(Ask(name: "www.example.com")).code == 2)
      }
    }
    try await upstream.stop()
    try await other.stop()
  }

  @Test func zonesHaveUpstreamsOfTheirOwn() async throws {
    let world = try TestUpstream { query, _ in TestUpstream.address(query, 1) }
    let corp = try TestUpstream { query, _ in TestUpstream.address(query, 2) }
    defer {
      world.stop()
      corp.stop()
    }
    try await TestServer.run(
      upstreams: [world.address],
      {
        $0.stubDomains = [
          StubDomain(zone: WireName("corp.example") ?? WireName(), upstreams: Self.group("\(corp.address)")),
          StubDomain(zone: WireName("lab.corp.example") ?? WireName(), upstreams: nil),
        ]
      }
    ) { server async throws in
      #expect(try await server.ask(Ask(name: "www.example")).data(1) == ["192.0.2.1"])
      #expect(try await server.ask(Ask(name: "a.b.Corp.Example")).data(1) == ["192.0.2.2"])
      #expect(try await server.ask(Ask(name: "x.lab.corp.example")).code == 5)
    }
  }

  @Test func staticNamesAreAnswered() async throws {
    try await TestServer.run(
      api: Self.api(),
      {
        $0.hosts = [
          StaticHost(
            name: WireName("db.fixed.example") ?? WireName(),
            addresses: [IPAddress(192, 0, 2, 50), IPAddress(192, 0, 2, 51)])
        ]
        $0.hostsTTL = 77
      }
    ) { server async throws in
      let answer = try await server.ask(Ask(name: "DB.fixed.example"))
      #expect(Set(answer.data(1)) == ["192.0.2.50", "192.0.2.51"])
      #expect(answer.answers.first?.name == "DB.fixed.example." && answer.answers.first?.ttl == 77)
      #expect(answer.isAuthoritative)
      let family = try await server.ask(Ask(name: "db.fixed.example", type: 28))
      #expect(family.code == 0 && family.answers.isEmpty)
      #expect(try await server.ask(Ask(name: "51.2.0.192.in-addr.arpa", type: 12)).data(12) == ["db.fixed.example."])
      #expect(try await server.ask(Ask(name: "x.db.fixed.example")).code == 5, "nothing is below it")
      // An ExternalName service may point at it.
      try await server.synced()
      let alias = try await server.ask(Ask(name: "fixed.default.svc.cluster.local"))
      #expect(alias.answers.map(\.type) == [5, 1, 1])
    }
  }

  @Test func namesAreRewritten() async throws {
    let upstream = try TestUpstream { query, _ in
      TestUpstream.name(query) == "www.new.example." ? TestUpstream.address(query, 1) : TestUpstream.denial(query)
    }
    defer { upstream.stop() }
    func rule(_ from: String, _ to: String, isSuffix: Bool = true) -> NameRewrite {
      NameRewrite(from: WireName(from) ?? WireName(), to: WireName(to) ?? WireName(), isSuffix: isSuffix)
    }
    let rules = [rule("old.example", "new.example"), rule("intern", "default.svc.cluster.local")]
    try await TestServer.run(upstreams: [upstream.address], api: Self.api(), { $0.rewrites = rules }) {
      server async throws in
      try await server.synced()
      for _ in 0..<2 {
        let answer = try await server.ask(Ask(name: "WWW.old.example"))
        #expect(answer.question.first?.name == "WWW.old.example." && answer.data(1) == ["192.0.2.1"])
        #expect(answer.answers.map(\.name) == ["WWW.old.example."])
      }
      #expect(upstream.count == 1, "the second is from the cache")
      let missing = try await server.ask(Ask(name: "none.old.example"))
      #expect(missing.code == 3 && missing.authorities.map(\.type) == [6])
      let cluster = try await server.ask(Ask(name: "web.intern"))
      #expect(cluster.data(1) == ["10.96.0.7"] && cluster.answers.map(\.name) == ["web.intern."])
      #expect(try await server.ask(Ask(name: "none.intern")).code == 3)
      let services = try await server.ask(Ask(name: "_http._tcp.web.intern", type: 33))
      #expect(services.data(33) == ["0 100 80 web.default.svc.cluster.local."])
      let alias = try await server.ask(Ask(name: "docs.intern"))
      #expect(alias.code == 3 && alias.answers.map(\.type) == [5] && alias.answers[0].name == "docs.intern.")
    }
  }

  @Test func searchPathsAreCompletedForPods() async throws {
    let upstream = try TestUpstream { query, _ in
      TestUpstream.name(query) == "www.example.com." ? TestUpstream.address(query, 1) : TestUpstream.denial(query)
    }
    defer { upstream.stop() }
    let api = Self.api()
    api.put(Objects.service("metrics", in: "kube-system", ips: ["10.96.0.30"]))
    api.put(
      Pod("client", in: "default") { pod in
        pod.status.phase = "Running"
        pod.status.podIP = "127.0.0.1"
      })
    try await TestServer.run(
      upstreams: [upstream.address], api: api,
      {
        $0.podNames = .verified
        $0.completesSearchPath = true
      }
    ) { server async throws in
      try await server.synced()
      for isTCP in [false, true] {
        let outside = try await server.ask(Ask(name: "www.example.com.default.svc.cluster.local"), isTCP: isTCP)
        #expect(outside.answers.map(\.type) == [5, 1] && outside.data(5) == ["www.example.com."])
        #expect(outside.answers.first?.name == "www.example.com.default.svc.cluster.local.")
        let inside = try await server.ask(Ask(name: "metrics.kube-system.default.svc.cluster.local"), isTCP: isTCP)
        #expect(inside.data(5) == ["metrics.kube-system.svc.cluster.local."] && inside.data(1) == ["10.96.0.30"])
        let missing = try await server.ask(Ask(name: "none.example.com.default.svc.cluster.local"), isTCP: isTCP)
        #expect(missing.code == 3 && missing.answers.isEmpty && missing.authorities.map(\.name) == ["cluster.local."])
        // Another namespace's domain is not this pod's.
        #expect(
          try await server.ask(Ask(name: "www.example.com.kube-system.svc.cluster.local"), isTCP: isTCP).code == 3)
      }
      let asked = upstream.count
      #expect(try await server.ask(Ask(name: "www.example.com.default.svc.cluster.local", type: 15)).code == 3)
      #expect(upstream.count == asked)
    }
  }

  // MARK: Upstreams that end and come back

  @Test func staleAnswersBridgeAFailure() async throws {
    let upstream = try TestUpstream { query, _ in TestUpstream.address(query, 1, ttl: 1) }
    try await TestServer.run(
      upstreams: [upstream.address],
      {
        $0.cache.staleTTL = 7
        $0.cache.staleAfter = .milliseconds(100)
        $0.forwarding.timeout = .seconds(1)
      }
    ) { server async throws in
      #expect(try await server.ask(Ask(name: "www.example.com")).answers.first?.ttl == 1)
      upstream.stop()
      try await eventually("the answer's time is over") {
        try await server.ask(Ask(name: "www.example.com")).answers.first?.ttl == 7
      }
      #expect(try await server.ask(Ask(name: "www.example.com")).data(1) == ["192.0.2.1"])
      #expect(try await server.ask(Ask(name: "other.example.com")).code == 2, "there is nothing to give")
      let again = try TestUpstream(at: upstream.address) { query, _ in TestUpstream.address(query, 2) }
      defer { again.stop() }
      let back = ContinuousClock.now
      try await eventually("the upstream's return is seen") {
        try await server.ask(Ask(name: "www.example.com")).data(1) == ["192.0.2.2"]
      }
      // A second is what is promised; the rest is for a machine that has other things to do.
      let time = ContinuousClock.now - back
      print("the upstream's return was seen after \(time)")
      #expect(time < .seconds(5))
    }
  }

  /// Who is asked asks this server: clients are told at once, and why is told to whoever runs it.
  @Test func anUpstreamThatAsksBackIsLeftOut() async throws {
    let loop = try LoopingUpstream()
    defer { loop.stop() }
    try await TestServer.run(upstreams: [loop.address]) { server async throws in
      loop.forward(to: server.address)
      try await eventually("the loop is found") { () async throws -> Bool in
        let ask = Ask(name: "x\(UInt32.random(in: 0...UInt32.max)).example.com")
        #expect(try await server.ask(ask).code == 2)
        return server.metric(#"skiff_dns_forward_loops_total{to="\#(loop.address)"}"#) ?? 0 >= 1
      }
      let begin = ContinuousClock.now
      #expect(try await server.ask(Ask(name: "y.example.com")).code == 2)
      // At once: not after the four seconds in which an upstream may answer.
      #expect(ContinuousClock.now - begin < .seconds(3))
      let answer = await server.explanations.answer(path: "/explain/dns", query: "name=www.example.com&type=A")
      #expect(answer?.text.contains("asks this server in turn") == true, "\(answer?.text ?? "nothing")")
    }
  }

  @Test func hotAnswersAreFetchedBeforeTheirEnd() async throws {
    let upstream = try TestUpstream { query, _ in TestUpstream.address(query, 1, ttl: 2) }
    defer { upstream.stop() }
    try await TestServer.run(
      upstreams: [upstream.address], { ($0.cache.prefetchHits, $0.cache.prefetchPercent) = (2, 90) }
    ) { server async throws in
      try await eventually("it is fetched anew") { () async throws in
        #expect(try await server.ask(Ask(name: "www.example.com")).data(1) == ["192.0.2.1"])
        return server.metrics.text().contains(#"coredns_cache_prefetch_total{server="dns://:53",zones="."} 2"#)
      }
      #expect(upstream.count >= 2)
      #expect(server.metrics.text().contains(#"coredns_cache_misses_total{server="dns://:53",zones="."} 1"#))
    }
  }

  @Test func tenThousandEqualMissesAreOneQuery() async throws {
    let gate = Mutex(false)
    let upstream = try TestUpstream { query, _ in
      while !gate.withLock({ $0 }) { usleep(1000) }
      return TestUpstream.address(query, 1)
    }
    defer { upstream.stop() }
    try await TestServer.run(
      upstreams: [upstream.address],
      {
        // All clients have one address here, and its share must be the whole.
        ($0.forwarding.timeout, $0.forwarding.clients, $0.forwarding.attempts) = (.seconds(60), 30_000, 1)
      }
    ) { server async throws in
      let asks = (0..<10_000).map { Ask(name: "www.example.com", id: $0).bytes }
      // In parts, so that no socket's buffer overflows.
      let answers = try await withThrowingTaskGroup(of: Int.self) { group in
        for part in stride(from: 0, to: asks.count, by: 500) {
          group.addTask { try await server.exchange(Array(asks[part..<(part + 500)]), isTCP: false).count }
        }
        try await eventually("all clients wait for one query") {
          server.metric("skiff_dns_forward_shared_total") == 9999
        }
        gate.withLock { $0 = true }
        return try await group.reduce(0, +)
      }
      #expect(answers == 10_000 && upstream.count == 1)
    }
  }
}
