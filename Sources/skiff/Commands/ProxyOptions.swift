import ArgumentParser
import Logging
import Netlink
import ServiceProxy

/// What the service proxy takes: kube-proxy's flags, by their names, as far as they carry over.
struct ProxyOptions: ParsableArguments {
  @Option(
    name: [.customLong("config"), .customLong("proxy-config")],
    help: ArgumentHelp("A KubeProxyConfiguration (v1alpha1); flags come before it.", valueName: "file"))
  var config: String?

  @Option(defaultAsFlag: GoFlag.on, parsing: .next, help: "Masquerade everything that goes to a ClusterIP.")
  var masqueradeAll: GoFlag?

  @Option(
    name: .customLong("nodeport-addresses"),
    help: ArgumentHelp(
      "On which of the node's addresses node ports answer, separated by commas: CIDRs, or primary for those of the Node"
        + " object. All but loopback where it is left out.", valueName: "list"))
  var nodePortAddresses: [String] = []

  @Option(
    help: ArgumentHelp(
      "By what a packet is known to come from a pod: ClusterCIDR (the default), NodeCIDR, BridgeInterface or"
        + " InterfaceNamePrefix.", valueName: "mode"),
    transform: { text in
      guard let mode = KubeProxySettings.DetectLocalMode(rawValue: text) else {
        throw ValidationError("\(text) is none of ClusterCIDR, NodeCIDR, BridgeInterface, InterfaceNamePrefix")
      }
      return mode
    })
  var detectLocalMode: KubeProxySettings.DetectLocalMode?

  @Option(help: ArgumentHelp("The bridge of the node's pods, for BridgeInterface.", valueName: "interface"))
  var podBridgeInterface: String?

  @Option(
    help: ArgumentHelp("What the names of pods' interfaces begin with, for InterfaceNamePrefix.", valueName: "prefix"))
  var podInterfaceNamePrefix: String?

  @Option(
    help: ArgumentHelp(
      "Connections to track for each processor; 0 leaves the limit. 32768 where it is left out.", valueName: "number"))
  var conntrackMaxPerCore: Int?

  @Option(
    help: ArgumentHelp("Connections to track at least. 131072 where it is left out.", valueName: "number"))
  var conntrackMin: Int?

  @Option(
    name: .customLong("conntrack-tcp-timeout-established"),
    help: ArgumentHelp("How long idle TCP connections are tracked; 0 leaves it. 24h.", valueName: "duration"))
  var conntrackTCPEstablished: GoDuration?

  @Option(
    name: .customLong("conntrack-tcp-timeout-close-wait"),
    help: ArgumentHelp("The same for those that one side has closed. 1h.", valueName: "duration"))
  var conntrackTCPCloseWait: GoDuration?

  @Option(
    name: .customLong("conntrack-tcp-be-liberal"), defaultAsFlag: GoFlag.on, parsing: .next,
    help: "Let TCP packets pass whose sequence numbers are out of the window.")
  var conntrackTCPBeLiberal: GoFlag?

  @Option(
    name: .customLong("conntrack-udp-timeout"),
    help: ArgumentHelp("How long UDP is tracked of which only one side has sent; 0 leaves it.", valueName: "duration"))
  var conntrackUDP: GoDuration?

  @Option(
    name: .customLong("conntrack-udp-timeout-stream"),
    help: ArgumentHelp("How long UDP is tracked of which both sides have sent; 0 leaves it.", valueName: "duration"))
  var conntrackUDPStream: GoDuration?

  @Flag(
    name: .customLong("cleanup-kube-proxy"),
    help: "Delete the tables of kube-proxy's nftables mode, once those of this proxy are complete.")
  var cleanupKubeProxy = false

  @Flag(help: "Count the connections that begin, by Service and by endpoint, for the metrics.")
  var countConnections = false

  @Option(
    name: [.customLong("healthz-bind-address"), .customLong("telemetry-address")],
    help: ArgumentHelp(
      "Where /healthz, /livez, /readyz and /metrics are served. 0.0.0.0:10256 where it is left out.",
      valueName: "address:port"))
  var healthzBindAddress: String?

  @Option(
    help: ArgumentHelp(
      "Where they are served a second time; empty for nowhere. `skiff proxy`: 127.0.0.1:10249 where it is left out.",
      valueName: "address:port"))
  var metricsBindAddress: String?

  func validate() throws {
    for (flag, value) in [("--conntrack-max-per-core", conntrackMaxPerCore), ("--conntrack-min", conntrackMin)] {
      if let value, value < 0 { throw ValidationError("\(flag) takes a number from 0") }
    }
    for (flag, value) in [
      ("--masquerade-all", masqueradeAll), ("--conntrack-tcp-be-liberal", conntrackTCPBeLiberal),
    ] {
      if let value, value.value == nil { throw ValidationError("\(flag) is true or false, not \(value)") }
    }
    for (flag, text) in [
      ("--healthz-bind-address", healthzBindAddress), ("--metrics-bind-address", metricsBindAddress),
    ] {
      guard let text, !text.isEmpty else { continue }
      guard TelemetryAddress(text, defaultPort: 0) != nil else {
        throw ValidationError("\(flag) \(text) is no address and port: write 0.0.0.0:10256 or [::]:10256")
      }
    }
    _ = try flags()
    if config == nil { _ = try checked("", flags().configuration(nodeName: "", serviceCIDRs: [])) }
  }

  /// What the flags alone say.
  private func flags() throws -> KubeProxySettings {
    var settings = KubeProxySettings()
    settings.masqueradeAll = masqueradeAll?.value
    settings.detectLocalMode = detectLocalMode
    settings.bridgeInterface = podBridgeInterface
    settings.interfaceNamePrefix = podInterfaceNamePrefix
    if !nodePortAddresses.isEmpty {
      let texts = nodePortAddresses.flatMap { $0.split(separator: ",").map { String($0.trimmingPrefix(" ")) } }
      settings.nodePortAddresses = try checked("--nodeport-addresses", .init(texts: texts))
    }
    settings.conntrackMaxPerCore = conntrackMaxPerCore
    settings.conntrackMin = conntrackMin
    settings.conntrackTCPEstablished = conntrackTCPEstablished?.value
    settings.conntrackTCPCloseWait = conntrackTCPCloseWait?.value
    settings.conntrackTCPBeLiberal = conntrackTCPBeLiberal?.value
    settings.conntrackUDP = conntrackUDP?.value
    settings.conntrackUDPStream = conntrackUDPStream?.value
    settings.removesKubeProxyTables = cleanupKubeProxy ? true : nil
    settings.countsConnections = countConnections ? true : nil
    settings.healthzBindAddress = healthzBindAddress
    settings.metricsBindAddress = metricsBindAddress
    return settings
  }

  private func checked<Value>(_ subject: String, _ body: @autoclosure () throws -> Value) throws -> Value {
    do { return try body() } catch let error as SettingsError {
      throw ValidationError(subject.isEmpty ? "\(error)" : "\(subject): \(error)")
    }
  }

  /// What flags and file say together, flags first.
  ///
  /// - Parameter also: what other flags of the command say.
  /// - Throws: ``UserError`` that names the file and what is wrong in it.
  func settings(_ also: KubeProxySettings, logger: Logger) throws -> KubeProxySettings {
    var settings = try flags()
    settings.fill(from: also)
    guard let config else { return settings }
    guard let bytes = try Files.readIfPresent(config) else {
      throw UserError("--config \(config): there is no such file")
    }
    do throws(SettingsError) {
      let file = try KubeProxyConfigurationFile(String(decoding: bytes, as: UTF8.self))
      settings.fill(from: file.settings)
      if !file.ignored.isEmpty {
        logger.notice(
          "some of the file's fields have no counterpart and are ignored",
          metadata: ["file": "\(config)", "fields": "\(file.ignored.joined(separator: ", "))"])
      }
      _ = try settings.configuration(nodeName: "", serviceCIDRs: [])
      return settings
    } catch {
      throw UserError("--config \(config): \(error)")
    }
  }
}
