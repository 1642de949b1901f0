import Foundation
import KubeAPI
import KubeClientTesting
import Netlink
import Testing

@testable import ClusterDNS

/// What `skiff explain dns` is told.
@Suite(.serialized) struct ExplainTests {
  private static func explain(_ server: TestServer, _ name: String, _ type: String = "A") async throws -> String {
    let answer = await server.explanations.answer(path: "/explain/dns", query: "name=\(name)&type=\(type)")
    let (status, text) = try #require(answer)
    #expect(status == 200, "\(text)")
    return text
  }

  private static func api() -> FakeAPI {
    let api = FakeAPI()
    api.put(Namespace("default"))
    api.put(Objects.service("web", ips: ["10.96.0.7"], ports: [("http", "TCP", 80)]))
    api.put(Objects.service("db", ips: ["None"]))
    api.put(Objects.slice("db", [("10.244.0.5", "db-0", true), ("10.244.0.6", "db-1", false)]))
    api.put(Objects.external("docs", "www.example.com"))
    return api
  }

  @Test func namesOfTheClusterAreTracedToTheirObjects() async throws {
    try await TestServer.run(api: Self.api()) { server in
      try await server.synced()
      let web = try await Self.explain(server, "web.default.svc.cluster.local")
      #expect(
        web.contains("cluster.local., this cluster's: ") && web.contains("Service default/web: ClusterIP 10.96.0.7"),
        "\(web)")
      #expect(web.contains("NOERROR, from this server's own names"))
      #expect(web.contains("web.default.svc.cluster.local. 5 A 10.96.0.7\n"))
      let services = try await Self.explain(server, "_http._tcp.web.default.svc.cluster.local.", "srv")
      #expect(services.contains(" 5 SRV 0 100 80 web.default.svc.cluster.local.\n"), "\(services)")
      let endpoint = try await Self.explain(server, "db-0.db.default.svc.cluster.local")
      #expect(endpoint.contains("Service default/db: headless") && endpoint.contains("db-0 is 10.244.0.5"))
      #expect(endpoint.contains("EndpointSlice default/db-x: 1 ready endpoints"))
      let missing = try await Self.explain(server, "none.default.svc.cluster.local")
      #expect(missing.contains("no Service default/none\n") && missing.contains("NXDOMAIN"))
      #expect(missing.contains(" 5 SOA ns.dns.cluster.local. hostmaster.cluster.local. "))
      #expect(try await Self.explain(server, "x.nowhere.svc.cluster.local").contains("no Namespace nowhere"))
      #expect(
        try await Self.explain(server, "5.0.244.10.in-addr.arpa", "PTR").contains(
          "the address is that of db-0.db.default.svc.cluster.local."))
      #expect(try await Self.explain(server, "cluster.local", "NS").contains(" NS ns.dns.cluster.local."))
      #expect(try await Self.explain(server, "dns-version.cluster.local", "TXT").contains("TXT \"1.1.0\""))
    }
  }

  @Test func otherNamesAreTracedToCacheAndUpstream() async throws {
    let upstream = try TestUpstream { query, _ in TestUpstream.address(query, 1, ttl: 250) }
    defer { upstream.stop() }
    try await TestServer.run(
      upstreams: [upstream.address], api: Self.api(),
      {
        $0.stubDomains = [
          StubDomain(
            zone: WireName("corp.example") ?? WireName(),
            upstreams: UpstreamGroup(servers: [Upstream("tls://192.0.2.1#dns.example")].compactMap { $0 })),
          StubDomain(zone: WireName("no.example") ?? WireName(), upstreams: nil),
        ]
        $0.rewrites = [
          NameRewrite(
            from: WireName("old.example") ?? WireName(), to: WireName("www.example.com") ?? WireName(), isSuffix: false)
        ]
      }
    ) { server in
      try await server.synced()
      let before = try await Self.explain(server, "www.example.com")
      #expect(before.contains("cache      not held") && before.contains("by zone ., random"), "\(before)")
      #expect(before.contains("\(upstream.address): not asked yet"))
      _ = try await server.ask(Ask(name: "www.example.com"))
      let after = try await Self.explain(server, "old.example")
      #expect(after.contains("it is asked for as www.example.com."))
      #expect(after.contains("cache      NOERROR, ") && after.contains(" A 192.0.2.1\n"), "\(after)")
      #expect(after.contains("\(upstream.address): up, answers in "))
      let alias = try await Self.explain(server, "docs.default.svc.cluster.local")
      #expect(alias.contains("ExternalName www.example.com") && alias.contains("it stands for www.example.com., which"))
      #expect(try await Self.explain(server, "a.corp.example").contains("by zone corp.example., random"))
      #expect(try await Self.explain(server, "a.no.example").contains("zone no.example. has none: REFUSED"))
      #expect(server.metric(#"coredns_cache_misses_total{server="dns://:53",zones="."}"#) == 1, "asking so counts not")
    }
  }

  @Test func itIsToldAsJSONToo() async throws {
    try await TestServer.run(api: Self.api()) { server in
      try await server.synced()
      let answer = await server.explanations.answer(
        path: "/explain/dns", query: "name=web.default.svc.cluster.local&format=json")
      let json = try JSONValue(parsing: Array(try #require(answer).text.utf8))
      #expect(json["question"]?.stringValue == "web.default.svc.cluster.local. A")
      #expect(json["records"]?.arrayValue == ["web.default.svc.cluster.local. 5 A 10.96.0.7"])
    }
  }

  @Test(arguments: ["", "name=a..b", "name=a.b&type=NONSENSE"])
  func wrongQuestionsAreRefused(query: String) async throws {
    try await TestServer.run { server in
      let answer = await server.explanations.answer(path: "/explain/dns", query: query)
      if query.isEmpty {
        #expect(answer?.status == 200, "the root is a name")
      } else {
        #expect(answer?.status == 400 && answer?.text.contains("is no DNS name") == true)
      }
      #expect(await server.explanations.answer(path: "/explain/none", query: "")?.status == 404)
      #expect(await server.explanations.answer(path: "/metrics", query: "") == nil)
    }
  }
}
