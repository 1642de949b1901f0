public import KubeAPI
import Netlink

extension ServiceDefinition {
  /// The label of Services that some other proxy implements.
  static let proxyNameLabel = "service.kubernetes.io/service-proxy-name"

  /// Reads a Service; nil where nothing is to be programmed: headless, ExternalName, or another proxy's.
  ///
  /// A part that makes no sense is left out and named in `problems`; the rest stands.
  public init?(_ service: KubeAPI.Service) {
    let spec = service.spec
    guard spec.type != "ExternalName", service.metadata.labels[Self.proxyNameLabel] == nil else { return nil }
    let written = spec.clusterIPs.isEmpty ? [spec.clusterIP ?? ""] : spec.clusterIPs
    guard written.contains(where: { $0 != "None" && !$0.isEmpty }) else { return nil }
    var problems: [String] = []

    func addresses(_ texts: [String], _ field: String) -> [IPAddress] {
      var found: [IPAddress] = []
      for text in texts where text != "None" && !text.isEmpty {
        guard let address = IPAddress(text), !address.isUnspecified, !address.isLoopback, !address.isMulticast else {
          problems.append("\(field) has \(quoted(text)), which is no address to forward")
          continue
        }
        if !found.contains(address) { found.append(address) }
      }
      return found
    }
    func number(_ value: Int32?, _ field: String) -> UInt16? {
      guard let value, (1...65535).contains(value) else {
        problems.append("\(field) is \(value.map(String.init) ?? "absent"), not 1 to 65535")
        return nil
      }
      return UInt16(value)
    }
    func quoted(_ text: String) -> String { "\"\(text.prefix(64))\"" }

    self.init(clusterIPs: [], ports: [])
    clusterIPs = addresses(written, "spec.clusterIPs")
    externalIPs = addresses(spec.externalIPs, "spec.externalIPs")
    if spec.type == "LoadBalancer" {
      let ingress = service.status.loadBalancer?.ingress ?? []
      loadBalancerIPs = addresses(
        ingress.filter { $0.ipMode == nil || $0.ipMode == "VIP" }.compactMap(\.ip), "status.loadBalancer.ingress")
      sourceRanges = Self.ranges(spec.loadBalancerSourceRanges, &problems)
    }
    let hasNodePorts = spec.type == "NodePort" || spec.type == "LoadBalancer"
    for (index, port) in spec.ports.enumerated() {
      guard let transport = Transport(port.protocol) else {
        problems.append("spec.ports[\(index)].protocol \(quoted(port.protocol ?? "")) is not TCP, UDP or SCTP")
        continue
      }
      guard let servicePort = number(port.port, "spec.ports[\(index)].port") else { continue }
      guard !ports.contains(where: { $0.transport == transport && $0.port == servicePort }) else {
        problems.append("spec.ports[\(index)] repeats \(servicePort)/\(transport.name)")
        continue
      }
      var nodePort: UInt16 = 0
      if hasNodePorts, let wanted = port.nodePort, wanted != 0 {
        nodePort = number(wanted, "spec.ports[\(index)].nodePort") ?? 0
      }
      ports.append(Port(name: port.name ?? "", transport: transport, port: servicePort, nodePort: nodePort))
    }
    // Without node ports or outside addresses the policy has nothing to hold for.
    externalLocal = spec.externalTrafficPolicy == "Local"
    internalLocal = spec.internalTrafficPolicy == "Local"
    if spec.sessionAffinity == "ClientIP" {
      let seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800
      affinitySeconds = UInt32(max(1, min(seconds, 86_400)))
    }
    if spec.type == "LoadBalancer", externalLocal, let port = spec.healthCheckNodePort, port != 0 {
      healthCheckNodePort = number(port, "spec.healthCheckNodePort") ?? 0
    }
    self.problems = problems
  }

  /// Reads `loadBalancerSourceRanges`; nil where everyone may pass. Ranges within others are dropped.
  private static func ranges(_ texts: [String], _ problems: inout [String]) -> [IPPrefix]? {
    guard !texts.isEmpty else { return nil }
    var ranges: [IPPrefix] = []
    for text in texts {
      let trimmed = text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed()
      guard let range = IPPrefix(String(trimmed)) else {
        problems.append("spec.loadBalancerSourceRanges has \"\(text.prefix(64))\", which is no CIDR")
        continue
      }
      ranges.append(range)
    }
    return IPPrefix.disjoint(ranges)
  }
}

extension IPPrefix {
  /// The same addresses without a range that lies in another, in order.
  static func disjoint(_ ranges: [IPPrefix]) -> [IPPrefix] {
    var kept: [IPPrefix] = []
    for range in ranges.sorted(by: { ($0.length, $0.address) < ($1.length, $1.address) })
    where !kept.contains(where: { $0.contains(range) }) {
      kept.append(range)
    }
    return kept.sorted { $0.address < $1.address }
  }
}
