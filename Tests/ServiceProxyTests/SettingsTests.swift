import Netlink
import Testing

@testable import ServiceProxy

/// kube-proxy's settings: its file, its flags' values, and what they become.
struct SettingsTests {
  private static let header = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"

  /// As kubeadm writes it.
  private static let kubeadm =
    header + """
      bindAddress: 0.0.0.0
      bindAddressHardFail: false
      clientConnection:
        acceptContentTypes: ""
        burst: 0
        contentType: ""
        kubeconfig: /var/lib/kube-proxy/kubeconfig.conf
        qps: 0
      clusterCIDR: 10.244.0.0/16,fd00:10:244::/56
      configSyncPeriod: 0s
      conntrack:
        maxPerCore: null
        min: null
        tcpBeLiberal: false
        tcpCloseWaitTimeout: null
        tcpEstablishedTimeout: null
        udpStreamTimeout: 0s
        udpTimeout: 0s
      detectLocal:
        bridgeInterface: ""
        interfaceNamePrefix: ""
      detectLocalMode: ""
      enableProfiling: false
      healthzBindAddress: ""
      hostnameOverride: ""
      iptables:
        localhostNodePorts: null
        masqueradeAll: false
        masqueradeBit: null
        minSyncPeriod: 0s
        syncPeriod: 0s
      ipvs:
        excludeCIDRs: null
        minSyncPeriod: 0s
        scheduler: ""
        strictARP: false
        syncPeriod: 0s
        tcpFinTimeout: 0s
        tcpTimeout: 0s
        udpTimeout: 0s
      logging:
        flushFrequency: 0
        options:
          json:
            infoBufferSize: "0"
          text:
            infoBufferSize: "0"
        verbosity: 0
      metricsBindAddress: ""
      mode: ""
      nftables:
        masqueradeAll: false
        masqueradeBit: null
        minSyncPeriod: 0s
        syncPeriod: 0s
      nodePortAddresses: null
      oomScoreAdj: null
      portRange: ""
      showHiddenMetricsForVersion: ""
      winkernel:
        enableDSR: false
        forwardHealthCheckVip: false
        networkName: ""
        rootHnsEndpointName: ""
        sourceVip: ""
      """

  @Test func kubeadmsFileSaysLittle() throws {
    let file = try KubeProxyConfigurationFile(Self.kubeadm)
    var expected = KubeProxySettings()
    expected.kubeconfig = "/var/lib/kube-proxy/kubeconfig.conf"
    expected.bindAddress = try address("0.0.0.0")
    expected.bindAddressHardFail = false
    expected.clusterCIDRs = [try prefix("10.244.0.0/16"), try prefix("fd00:10:244::/56")]
    expected.conntrackTCPBeLiberal = false
    expected.conntrackUDP = .zero
    expected.conntrackUDPStream = .zero
    expected.masqueradeAll = false
    #expect(file.settings == expected)
    #expect(file.ignored == [])
    let configuration = try file.settings.configuration(nodeName: "a", serviceCIDRs: [])
    #expect(configuration.conntrack == ConntrackSettings())
    #expect(configuration.nodeAddresses.isEmpty)
    #expect(configuration.nodePortAddresses == .all)
  }

  @Test func everythingThatCarriesOverIsRead() throws {
    let file = try KubeProxyConfigurationFile(
      Self.header + """
        mode: nftables
        bindAddress: 192.0.2.1
        hostnameOverride: node-7
        healthzBindAddress: 0.0.0.0:11256
        metricsBindAddress: 127.0.0.1
        detectLocalMode: BridgeInterface
        detectLocal: {bridgeInterface: cni0}
        nodePortAddresses: [primary, 198.51.100.0/24]
        nftables: {masqueradeAll: true}
        iptables: {masqueradeAll: false}
        conntrack: {maxPerCore: 0, min: 7, tcpEstablishedTimeout: 2h, tcpCloseWaitTimeout: 10m, tcpBeLiberal: true,
          udpTimeout: 30s, udpStreamTimeout: 1m30s}
        """)
    #expect(file.ignored.isEmpty)
    #expect(file.settings.nodeName == "node-7")
    #expect(file.settings.healthzBindAddress == "0.0.0.0:11256")
    #expect(file.settings.metricsBindAddress == "127.0.0.1")
    let configuration = try file.settings.configuration(nodeName: "node-7", serviceCIDRs: [])
    #expect(configuration.localDetection == .bridge("cni0"))
    #expect(configuration.masqueradeAll)
    #expect(configuration.nodeAddresses == [try address("192.0.2.1")])
    #expect(configuration.nodePortAddresses == .init([try prefix("198.51.100.0/24")], includesPrimary: true))
    let conntrack = try #require(configuration.conntrack)
    #expect(conntrack.limit(processors: 4) == nil)
    #expect(
      conntrack.values.map { "\($0.name)=\($0.value)" } == [
        "nf_conntrack_tcp_timeout_established=7200", "nf_conntrack_tcp_timeout_close_wait=600",
        "nf_conntrack_udp_timeout=30", "nf_conntrack_udp_timeout_stream=90", "nf_conntrack_tcp_be_liberal=1",
      ])
  }

  @Test func fieldsWithoutACounterpartAreNamed() throws {
    let file = try KubeProxyConfigurationFile(
      Self.header + """
        mode: ipvs
        ipvs: {scheduler: wrr, syncPeriod: 30s, strictARP: false}
        iptables: {masqueradeBit: 14, masqueradeAll: true}
        featureGates: {SomeGate: true}
        oomScoreAdj: -998
        nodePortAddresses: [localhost, primary]
        """)
    let names = ["ipvs.scheduler", "ipvs.syncPeriod", "iptables.masqueradeBit", "featureGates", "oomScoreAdj"]
    #expect(Set(file.ignored).isSuperset(of: names))
    #expect(file.ignored.contains("nodePortAddresses localhost"))
    #expect(file.ignored.contains { $0.hasPrefix("mode (ipvs") })
    #expect(file.ignored.count == names.count + 2)
    #expect(file.settings.masqueradeAll == true)
  }

  @Test(arguments: [
    (
      "nodePortAddress: []\nipvs: {shceduler: rr}\nconntrack: {max: 1}",
      "nodePortAddress, ipvs.shceduler, conntrack.max"
    ),
    ("clusterCIDR: [10.0.0.0/8]", "clusterCIDR is [\"10.0.0.0/8\"], not text"),
    ("clusterCIDR: 10.0.0.0", "clusterCIDR is \"10.0.0.0\", not a CIDR"),
    (
      "conntrack: {min: -1, udpTimeout: 3}", "conntrack.min is -1, not a whole number from 0; conntrack.udpTimeout is 3"
    ),
    ("detectLocalMode: Magic", "not one of ClusterCIDR, NodeCIDR"), ("detectLocal: cni0", "detectLocal is no section"),
    ("nodePortAddresses: [10.0.0.1]", "\"10.0.0.1\" is no range"),
    ("nodePortAddresses: [localhost]", "localhost alone"), ("mode: [", "yaml"),
  ])
  func whatMakesNoSenseIsNamedInOneLine(_ text: String, _ part: String) {
    #expect {
      try KubeProxyConfigurationFile(Self.header + text)
    } throws: { error in
      "\(error)".contains(part) && !"\(error)".contains("\n")
    }
  }

  @Test(arguments: ["", "a: b", "kind: KubeProxyConfiguration\napiVersion: v1", "[]"])
  func otherFilesAreRefused(_ text: String) {
    #expect(throws: SettingsError.self) { try KubeProxyConfigurationFile(text) }
  }

  @Test func flagsGoBeforeTheFile() throws {
    var flags = KubeProxySettings()
    flags.masqueradeAll = true
    flags.conntrackMin = 5
    var file = KubeProxySettings()
    file.masqueradeAll = false
    file.conntrackMaxPerCore = 9
    file.nodeName = "node-1"
    flags.fill(from: file)
    #expect(flags.masqueradeAll == true)
    #expect(flags.conntrackMin == 5)
    #expect(flags.conntrackMaxPerCore == 9)
    #expect(flags.nodeName == "node-1")
  }

  @Test func modesNeedTheirInterface() throws {
    var settings = KubeProxySettings()
    settings.detectLocalMode = .bridgeInterface
    #expect(throws: SettingsError.self) { try settings.configuration(nodeName: "a", serviceCIDRs: []) }
    settings.bridgeInterface = "a-name-of-16-byte"
    #expect(throws: SettingsError.self) { try settings.configuration(nodeName: "a", serviceCIDRs: []) }
    settings.bridgeInterface = "cni0"
    #expect(try settings.configuration(nodeName: "a", serviceCIDRs: []).localDetection == .bridge("cni0"))
    settings.detectLocalMode = .interfaceNamePrefix
    settings.interfaceNamePrefix = "veth"
    #expect(try settings.configuration(nodeName: "a", serviceCIDRs: []).localDetection == .interfacePrefix("veth"))
  }

  @Test func theLimitOfConnectionsGrowsWithTheMachine() {
    let settings = ConntrackSettings()
    #expect(settings.limit(processors: 1) == 131_072)
    #expect(settings.limit(processors: 8) == 262_144)
    #expect(settings.limit(processors: 256) == ConntrackSettings.ceiling)
    #expect(
      settings.values.map { "\($0.name)=\($0.value)" } == [
        "nf_conntrack_tcp_timeout_established=86400", "nf_conntrack_tcp_timeout_close_wait=3600",
      ])
  }
}
