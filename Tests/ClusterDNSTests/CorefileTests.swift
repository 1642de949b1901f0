import Netlink
import Testing

@testable import ClusterDNS

/// What of a Corefile is taken over, and what is told of the rest.
@Suite struct CorefileTests {
  private static func read(_ text: String) -> CorefileReader {
    CorefileReader(text, over: DNSConfiguration()) { $0 == "UPSTREAM" ? "192.0.2.9" : nil }
  }

  /// As kubeadm writes it.
  @Test func kubeadmsFileIsTakenOverWhole() throws {
    let reader = Self.read(
      """
      .:53 {
          errors
          health {
             lameduck 5s
          }
          ready
          kubernetes cluster.example in-addr.arpa ip6.arpa {
             pods verified
             fallthrough in-addr.arpa ip6.arpa
             ttl 30
          }
          prometheus :9153
          forward . /run/systemd/resolve/resolv.conf {
             max_concurrent 1000
          }
          cache 30 {
             disable success cluster.local
             disable denial cluster.local
          }
          loop
          reload
          loadbalance
      }
      """)
    #expect(reader.problems.isEmpty)
    #expect(reader.notes.map(\.path) == ["disable", "disable"])
    let configuration = reader.configuration
    #expect(configuration.zone == "cluster.example" && configuration.ttl == 30 && configuration.podNames == .verified)
    #expect(configuration.upstreams == nil && configuration.resolvConf == "/run/systemd/resolve/resolv.conf")
    #expect(configuration.cache.maximumTTL == 30 && configuration.cache.maximumNegativeTTL == 30)
    #expect(configuration.forwarding.questions == 1000)
  }

  @Test func everyCounterpartIsFound() throws {
    let reader = Self.read(
      """
      (common) {
        errors
        log . {
          class denial
        }
      }
      .:53 {
        import common
        bind 10.96.0.11
        kubernetes 10.96.0.0/16 cluster.local {
          pods verified
          endpoint_pod_names
        }
        autopath @kubernetes
        hosts {
          192.0.2.1 one.example uno.example
          192.0.2.2 one.example # another
          ttl 90
          fallthrough
        }
        rewrite stop name suffix .old.example .default.svc.cluster.local answer auto
        rewrite name exact here.example there.example
        forward . 192.0.2.3 tls://192.0.2.4 {
          policy sequential
          tls_servername dns.example
          tls /etc/ca.pem
          except intern.example lab.example
          health_check 250ms
          force_tcp
        }
        cache {
          success 4096 600 10
          denial 1024 60 5
          prefetch 5 10m 20%
          serve_stale 2h verify
        }
      }
      corp.example:53, partner.example {
        errors
        cache 30
        forward . {$UPSTREAM}
      }
      """)
    #expect(reader.problems.isEmpty && reader.notes.isEmpty, "\(reader.problems) \(reader.notes)")
    let configuration = reader.configuration
    #expect(configuration.listen.map(\.description) == ["10.96.0.11:53"])
    #expect(configuration.reverseRanges.map(\.description) == ["10.96.0.0/16"])
    #expect(configuration.namesEndpointsByPod && configuration.completesSearchPath)
    #expect(configuration.hosts.map(\.name.text) == ["one.example", "uno.example"])
    #expect(configuration.hosts.first?.addresses.count == 2 && configuration.hostsTTL == 90)
    #expect(configuration.rewrites.map(\.from.text) == ["old.example", "here.example"])
    #expect(configuration.rewrites.map(\.isSuffix) == [true, false])
    let upstreams = try #require(configuration.upstreams)
    #expect(upstreams.servers.map(\.description) == ["tcp://192.0.2.3:53", "tls://192.0.2.4:853#dns.example"])
    #expect(upstreams.policy == .sequential && upstreams.authorities == "/etc/ca.pem")
    #expect(configuration.forwarding.probeInterval == .milliseconds(250))
    #expect(
      configuration.stubDomains.map { "\($0.zone.text) \($0.upstreams?.servers.first?.description ?? "refused")" } == [
        "intern.example refused", "lab.example refused", "corp.example 192.0.2.9:53", "partner.example 192.0.2.9:53",
      ])
    let cache = configuration.cache
    #expect(cache.size == 2 << 20 && cache.maximumTTL == 600 && cache.minimumTTL == 10)
    #expect(cache.maximumNegativeTTL == 60 && cache.minimumNegativeTTL == 5)
    #expect(cache.prefetchHits == 5 && cache.prefetchPercent == 20)
    #expect(cache.staleFor == 7200 && cache.staleAfter == .milliseconds(1800))
    #expect(configuration.queryLog == .denied)
  }

  /// The first block's port, by `bind` and without; another port is told of.
  @Test func thePortOfABlockIsServed() {
    let bound = Self.read("dns://.:5353 {\nbind 127.0.0.1 fd00::a\n}\nother.example:54 {\nforward . 192.0.2.1\n}")
    #expect(bound.problems.isEmpty, "\(bound.problems)")
    #expect(bound.configuration.listen.map(\.description) == ["127.0.0.1:5353", "[fd00::a]:5353"])
    #expect(bound.notes.map(\.description) == ["line 4: other.example:54: all zones are served on one port, 5353"])
    let unbound = Self.read(".:5353 {\n}")
    #expect(unbound.configuration.listen.map(\.description) == ["10.96.0.10:5353", "169.254.20.10:5353"])
  }

  @Test(arguments: [
    ("10.96.0.0/16 96.10.in-addr.arpa d.f.ip6.arpa", nil, ["10.96.0.0/16", "fd00::/8"]),
    ("in-addr.arpa ip6.arpa", nil, ["0.0.0.0/0", "::/0"]),
    ("in-addr.arpa ip6.arpa", "fallthrough ip6.arpa", ["0.0.0.0/0"]),
    ("10.96.0.0/16 fd00::/8", "fallthrough 10.in-addr.arpa", ["fd00::/8"]),
    ("10.96.0.0/16 ip6.arpa", "fallthrough", []),
  ])
  func reverseZonesEndHereButForFallthrough(zones: String, option: String?, ranges: [String]) {
    let reader = Self.read(".:53 {\nkubernetes cluster.local \(zones) {\n\(option ?? "pods insecure")\n}\n}")
    #expect(reader.problems.isEmpty, "\(reader.problems)")
    #expect(reader.configuration.reverseRanges.map(\.description) == ranges)
  }

  @Test(arguments: [
    "256.in-addr.arpa", "1.2.3.4.5.in-addr.arpa", "10.ip6.arpa", "g.ip6.arpa", "in-addr.example", "arpa", "",
    String(repeating: "0.", count: 33) + "ip6.arpa",
  ])
  func otherNamesAreNoReverseZones(name: String) {
    #expect(IPPrefix(reverseZone: name) == nil)
  }

  @Test func whatHasNoCounterpartIsNamed() {
    let reader = Self.read(
      """
      .:53 {
        kubernetes cluster.local other.local {
          namespaces default
          kubeconfig /etc/kube.conf
          ignore empty_service
        }
        template IN A example.com {
          answer "{{ .Name }} 60 IN A 192.0.2.1"
        }
        rewrite name regex (.*)\\.a b.example
        rewrite type A AAAA
        forward . 192.0.2.1 {
          next NXDOMAIN
        }
        acl {
          block
        }
      }
      tls://example.net {
        whoami
      }
      """)
    #expect(reader.problems.isEmpty, "\(reader.problems)")
    #expect(
      reader.notes.map { "\($0.line ?? 0) \($0.path)" } == [
        "2 kubernetes", "3 namespaces", "4 kubeconfig", "5 ignore", "7 template", "10 rewrite", "11 rewrite",
        "13 next", "15 acl", "19 tls://example.net",
      ])
  }

  @Test(arguments: [
    (".:65536 {\n}", "line 1: .:65536: it is no zone with a port"),
    (".:53 {\nkubernetes cluster.local {\npods maybe\n}\n}", "line 3: pods: \"maybe\" is not disabled"),
    (".:53 {\nforward . 1.2.3\n}", "line 2: forward: \"1.2.3\" is no server"),
    (".:53 {\nforward .\n}", "line 2: forward: no server is named"),
    (".:53 {\nerrors\n", "a closing brace is missing"), ("errors\n", "line 1: errors: a server block"),
    (".:53 {\nimport nothing\n}", "line 2: import: there is no snippet"),
    (".:53 {\nautopath @kubernetes\n}", "autopath: it needs"),
    (".:53 {\nhosts {\n192.0.2.1 a_b.cluster.local\n}\n}", "it is within the cluster's zone"),
  ])
  func whatIsWrongIsTold(text: String, reason: String) {
    let problems = Self.read(text).problems.map(\.description)
    #expect(problems.contains { $0.contains(reason) }, "\(problems)")
  }
}
