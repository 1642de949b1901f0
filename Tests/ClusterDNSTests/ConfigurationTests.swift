import Foundation
import Netlink
import Testing

@testable import ClusterDNS

/// The configuration file: what it says, and what is told of one that is wrong.
@Suite struct ConfigurationTests {
  private static func read(_ text: String) throws -> DNSConfiguration {
    var configuration = DNSConfiguration()
    try configuration.read(yaml: text, file: "dns.yaml")
    return configuration
  }

  private static func problems(_ text: String) -> [String] {
    do {
      _ = try read(text)
      return []
    } catch let error as ConfigurationError {
      return error.lines
    } catch {
      return ["\(error)"]
    }
  }

  @Test func everySettingIsRead() throws {
    let configuration = try Self.read(
      """
      zone: Example.Org
      ttl: 30s
      pods: verified
      endpointPodNames: true
      autopath: true
      reverseRanges: [10.96.0.0/12, "fd00::/16"]
      listen: [10.96.0.10, "[fd00::a]:5353"]
      threads: 3
      consistencyCheck: 10m
      upstreams:
        servers: [192.0.2.1, tcp://192.0.2.2:5300, "tls://192.0.2.3#dns.example.net"]
        policy: sequential
        authorities: /etc/dns/ca.pem
      resolvConf: /run/resolv.conf
      stubDomains:
        corp.example: [198.51.100.1]
        eu.corp.example:
          servers: 198.51.100.2
          policy: roundRobin
      hosts:
        registry.example.net: [192.0.2.9, "fd00::9"]
        git.example.net: 192.0.2.10
      hostsFile: /etc/hosts
      hostsTTL: 5m
      rewrite:
        - suffix: old.example.net
          to: svc.example.org
        - name: db.example.net
          to: db.default.svc.example.org
      cache:
        size: 4Mi
        minTTL: 5s
        maxTTL: 10m
        minNegativeTTL: 1s
        maxNegativeTTL: 30s
        prefetchHits: 10
        prefetchPercent: 20
        staleFor: 24h
        staleAfter: 500ms
        staleTTL: 15s
      forward:
        timeout: 3s
        attempts: 3
        questions: 100
        clients: 1000
        randomizeCase: false
        probeInterval: 250ms
      tcp:
        connections: 10
        idle: 5s
        pending: 3
        memory: 1Mi
      queryLog: denied
      """)
    #expect(configuration.zone == "example.org" && configuration.ttl == 30)
    #expect(configuration.podNames == .verified && configuration.namesEndpointsByPod)
    #expect(configuration.completesSearchPath)
    #expect(configuration.reverseRanges.map(\.description) == ["10.96.0.0/12", "fd00::/16"])
    #expect(configuration.listen.map(\.description) == ["10.96.0.10:53", "[fd00::a]:5353"])
    #expect(configuration.threads == 3 && configuration.consistencyCheck == .seconds(600))
    let upstreams = try #require(configuration.upstreams)
    #expect(
      upstreams.servers.map(\.description) == [
        "192.0.2.1:53", "tcp://192.0.2.2:5300", "tls://192.0.2.3:853#dns.example.net",
      ])
    #expect(upstreams.policy == .sequential && upstreams.authorities == "/etc/dns/ca.pem")
    #expect(configuration.resolvConf == "/run/resolv.conf")
    #expect(configuration.stubDomains.map(\.zone.text) == ["corp.example", "eu.corp.example"])
    #expect(configuration.stubDomains.last?.upstreams?.policy == .roundRobin)
    #expect(configuration.hosts.map(\.addresses.count) == [2, 1] && configuration.hostsTTL == 300)
    #expect(configuration.hostsFile == "/etc/hosts")
    #expect(configuration.rewrites.map(\.isSuffix) == [true, false])
    var cache = CacheSettings()
    (cache.size, cache.minimumTTL, cache.maximumTTL) = (4 << 20, 5, 600)
    (cache.minimumNegativeTTL, cache.maximumNegativeTTL) = (1, 30)
    (cache.prefetchHits, cache.prefetchPercent) = (10, 20)
    (cache.staleFor, cache.staleAfter, cache.staleTTL) = (86_400, .milliseconds(500), 15)
    #expect(configuration.cache == cache)
    var forwarding = ForwardingSettings()
    (forwarding.timeout, forwarding.attempts) = (.seconds(3), 3)
    (forwarding.questions, forwarding.clients) = (100, 1000)
    (forwarding.randomizesCase, forwarding.probeInterval) = (false, .milliseconds(250))
    #expect(configuration.forwarding == forwarding)
    var streams = StreamSettings()
    (streams.connections, streams.idle, streams.pending, streams.memory) = (10, .seconds(5), 3, 1 << 20)
    #expect(configuration.streams == streams)
    #expect(configuration.queryLog == .denied)
  }

  /// The README's example can be read, and shows every setting.
  @Test func theExampleIsRight() throws {
    let readme = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/ClusterDNS/README.md")
    let text = try String(contentsOf: readme, encoding: .utf8)
    let parts = text.components(separatedBy: "```yaml\n")
    try #require(parts.count == 2)
    let example = parts[1].components(separatedBy: "```")[0]
    let configuration = try Self.read(example)
    var expected = DNSConfiguration()
    expected.reverseRanges = configuration.reverseRanges
    expected.threads = 2
    expected.upstreams = configuration.upstreams
    expected.stubDomains = configuration.stubDomains
    expected.hosts = configuration.hosts
    expected.hostsFile = "/etc/hosts.cluster"
    expected.rewrites = configuration.rewrites
    #expect(configuration == expected)
    for key in DNSConfiguration.keys {
      #expect(example.contains("\n\(key):") || example.hasPrefix("\(key):"), "\(key)")
    }
  }

  @Test(arguments: ["", "# nothing\n", "cache:\n", "hosts:\nttl: 5\n"])
  func whatIsNotSaidStaysAsItIs(text: String) throws {
    #expect(try Self.read(text) == DNSConfiguration())
  }

  @Test func allProblemsAreToldWithTheirLines() {
    let lines = Self.problems(
      """
      zone: example..org
      tll: 5s
      cache:
        size: 8Mx
        sizes: 1
      upstreams: [1.2.3]
      pods:
        - insecure
      """)
    #expect(
      lines.map { $0.split(separator: ";")[0] } == [
        "dns.yaml: line 1: zone: \"example..org\" is not a DNS name",
        "dns.yaml: line 2: tll: there is no such setting",
        "dns.yaml: line 4: cache.size: \"8Mx\" is not a size such as 8Mi, at most 64Gi",
        "dns.yaml: line 5: cache.sizes: there is no such setting",
        "dns.yaml: line 6: upstreams: \"1.2.3\" is not a server such as 192.0.2.53, tcp://192.0.2.53 or "
          + "tls://9.9.9.9#dns.quad9.net",
        "dns.yaml: line 8: pods: disabled, insecure or verified is expected",
      ])
  }

  @Test(arguments: [
    ("zone: [a", ": no YAML: "), ("ttl: 5s\nttl: 6s\n", "ttl: the key is there twice"), ("- a", "a mapping"),
    ("hosts:\n  web.default.svc.cluster.local: 192.0.2.1", "line 1: hosts.web.default.svc.cluster.local: it is within"),
    ("stubDomains:\n  x.cluster.local: 192.0.2.1", "it is within the cluster's zone"),
    ("stubDomains:\n  x.example:\n    policy: random", "no server is named"), ("upstreams: []", "no server is named"),
    ("autopath: true", "it needs `pods: verified`"), ("rewrite:\n- name: a.b", "a rule needs `to`"),
    ("rewrite:\n- {name: a.b, suffix: c.d, to: e.f}", "either a name or a suffix"),
    ("rewrite:\n- {suffix: a.b, to: x.a.b}", "would be rewritten again"),
    ("rewrite:\n- {name: a.cluster.local, to: x.b}", "stand for themselves"),
    ("cache: {minTTL: 2h}", "it is above cache.maxTTL"), ("ttl: -1", "\"-1\" is not a time"),
    ("ttl: 1.5s", "is not a time in whole seconds"), ("threads: 0", "a number from 1 to 256"),
    ("reverseRanges: 10.0.0.0/9", "128 reverse zones, more than 16"), ("listen: []", "at least one address"),
    ("upstreams: ['tcp://1.2.3.4#name']", "is not a server"), ("forward: {timeout: 1ms}", "at least 100ms"),
    ("queryLog: loud", "is not off, errors, denied or all"),
  ])
  func whatCannotBeIsRefused(text: String, reason: String) {
    let lines = Self.problems(text)
    #expect(lines.count == 1 && lines.first?.contains(reason) == true, "\(lines)")
  }

  @Test(arguments: [
    ("0", 0), ("90", 90_000), ("1.5s", 1500), ("250ms", 250), ("1h30m", 5_400_000), ("2m", 120_000),
  ])
  func timesAreRead(text: String, milliseconds: Int) {
    #expect(ConfigurationValue.duration(text) == .milliseconds(milliseconds))
  }

  @Test(arguments: ["", "s", "5x", "-5", "1e400s", "5s5", "300h", "9999999999"])
  func otherTimesAreNot(text: String) { #expect(ConfigurationValue.duration(text) == nil) }

  @Test(arguments: [("0", 0), ("8Mi", 8 << 20), ("1k", 1000), ("2Gi", 2 << 30), ("65536", 65_536)])
  func sizesAreRead(text: String, bytes: Int) { #expect(ConfigurationValue.size(text) == bytes) }

  @Test(arguments: ["", "Mi", "-1", "1.5Mi", "65Gi", "99999999999999999999"])
  func otherSizesAreNot(text: String) { #expect(ConfigurationValue.size(text) == nil) }

  @Test(arguments: [
    ("192.0.2.1", "192.0.2.1:53"), ("dns://192.0.2.1", "192.0.2.1:53"), ("fd00::1", "[fd00::1]:53"),
    ("[fd00::1]:54", "[fd00::1]:54"), ("tcp://[fd00::1]", "tcp://[fd00::1]:53"),
    ("tls://192.0.2.1", "tls://192.0.2.1:853"),
  ])
  func upstreamsAreRead(text: String, written: String) { #expect(Upstream(text)?.description == written) }

  @Test(arguments: ["", "x", "192.0.2.1:", "192.0.2.1:99999", "https://192.0.2.1", "fd00::1:x", "tls://192.0.2.1#"])
  func otherUpstreamsAreNot(text: String) { #expect(Upstream(text) == nil) }

  @Test func aRunningServerKeepsSomeSettings() throws {
    var next = DNSConfiguration()
    (next.ttl, next.queryLog, next.hostsTTL) = (9, .all, 7)
    #expect(DNSConfiguration().fixedDifferences(to: next).isEmpty)
    (next.zone, next.podNames, next.threads) = ("other.example", .verified, 7)
    #expect(DNSConfiguration().fixedDifferences(to: next).map(\.path) == ["zone", "pods", "threads"])
  }

  @Test func aFileIsReadWithTheOnesItNames() throws {
    try TemporaryFolder.with { folder in
      let hosts = folder.write("hosts", "192.0.2.7 Seven.example seven # the seventh\nbroken line\n::7 seven.example\n")
      let path = folder.write("dns.yaml", "hostsFile: \(hosts)\nhosts: {seven: 192.0.2.77}\n")
      let contents = try ConfigurationFile(path, format: .yaml, over: DNSConfiguration()).read()
      let all = contents.configuration.allHosts()
      #expect(all.map(\.name.text) == ["seven", "seven.example"])
      #expect(all.map { $0.addresses.map(\.description) } == [["192.0.2.77"], ["192.0.2.7", "::7"]])
      _ = folder.write("dns.yaml", "hostsFile: \(hosts).none\n")
      #expect { try ConfigurationFile(path, format: .yaml, over: DNSConfiguration()).read() } throws: {
        "\($0)".contains("hosts.none: cannot read it: No such file or directory")
      }
      #expect { try ConfigurationFile("\(path).none", format: .yaml, over: DNSConfiguration()).read() } throws: {
        "\($0)".contains("dns.yaml.none: cannot read it: No such file or directory")
      }
    }
  }

  @Test func nameServersAreReadFromResolvConf() {
    let text = """
      # nameserver 192.0.2.1
      nameserver 192.0.2.2 ; the first
      nameserver fe80::1%eth0
      nameserver 2001:db8::1
      nameserver 192.0.2.2
      search old.example
      search corp.example sub.corp.example
      options ndots:5
      """
    #expect(ResolvConf.nameServers(text).map(\.description) == ["192.0.2.2", "2001:db8::1"])
    #expect(ResolvConf.searchDomains(text).map(\.text) == ["corp.example", "sub.corp.example"])
    #expect(ResolvConf.nameServers("").isEmpty && ResolvConf.searchDomains("").isEmpty)
  }
}
