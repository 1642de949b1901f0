public import Netlink

/// What kube-proxy can be told by flags and by its file, as far as it carries over. Nil is what nobody said.
public struct KubeProxySettings: Sendable, Hashable {
  /// Who counts as a pod of this node; see `Proxy.Configuration.LocalDetection`.
  public enum DetectLocalMode: String, Sendable, CaseIterable {
    case clusterCIDR = "ClusterCIDR"
    case nodeCIDR = "NodeCIDR"
    case bridgeInterface = "BridgeInterface"
    case interfaceNamePrefix = "InterfaceNamePrefix"
  }

  public var kubeconfig: String?
  public var nodeName: String?
  /// The node's address, in place of the Node's first one.
  public var bindAddress: IPAddress?
  /// `ADDRESS:PORT` or an address alone.
  public var healthzBindAddress: String?
  public var metricsBindAddress: String?
  /// Whether a port that is taken ends the program.
  public var bindAddressHardFail: Bool?
  public var masqueradeAll: Bool?
  public var detectLocalMode: DetectLocalMode?
  public var bridgeInterface: String?
  public var interfaceNamePrefix: String?
  public var clusterCIDRs: [IPPrefix]?
  public var nodePortAddresses: Proxy.Configuration.NodePortAddresses?
  public var conntrackMaxPerCore: Int?
  public var conntrackMin: Int?
  public var conntrackTCPEstablished: Duration?
  public var conntrackTCPCloseWait: Duration?
  public var conntrackTCPBeLiberal: Bool?
  public var conntrackUDP: Duration?
  public var conntrackUDPStream: Duration?
  /// Skiff's own: whether the tables of kube-proxy's nftables mode are deleted, and whether connections are counted.
  public var removesKubeProxyTables: Bool?
  public var countsConnections: Bool?

  public init() {}

  /// Takes from `other` what is not said here.
  public mutating func fill(from other: KubeProxySettings) {
    func fill<Value>(_ path: WritableKeyPath<KubeProxySettings, Value?>) {
      if self[keyPath: path] == nil { self[keyPath: path] = other[keyPath: path] }
    }
    fill(\.kubeconfig)
    fill(\.nodeName)
    fill(\.bindAddress)
    fill(\.healthzBindAddress)
    fill(\.metricsBindAddress)
    fill(\.bindAddressHardFail)
    fill(\.masqueradeAll)
    fill(\.detectLocalMode)
    fill(\.bridgeInterface)
    fill(\.interfaceNamePrefix)
    fill(\.clusterCIDRs)
    fill(\.nodePortAddresses)
    fill(\.conntrackMaxPerCore)
    fill(\.conntrackMin)
    fill(\.conntrackTCPEstablished)
    fill(\.conntrackTCPCloseWait)
    fill(\.conntrackTCPBeLiberal)
    fill(\.conntrackUDP)
    fill(\.conntrackUDPStream)
    fill(\.removesKubeProxyTables)
    fill(\.countsConnections)
  }

  /// What the proxy is to do.
  ///
  /// - Throws: ``SettingsError`` where a mode lacks what it needs.
  public func configuration(nodeName: String, serviceCIDRs: [IPPrefix]) throws(SettingsError) -> Proxy.Configuration {
    var configuration = Proxy.Configuration(nodeName: nodeName, serviceCIDRs: serviceCIDRs)
    configuration.clusterCIDRs = clusterCIDRs ?? []
    configuration.localDetection = try localDetection()
    configuration.nodePortAddresses = nodePortAddresses ?? .all
    configuration.masqueradeAll = masqueradeAll ?? false
    if let bindAddress, !bindAddress.isUnspecified { configuration.nodeAddresses = [bindAddress] }
    configuration.conntrack = conntrack
    configuration.removesKubeProxyTables = removesKubeProxyTables ?? false
    configuration.countsConnections = countsConnections ?? false
    return configuration
  }

  private func localDetection() throws(SettingsError) -> Proxy.Configuration.LocalDetection {
    func name(_ name: String?, _ flag: String, _ mode: DetectLocalMode) throws(SettingsError) -> String {
      guard let name, !name.isEmpty else { throw SettingsError("--detect-local-mode \(mode.rawValue) needs \(flag)") }
      // IFNAMSIZ less the end.
      guard name.utf8.count < 16, !name.contains(where: { $0 == "/" || $0.isWhitespace }) else {
        throw SettingsError("\(flag) \(name.prefix(64)) is no name of an interface: it has at most 15 bytes")
      }
      return name
    }
    switch detectLocalMode ?? .clusterCIDR {
    case .clusterCIDR: return .clusterCIDRs
    case .nodeCIDR: return .nodeCIDRs
    case .bridgeInterface: return .bridge(try name(bridgeInterface, "--pod-bridge-interface", .bridgeInterface))
    case .interfaceNamePrefix:
      return .interfacePrefix(try name(interfaceNamePrefix, "--pod-interface-name-prefix", .interfaceNamePrefix))
    }
  }

  private var conntrack: ConntrackSettings {
    var settings = ConntrackSettings()
    settings.maxPerCore = conntrackMaxPerCore ?? settings.maxPerCore
    settings.min = conntrackMin ?? settings.min
    settings.tcpEstablished = conntrackTCPEstablished ?? settings.tcpEstablished
    settings.tcpCloseWait = conntrackTCPCloseWait ?? settings.tcpCloseWait
    settings.isTCPLiberal = conntrackTCPBeLiberal ?? settings.isTCPLiberal
    settings.udp = conntrackUDP ?? settings.udp
    settings.udpStream = conntrackUDPStream ?? settings.udpStream
    return settings
  }
}

/// Settings that make no sense, in words for the one who wrote them. One line.
public struct SettingsError: Error, Hashable, CustomStringConvertible {
  public var description: String

  init(_ description: String) { self.description = description }
}
