import KubeAPI
import KubeClient
import Netlink
import Testing

@testable import ClusterDNS

/// Names and records: items 1 to 14 of the specification.
@Suite struct AnswerTests {
  private static func zone(_ podNames: PodNames = .insecure, reverse: [String] = []) async throws -> TestZone {
    let zone = try TestZone(podNames, reverse: reverse)
    await zone.load(
      [
        Objects.service(
          "web", ips: ["10.96.0.7"], ports: [("http", "TCP", 80), ("metrics", "TCP", 9090), ("", "UDP", 53)]),
        Objects.service("dual", ips: ["10.96.0.8", "fd00::8"], ports: [("http", "TCP", 80)]),
        Objects.service("db", ips: ["None"], ports: [("pg", "TCP", 5432)]),
        Objects.service("empty", ips: ["None"]),
        Objects.external("docs", "www.example.com"),
        Objects.external("inside", "web.default.svc.cluster.local"),
        Objects.external("lost", "nobody.default.svc.cluster.local"),
        Objects.external("loop", "loop.default.svc.cluster.local"),
      ],
      [
        Objects.slice(
          "db", [("10.244.0.5", "db-0", true), ("10.244.1.6", nil, nil), ("10.244.1.7", nil, false)],
          ports: [("pg", "TCP", 5432)]),
        Objects.slice("db", suffix: "v6", type: "IPv6", [("fd01::5", "db-0", true)], ports: [("pg", "TCP", 5432)]),
        Objects.slice("empty", [("10.244.0.9", nil, false)]),
        Objects.slice("web", [("10.244.0.5", nil, true)], ports: [("http", "TCP", 8080)]),
      ])
    return zone
  }

  @Test func versionIsTold() async throws {
    var zone = try await Self.zone()
    let answer = try zone.ask("dns-version.cluster.local", "TXT")
    #expect(answer.data(16) == ["1.1.0"])
    #expect(answer.isAuthoritative && answer.recursionAvailable && answer.recursionDesired)
  }

  @Test func serviceHasItsAddress() async throws {
    var zone = try await Self.zone()
    let answer = try zone.ask("web.default.svc.cluster.local")
    #expect(answer.code == 0)
    #expect(
      answer.answers == [
        .init(name: "web.default.svc.cluster.local.", type: 1, recordClass: 1, ttl: 5, data: "10.96.0.7")
      ])
    #expect(answer.authorities.isEmpty)
    let dual = try zone.ask("dual.default.svc.cluster.local", "AAAA")
    #expect(dual.data(28) == ["fd00:0:0:0:0:0:0:8"])
  }

  @Test(arguments: ["AAAA", "MX", "TXT", "PTR", "NS", "SOA", "CNAME"])
  func missingTypeIsNoData(type: String) async throws {
    var zone = try await Self.zone()
    let answer = try zone.ask("web.default.svc.cluster.local", type)
    #expect(answer.code == 0 && answer.answers.isEmpty && answer.isAuthoritative)
    #expect(answer.authorities.map(\.type) == [6])
    #expect(answer.authorities.first?.name == "cluster.local.")
    #expect(answer.authorities.first?.data.hasPrefix("ns.dns.cluster.local. hostmaster.cluster.local. ") == true)
  }

  @Test func namedPortsHaveServices() async throws {
    var zone = try await Self.zone()
    let answer = try zone.ask("_http._tcp.web.default.svc.cluster.local", "SRV")
    #expect(answer.data(33) == ["0 100 80 web.default.svc.cluster.local."])
    #expect(
      answer.additionals == [
        .init(name: "web.default.svc.cluster.local.", type: 1, recordClass: 1, ttl: 5, data: "10.96.0.7")
      ])
    let all = try zone.ask("web.default.svc.cluster.local", "SRV")
    #expect(Set(all.data(33).compactMap { $0.split(separator: " ").dropFirst(2).first }) == ["80", "9090", "53"])
    // The unnamed port has no name of its own.
    #expect(try zone.ask("_._udp.web.default.svc.cluster.local", "SRV").code == 3)
    #expect(try zone.ask("_udp.web.default.svc.cluster.local", "SRV").code == 3)
  }

  @Test func headlessServiceNamesItsEndpoints() async throws {
    var zone = try await Self.zone()
    let answer = try zone.ask("db.default.svc.cluster.local")
    #expect(Set(answer.data(1)) == ["10.244.0.5", "10.244.1.6"])
    #expect(try zone.ask("db.default.svc.cluster.local", "AAAA").data(28) == ["fd01:0:0:0:0:0:0:5"])
    #expect(try zone.ask("db-0.db.default.svc.cluster.local").data(1) == ["10.244.0.5"])
    #expect(try zone.ask("10-244-1-6.db.default.svc.cluster.local").data(1) == ["10.244.1.6"])
    #expect(try zone.ask("10-244-1-7.db.default.svc.cluster.local").code == 3, "it is not ready")
    #expect(try zone.ask("10-244-0-5.db.default.svc.cluster.local").code == 3, "it has a host name")
  }

  @Test func headlessServiceRecordsNameEndpoints() async throws {
    var zone = try await Self.zone()
    let answer = try zone.ask("_pg._tcp.db.default.svc.cluster.local", "SRV")
    #expect(
      Set(answer.data(33)) == [
        "0 50 5432 db-0.db.default.svc.cluster.local.", "0 50 5432 10-244-1-6.db.default.svc.cluster.local.",
      ])
    let glue = answer.additionals.map { "\($0.name) \($0.data)" }
    #expect(
      Set(glue) == [
        "db-0.db.default.svc.cluster.local. 10.244.0.5", "db-0.db.default.svc.cluster.local. fd01:0:0:0:0:0:0:5",
        "10-244-1-6.db.default.svc.cluster.local. 10.244.1.6",
      ])
  }

  @Test func headlessServiceWithoutReadyEndpointsDoesNotExist() async throws {
    var zone = try await Self.zone()
    for type in ["A", "AAAA", "SRV"] {
      let answer = try zone.ask("empty.default.svc.cluster.local", type)
      #expect(answer.code == 3 && answer.authorities.map(\.type) == [6])
    }
  }

  @Test func pointersLeadBack() async throws {
    var zone = try await Self.zone()
    #expect(try zone.ask("7.0.96.10.in-addr.arpa", "PTR").data(12) == ["web.default.svc.cluster.local."])
    #expect(try zone.ask("5.0.244.10.in-addr.arpa", "PTR").data(12) == ["db-0.db.default.svc.cluster.local."])
    #expect(
      try zone.ask("6.1.244.10.in-addr.arpa", "PTR").data(12) == ["10-244-1-6.db.default.svc.cluster.local."])
    let v6 = "8" + String(repeating: ".0", count: 27) + ".0.0.d.f.ip6.arpa"
    #expect(try zone.ask(v6, "PTR").data(12) == ["dual.default.svc.cluster.local."])
    let other = try zone.ask("7.0.96.10.in-addr.arpa", "A")
    #expect(other.code == 0 && other.answers.isEmpty && other.authorities.map(\.name) == ["in-addr.arpa."])
    // An address of nobody is asked elsewhere.
    #expect(zone.outcome(Ask(name: "9.9.9.9.in-addr.arpa", type: 12).bytes).0 == .forward)
  }

  @Test func ownedReverseRangesEndHere() async throws {
    var zone = try await Self.zone(reverse: ["96.10.in-addr.arpa"])
    let missing = try zone.ask("200.0.96.10.in-addr.arpa", "PTR")
    #expect(missing.code == 3 && missing.authorities.map(\.name) == ["96.10.in-addr.arpa."])
    #expect(try zone.ask("0.96.10.in-addr.arpa", "PTR").code == 0, "what stands above addresses exists")
    #expect(zone.outcome(Ask(name: "1.0.97.10.in-addr.arpa", type: 12).bytes).0 == .forward)
  }

  @Test func externalNameIsAnAlias() async throws {
    var zone = try await Self.zone()
    #expect(try zone.ask("docs.default.svc.cluster.local", "CNAME").data(5) == ["www.example.com."])
    #expect(zone.outcome(Ask(name: "docs.default.svc.cluster.local").bytes).0 == .forward)
    let found = zone.answerer.alias
    let alias = try #require(found)
    #expect(alias.target.description == "www.example.com." && alias.answers == 1)

    let inside = try zone.ask("inside.default.svc.cluster.local")
    #expect(inside.answers.map(\.type) == [5, 1])
    #expect(inside.answers.last?.name == "web.default.svc.cluster.local.")
    #expect(inside.data(1) == ["10.96.0.7"])
    let family = try zone.ask("inside.default.svc.cluster.local", "AAAA")
    #expect(family.code == 0 && family.answers.map(\.type) == [5] && family.authorities.map(\.type) == [6])

    let lost = try zone.ask("lost.default.svc.cluster.local")
    #expect(lost.code == 3 && lost.data(5) == ["nobody.default.svc.cluster.local."])
    #expect(lost.authorities.map(\.type) == [6])
    let loop = try zone.ask("loop.default.svc.cluster.local")
    #expect(loop.code == 2)
  }

  @Test func apexHasAuthority() async throws {
    var zone = try await Self.zone()
    let start = try zone.ask("cluster.local", "SOA")
    #expect(start.answers.map(\.type) == [6])
    let servers = try zone.ask("cluster.local", "NS")
    #expect(servers.data(2) == ["ns.dns.cluster.local."])
    #expect(servers.additionals.map { "\($0.name) \($0.data)" } == ["ns.dns.cluster.local. 10.96.0.10"])
    #expect(try zone.ask("ns.dns.cluster.local").data(1) == ["10.96.0.10"])
  }

  @Test func serialFollowsChanges() async throws {
    var zone = try await Self.zone()
    func serial(_ message: Message) -> Int? {
      message.answers.first?.data.split(separator: " ").dropFirst(2).first.flatMap { Int($0) }
    }
    let before = try #require(serial(try zone.ask("cluster.local", "SOA")))
    await zone.zone.handle(services: .deleted(ObjectKey(namespace: "default", name: "web")))
    let after = try #require(serial(try zone.ask("cluster.local", "SOA")))
    #expect(after == before + 1)
    #expect(try zone.ask("web.default.svc.cluster.local").code == 3)
  }

  @Test(arguments: [
    "cluster.local", "svc.cluster.local", "default.svc.cluster.local", "kube-system.svc.cluster.local",
    "_tcp.web.default.svc.cluster.local", "pod.cluster.local", "default.pod.cluster.local", "dns.cluster.local",
  ])
  func emptyNonTerminalsAreNoData(name: String) async throws {
    var zone = try await Self.zone()
    let answer = try zone.ask(name)
    #expect(answer.code == 0 && answer.answers.isEmpty && answer.authorities.map(\.type) == [6])
  }

  @Test(arguments: [
    "nope.cluster.local", "nobody.default.svc.cluster.local", "web.nowhere.svc.cluster.local",
    "nowhere.svc.cluster.local", "x.web.default.svc.cluster.local", "_https._tcp.web.default.svc.cluster.local",
    "*.default.svc.cluster.local", "web.*.svc.cluster.local", "nowhere.pod.cluster.local",
  ])
  func unknownNamesDoNotExist(name: String) async throws {
    var zone = try await Self.zone()
    let answer = try zone.ask(name)
    #expect(answer.code == 3 && answer.isAuthoritative && answer.authorities.map(\.type) == [6])
  }

  @Test func longNamesDoNotExist() async throws {
    var zone = try await Self.zone()
    let long = Array(repeating: String(repeating: "a", count: 60), count: 3).joined(separator: ".")
    #expect(try zone.ask("\(long).default.svc.cluster.local").code == 3)
  }

  @Test func podNamesEcho() async throws {
    var zone = try await Self.zone()
    #expect(try zone.ask("10-244-0-77.default.pod.cluster.local").data(1) == ["10.244.0.77"])
    #expect(try zone.ask("fd00--7.default.pod.cluster.local", "AAAA").data(28) == ["fd00:0:0:0:0:0:0:7"])
    #expect(try zone.ask("10-244-0-77.default.pod.cluster.local", "AAAA").code == 0)
    #expect(try zone.ask("10-244-0-777.default.pod.cluster.local").code == 3)
    #expect(try zone.ask("10-244-0-7.nowhere.pod.cluster.local").code == 3)
    #expect(try zone.ask("x.10-244-0-7.default.pod.cluster.local").code == 3)
  }

  @Test func podNamesCanBeOff() async throws {
    var zone = try await Self.zone(.disabled)
    #expect(try zone.ask("10-244-0-77.default.pod.cluster.local").code == 3)
    #expect(try zone.ask("pod.cluster.local").code == 3)
  }

  @Test func podNamesCanBeVerified() async throws {
    var zone = try await Self.zone(.verified)
    #expect(try zone.ask("10-244-0-77.default.pod.cluster.local").code == 2, "pods have not been seen yet")
    let key = ObjectKey(namespace: "default", name: "a")
    let address = try #require(IPAddress("10.244.0.77"))
    await zone.zone.handle(pods: .replaced([key: [address], ObjectKey(namespace: "default", name: "b"): [address]]))
    #expect(try zone.ask("10-244-0-77.default.pod.cluster.local").data(1) == ["10.244.0.77"])
    await zone.zone.handle(pods: .deleted(key))
    #expect(try zone.ask("10-244-0-77.default.pod.cluster.local").code == 0, "another pod has the address")
    await zone.zone.handle(pods: .replaced([:]))
    #expect(try zone.ask("10-244-0-77.default.pod.cluster.local").code == 3)
  }

  @Test func nothingIsDeniedBeforeAllIsSeen() async throws {
    var zone = try TestZone()
    #expect(try zone.ask("web.default.svc.cluster.local").code == 2)
    #expect(try zone.ask("cluster.local", "SOA").code == 2)
    await zone.zone.handle(services: .page(InformerPage([])))
    await zone.zone.handle(slices: .page(InformerPage([])))
    #expect(zone.zone.unsynced == ["namespaces"])
    #expect(try zone.ask("web.default.svc.cluster.local").code == 2)
    await zone.zone.handle(namespaces: .replaced([:]))
    #expect(try zone.ask("web.default.svc.cluster.local").code == 3)
    #expect(zone.outcome(Ask(name: "example.com").bytes).0 == .forward)
  }

  @Test func severalServicesNameOneAddress() async throws {
    var zone = try TestZone()
    await zone.load(
      [Objects.service("a", ips: ["None"]), Objects.service("b", ips: ["None"])],
      [
        Objects.slice("a", [("10.244.0.5", "x", true)]), Objects.slice("b", [("10.244.0.5", "x", true)]),
      ])
    let name = "5.0.244.10.in-addr.arpa"
    #expect(
      Set(try zone.ask(name, "PTR").data(12)) == [
        "x.a.default.svc.cluster.local.", "x.b.default.svc.cluster.local.",
      ])
    await zone.zone.handle(services: .deleted(ObjectKey(namespace: "default", name: "a")))
    #expect(try zone.ask(name, "PTR").data(12) == ["x.b.default.svc.cluster.local."])
    await zone.zone.handle(slices: .deleted(ObjectKey(namespace: "default", name: "b-x")))
    #expect(zone.outcome(Ask(name: name, type: 12).bytes).0 == .forward)
  }

  @Test func equalHostnamesShareAName() async throws {
    var zone = try TestZone()
    await zone.load(
      [Objects.service("a", ips: ["None"])],
      [Objects.slice("a", [("10.244.0.5", "x", true), ("10.244.0.6", "x", true)])])
    #expect(Set(try zone.ask("x.a.default.svc.cluster.local").data(1)) == ["10.244.0.5", "10.244.0.6"])
  }
}
