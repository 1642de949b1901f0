import ArgumentParser
import Foundation
import Logging
import Netlink
import ServiceProxy
import Testing

@testable import skiff

/// The flags of `skiff proxy` and `skiff node` that are kube-proxy's.
@Suite struct ProxyOptionsTests {
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private func parse(_ arguments: String...) throws -> ProxyCommand {
    try #require(try ProxyCommand.parseAsRoot(arguments) as? ProxyCommand)
  }

  @Test func kubeProxysFlagsAreUnderstood() throws {
    let command = try parse(
      "--kubeconfig", "/k", "--hostname-override=node-7", "--cluster-cidr", "10.244.0.0/16,fd00:10:244::/56",
      "--masquerade-all=true", "--nodeport-addresses=primary,192.0.2.0/24", "--detect-local-mode=InterfaceNamePrefix",
      "--pod-interface-name-prefix=veth", "--conntrack-max-per-core=0", "--conntrack-min=1",
      "--conntrack-tcp-timeout-established=1h0m0s", "--conntrack-tcp-timeout-close-wait=5m",
      "--conntrack-tcp-be-liberal", "--conntrack-udp-timeout=30s", "--conntrack-udp-timeout-stream=2m",
      "--healthz-bind-address=0.0.0.0:11256", "--metrics-bind-address", "")
    #expect(command.nodeName == "node-7")
    let settings = try command.proxy.settings(KubeProxySettings(), logger: logger)
    let configuration = try settings.configuration(nodeName: "node-7", serviceCIDRs: [])
    #expect(configuration.masqueradeAll)
    #expect(configuration.localDetection == .interfacePrefix("veth"))
    #expect(configuration.nodePortAddresses.includesPrimary)
    #expect(configuration.nodePortAddresses.prefixes.map { "\($0)" } == ["192.0.2.0/24"])
    let conntrack = try #require(configuration.conntrack)
    #expect(conntrack.maxPerCore == 0 && conntrack.min == 1 && conntrack.isTCPLiberal)
    #expect(conntrack.tcpEstablished == .seconds(3600) && conntrack.tcpCloseWait == .seconds(300))
    #expect(conntrack.udp == .seconds(30) && conntrack.udpStream == .seconds(120))
    #expect(settings.healthzBindAddress == "0.0.0.0:11256")
    #expect(settings.metricsBindAddress == "")
    #expect(try parse("--masquerade-all", "--kubeconfig", "/k").proxy.masqueradeAll?.value == true)
    #expect(try parse("--masquerade-all=false", "--kubeconfig", "/k").proxy.masqueradeAll?.value == false)
  }

  @Test(arguments: [
    ["--cluster-cidr", "10.0.0.0"], ["--nodeport-addresses", "everywhere"], ["--detect-local-mode", "Magic"],
    ["--detect-local-mode", "BridgeInterface"], ["--conntrack-min", "-1"], ["--conntrack-udp-timeout", "soon"],
    ["--healthz-bind-address", "here"], ["--masquerade-all=maybe"], ["--metrics-bind-address", "1.2.3.4:99999"],
  ])
  func whatMakesNoSenseIsACommandLineError(_ arguments: [String]) {
    #expect {
      try ProxyCommand.parseAsRoot(["--kubeconfig", "/k"] + arguments)
    } throws: { ProxyCommand.exitCode(for: $0) == .validationFailure }
  }

  @Test func flagsGoBeforeTheFile() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("skiff-test-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try """
    apiVersion: kubeproxy.config.k8s.io/v1alpha1
    kind: KubeProxyConfiguration
    clusterCIDR: 10.1.0.0/16
    hostnameOverride: of-the-file
    conntrack: {min: 7, maxPerCore: 9}
    """.write(toFile: path, atomically: true, encoding: .utf8)
    var own = KubeProxySettings()
    own.nodeName = "of-the-flag"
    let command = try parse("--config", path, "--conntrack-min", "8")
    let settings = try command.proxy.settings(own, logger: logger)
    #expect(settings.nodeName == "of-the-flag")
    #expect(settings.clusterCIDRs?.map { "\($0)" } == ["10.1.0.0/16"])
    #expect(settings.conntrackMin == 8)
    #expect(settings.conntrackMaxPerCore == 9)
    try "kind: KubeProxyConfiguration\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nnonsense: 1".write(
      toFile: path, atomically: true, encoding: .utf8)
    #expect {
      try command.proxy.settings(own, logger: logger)
    } throws: { "\($0)" == "--config \(path): unknown: nonsense" }
    #expect {
      try parse("--config", path + ".none").proxy.settings(own, logger: logger)
    } throws: { "\($0)".contains("no such file") }
  }

  @Test func theNodeDaemonTakesThemToo() throws {
    let node = try #require(
      try Node.parseAsRoot(["--kubeconfig", "/k", "--masquerade-all", "--telemetry-address", "127.0.0.1:0"]) as? Node)
    #expect(node.proxy.masqueradeAll?.value == true)
    #expect(node.proxy.healthzBindAddress == "127.0.0.1:0")
    #expect(node.options.networks.networks.clusterCIDR == ClusterNetworks.default.clusterCIDR)
  }

  @Test func addressesMayLackTheirPort() {
    #expect(TelemetryAddress("192.0.2.1", defaultPort: 7).map { "\($0)" } == "192.0.2.1:7")
    #expect(TelemetryAddress("::", defaultPort: 7).map { "\($0)" } == "[::]:7")
    #expect(TelemetryAddress("[::1]:8", defaultPort: 7).map { "\($0)" } == "[::1]:8")
    #expect(TelemetryAddress("nowhere", defaultPort: 7) == nil)
  }
}
