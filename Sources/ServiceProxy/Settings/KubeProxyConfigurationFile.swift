import KubeAPI
import Netlink

/// A KubeProxyConfiguration of `kubeproxy.config.k8s.io/v1alpha1`: what kube-proxy takes with `--config`, as kubeadm
/// writes it.
public struct KubeProxyConfigurationFile: Sendable {
  public private(set) var settings = KubeProxySettings()
  /// Fields that say something and have no counterpart here: `ipvs.scheduler`.
  public private(set) var ignored: [String] = []

  private var unknown: [String] = []
  private var wrong: [String] = []
  private var mode = ""
  private var masqueradeAll: [String: Bool] = [:]

  /// Reads the file's text, YAML or JSON.
  ///
  /// - Throws: ``SettingsError`` that names all fields which are unknown or make no sense.
  public init(_ text: String) throws(SettingsError) {
    let document: JSONValue
    do { document = try JSONValue(yaml: text) } catch {
      throw SettingsError(error.message.split(separator: "\n").joined(separator: " "))
    }
    guard let object = document.objectValue else { throw SettingsError("it holds no KubeProxyConfiguration") }
    let kind = (object["apiVersion"]?.stringValue ?? "", object["kind"]?.stringValue ?? "")
    guard kind == ("kubeproxy.config.k8s.io/v1alpha1", "KubeProxyConfiguration") else {
      throw SettingsError(
        "it holds \(kind.1.isEmpty ? "no kind" : kind.1) of \(kind.0.isEmpty ? "no apiVersion" : kind.0), not"
          + " KubeProxyConfiguration of kubeproxy.config.k8s.io/v1alpha1")
    }
    each(document, "") { reader, name, value in reader.top(name, value) }
    if !["", "nftables"].contains(mode) { ignored.append("mode (\(mode): it is always nftables here)") }
    settings.masqueradeAll = masqueradeAll[mode == "nftables" ? "nftables" : "iptables"]
    var problems: [String] = []
    if !unknown.isEmpty { problems.append("unknown: \(unknown.joined(separator: ", "))") }
    problems += wrong
    guard problems.isEmpty else { throw SettingsError(problems.joined(separator: "; ")) }
  }

  // MARK: Sections

  private mutating func top(_ name: String, _ value: JSONValue) {
    switch name {
    case "apiVersion", "kind": break
    case "mode": mode = text(name, value) ?? ""
    case "hostnameOverride": settings.nodeName = filled(name, value)
    case "bindAddress": settings.bindAddress = address(name, value)
    case "healthzBindAddress": settings.healthzBindAddress = filled(name, value)
    case "metricsBindAddress": settings.metricsBindAddress = filled(name, value)
    case "bindAddressHardFail": settings.bindAddressHardFail = flag(name, value)
    case "clusterCIDR": settings.clusterCIDRs = prefixes(name, value)
    case "nodePortAddresses": settings.nodePortAddresses = nodePortAddresses(name, value)
    case "detectLocalMode": settings.detectLocalMode = detectLocalMode(name, value)
    case "detectLocal": each(value, name) { reader, name, value in reader.detectLocal(name, value) }
    case "conntrack": each(value, name) { reader, name, value in reader.conntrack(name, value) }
    case "clientConnection": each(value, name) { reader, name, value in reader.clientConnection(name, value) }
    case "iptables", "nftables", "ipvs", "winkernel":
      each(value, name) { reader, field, value in reader.other(section: name, field, value) }
    case "featureGates", "logging", "enableProfiling", "showHiddenMetricsForVersion", "oomScoreAdj", "configSyncPeriod",
      "portRange", "windowsRunAsService":
      ignore(name, value)
    default: unknown.append(name)
    }
  }

  private mutating func detectLocal(_ name: String, _ value: JSONValue) {
    let path = "detectLocal.\(name)"
    switch name {
    case "bridgeInterface": settings.bridgeInterface = filled(path, value)
    case "interfaceNamePrefix": settings.interfaceNamePrefix = filled(path, value)
    default: unknown.append(path)
    }
  }

  private mutating func conntrack(_ name: String, _ value: JSONValue) {
    let path = "conntrack.\(name)"
    switch name {
    case "maxPerCore": settings.conntrackMaxPerCore = number(path, value)
    case "min": settings.conntrackMin = number(path, value)
    case "tcpEstablishedTimeout": settings.conntrackTCPEstablished = duration(path, value)
    case "tcpCloseWaitTimeout": settings.conntrackTCPCloseWait = duration(path, value)
    case "tcpBeLiberal": settings.conntrackTCPBeLiberal = flag(path, value)
    case "udpTimeout": settings.conntrackUDP = duration(path, value)
    case "udpStreamTimeout": settings.conntrackUDPStream = duration(path, value)
    default: unknown.append(path)
    }
  }

  private mutating func clientConnection(_ name: String, _ value: JSONValue) {
    let path = "clientConnection.\(name)"
    switch name {
    case "kubeconfig": settings.kubeconfig = filled(path, value)
    case "acceptContentTypes", "contentType", "qps", "burst": ignore(path, value)
    default: unknown.append(path)
    }
  }

  private mutating func other(section: String, _ name: String, _ value: JSONValue) {
    let path = "\(section).\(name)"
    if name == "masqueradeAll", section == "iptables" || section == "nftables" {
      masqueradeAll[section] = flag(path, value)
      return
    }
    if Self.fields[section]?.contains(name) == true { ignore(path, value) } else { unknown.append(path) }
  }

  private static let fields: [String: Set<String>] = [
    "iptables": ["masqueradeBit", "localhostNodePorts", "snatNodeInternalIP", "syncPeriod", "minSyncPeriod"],
    "nftables": ["masqueradeBit", "syncPeriod", "minSyncPeriod"],
    "ipvs": [
      "syncPeriod", "minSyncPeriod", "scheduler", "excludeCIDRs", "strictARP", "tcpTimeout", "tcpFinTimeout",
      "udpTimeout",
    ],
    "winkernel": ["networkName", "sourceVip", "enableDSR", "rootHnsEndpointName", "forwardHealthCheckVip"],
  ]

  // MARK: Values

  /// Reads the members of a section in turn.
  private mutating func each(
    _ value: JSONValue, _ path: String, _ read: (inout Self, String, JSONValue) -> Void
  ) {
    guard let object = value.objectValue else {
      if !value.isNull { wrong.append("\(path) is no section") }
      return
    }
    for (name, member) in zip(object.keys, object.values) { read(&self, name, member) }
  }

  /// Names a field that says something.
  private mutating func ignore(_ path: String, _ value: JSONValue) { if Self.says(value) { ignored.append(path) } }

  private static func says(_ value: JSONValue) -> Bool {
    if let array = value.arrayValue { return !array.isEmpty }
    if let object = value.objectValue { return object.values.contains(where: says) }
    return !value.isNull && value != false && value != "" && value != 0 && value != "0" && value != "0s"
  }

  /// Null counts as absent.
  private mutating func refuse<Value>(_ path: String, _ value: JSONValue, _ wanted: String) -> Value? {
    if !value.isNull { wrong.append("\(path) is \(value.text.prefix(64)), not \(wanted)") }
    return nil
  }

  private mutating func text(_ path: String, _ value: JSONValue) -> String? {
    value.stringValue ?? refuse(path, value, "text")
  }

  /// An empty text stands for nothing in this kind of file.
  private mutating func filled(_ path: String, _ value: JSONValue) -> String? {
    text(path, value).flatMap { $0.isEmpty ? nil : $0 }
  }

  private mutating func flag(_ path: String, _ value: JSONValue) -> Bool? {
    value.boolValue ?? refuse(path, value, "true or false")
  }

  private mutating func number(_ path: String, _ value: JSONValue) -> Int? {
    guard let number = value.integerValue, (0...Int64(Int32.max)).contains(number) else {
      return refuse(path, value, "a whole number from 0")
    }
    return Int(number)
  }

  private mutating func duration(_ path: String, _ value: JSONValue) -> Duration? {
    guard let text = value.stringValue, let duration = Duration(goSyntax: text) else {
      return refuse(path, value, "a duration (1h30m)")
    }
    return duration
  }

  private mutating func address(_ path: String, _ value: JSONValue) -> IPAddress? {
    guard let text = filled(path, value) else { return nil }
    return IPAddress(text) ?? refuse(path, value, "an address")
  }

  private mutating func prefixes(_ path: String, _ value: JSONValue) -> [IPPrefix]? {
    guard let text = filled(path, value) else { return nil }
    return IPPrefix.list(text) ?? refuse(path, value, "a CIDR, or two with a comma between them")
  }

  private mutating func nodePortAddresses(
    _ path: String, _ value: JSONValue
  ) -> Proxy.Configuration.NodePortAddresses? {
    guard let array = value.arrayValue else { return refuse(path, value, "a list") }
    let texts = array.compactMap(\.stringValue)
    guard texts.count == array.count else { return refuse(path, value, "a list of texts") }
    if texts.isEmpty { return nil }
    if texts.contains("localhost") { ignored.append("\(path) localhost") }
    do throws(SettingsError) {
      return try Proxy.Configuration.NodePortAddresses(texts: texts)
    } catch {
      wrong.append("\(path): \(error)")
      return nil
    }
  }

  private mutating func detectLocalMode(_ path: String, _ value: JSONValue) -> KubeProxySettings.DetectLocalMode? {
    guard let text = filled(path, value) else { return nil }
    let modes = KubeProxySettings.DetectLocalMode.allCases.map(\.rawValue).joined(separator: ", ")
    return KubeProxySettings.DetectLocalMode(rawValue: text) ?? refuse(path, value, "one of \(modes)")
  }
}
