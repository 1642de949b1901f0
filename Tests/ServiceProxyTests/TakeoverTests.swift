import KubeAPI
import KubeClientTesting
import Netlink
import Testing

@testable import ServiceProxy

/// A node that kube-proxy had before, and the settings of connection tracking.
@Suite(.enabled(if: Kernel.isUsable, Kernel.reason))
struct TakeoverTests {
  /// A namespace with what kube-proxy leaves behind.
  private func node(iptables: Bool = false) throws -> NetworkNamespace {
    let namespace = try NetworkNamespace.make()
    for family in ["ip", "ip6"] {
      try Kernel.run(namespace, "nft", "add", "table", family, "kube-proxy")
      try Kernel.run(namespace, "nft", "add", "chain", family, "kube-proxy", "services")
    }
    if iptables {
      try Kernel.run(namespace, "nft", "add", "table", "ip", "nat")
      try Kernel.run(namespace, "nft", "add", "chain", "ip", "nat", "KUBE-SERVICES")
    }
    return namespace
  }

  private func tables(_ proxy: RunningProxy) throws -> Set<String> {
    Set(try proxy.socket.tables().map { "\($0.name)" })
  }

  @Test func rulesOfKubeProxyAreLeftAloneAndTold() async throws {
    try await RunningProxy.with(FakeAPI(), in: try node(iptables: true)) { proxy in
      try await proxy.synced()
      #expect(try tables(proxy) == ["ip kube-proxy", "ip6 kube-proxy", "ip nat", "inet skiff-proxy"])
      #expect(proxy.log.count("both translate") == 1)
      #expect(proxy.log.count("iptables chains") == 1)
      #expect(proxy.log.lines.contains { $0.contains("ip nat (iptables-nft)") })
    }
  }

  @Test func theyAreRemovedWhereThatIsAskedFor() async throws {
    try await RunningProxy.with(FakeAPI(), in: try node(iptables: true)) {
      $0.removesKubeProxyTables = true
    } _: { proxy in
      try await proxy.synced()
      #expect(try tables(proxy) == ["ip nat", "inet skiff-proxy"])
      #expect(proxy.log.count("both translate") == 0)
      #expect(proxy.metric("kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total") == 0)
    }
  }

  @Test func aCleanNodeIsNotTalkedAbout() async throws {
    try await RunningProxy.with(FakeAPI()) { proxy in
      try await proxy.synced()
      #expect(proxy.log.lines.filter { $0.hasPrefix("warning") || $0.hasPrefix("error") } == [])
    }
  }

  @Test func cleanupRemovesTableAndRoutesAndMayBeDoneAgain() async throws {
    let namespace = try node()
    try Kernel.run(namespace, "ip", "link", "set", "lo", "up")
    try Kernel.run(namespace, "ip", "address", "add", "192.0.2.1/32", "dev", "lo")
    let api = FakeAPI()
    api.put(Node.own())
    try await RunningProxy.with(api, in: namespace) {
      $0.setsServiceRoute = true
    } _: {
      try await $0.synced()
    }
    func routes() throws -> String { try Kernel.run(namespace, "ip", "route") }
    let socket = try Kernel.socket(namespace)
    #expect(try routes().contains("10.96.0.0/16"))
    try Proxy.cleanup(in: namespace)
    #expect(try !routes().contains("10.96.0.0/16"))
    #expect(Set(try socket.tables().map { "\($0.name)" }) == ["ip kube-proxy", "ip6 kube-proxy"])
    try Proxy.cleanup(in: namespace, kubeProxy: true)
    #expect(try socket.tables().isEmpty)
    try Proxy.cleanup(in: namespace, kubeProxy: true)
  }

  @Test func timesOfConnectionTrackingAreSetInTheProxysNamespace() async throws {
    let before = try Sysctl.read("net/netfilter/nf_conntrack_tcp_timeout_established")
    try await RunningProxy.with(FakeAPI()) {
      var settings = ConntrackSettings()
      settings.tcpEstablished = .seconds(7_201)
      settings.isTCPLiberal = true
      // More than any machine has, in a namespace that cannot change it.
      settings.maxPerCore = ConntrackSettings.ceiling
      $0.conntrack = settings
    } _: { proxy in
      try await proxy.synced()
      func value(_ name: String) throws -> String { try proxy.namespace.sysctl("net/netfilter/\(name)") }
      #expect(try value("nf_conntrack_tcp_timeout_established") == "7201")
      #expect(try value("nf_conntrack_tcp_timeout_close_wait") == "3600")
      #expect(try value("nf_conntrack_tcp_be_liberal") == "1")
      // Not the operator's fault, so no warning.
      #expect(proxy.log.lines.filter { $0.hasPrefix("warning") || $0.hasPrefix("error") } == [])
      #expect(proxy.log.count("the limit of tracked connections is the machine's") == 1)
    }
    #expect(try Sysctl.read("net/netfilter/nf_conntrack_tcp_timeout_established") == before)
  }
}
