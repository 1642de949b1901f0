public import KubeAPI
public import Netlink

/// What the proxy needs to know of one endpoint in a slice.
public struct EndpointDefinition: Sendable, Hashable {
  public struct Conditions: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let ready = Conditions(rawValue: 1)
    public static let serving = Conditions(rawValue: 2)
    public static let terminating = Conditions(rawValue: 4)
    /// It runs on this node.
    public static let local = Conditions(rawValue: 8)
    /// The slice does not say where it runs, so that it may be here.
    public static let placeUnknown = Conditions(rawValue: 16)
    /// Its hints name nodes.
    public static let hasNodeHints = Conditions(rawValue: 32)
    /// Its hints name this node.
    public static let hintsThisNode = Conditions(rawValue: 64)
  }

  public var address: IPAddress
  public var conditions: Conditions
  /// The zones that its hints name.
  public var hintedZones: [String]

  public init(_ address: IPAddress, _ conditions: Conditions = [.ready, .serving], hintedZones: [String] = []) {
    self.address = address
    self.conditions = conditions
    self.hintedZones = hintedZones
  }
}

/// What the proxy needs to know of an EndpointSlice.
public struct EndpointSliceDefinition: Sendable, Hashable {
  public struct Port: Sendable, Hashable {
    public var name: String
    public var transport: Transport
    public var port: UInt16

    public init(name: String = "", transport: Transport = .tcp, port: UInt16) {
      self.name = name
      self.transport = transport
      self.port = port
    }
  }

  /// The Service that it belongs to.
  public var service: ObjectKey
  public var family: IPAddress.Family
  public var ports: [Port]
  public var endpoints: [EndpointDefinition]
  /// When the control plane saw the change that made this state, for the programming latency. Nanoseconds
  /// since 1970; nil where the slice does not say.
  public var triggerTime: Int64?
  public var problems: [String]

  public init(
    service: ObjectKey, family: IPAddress.Family = .v4, ports: [Port], endpoints: [EndpointDefinition],
    triggerTime: Int64? = nil, problems: [String] = []
  ) {
    self.service = service
    self.family = family
    self.ports = ports
    self.endpoints = endpoints
    self.triggerTime = triggerTime
    self.problems = problems
  }

  static let serviceNameLabel = "kubernetes.io/service-name"
  static let triggerTimeAnnotation = "endpoints.kubernetes.io/last-change-trigger-time"

  /// Reads a slice; nil where it belongs to no Service, or holds names and not addresses.
  public init?(_ slice: EndpointSlice, node: String) {
    guard let name = slice.metadata.labels[Self.serviceNameLabel], !name.isEmpty else { return nil }
    let family: IPAddress.Family
    switch slice.addressType {
    case "IPv4": family = .v4
    case "IPv6": family = .v6
    default: return nil
    }
    var problems: [String] = []
    var ports: [Port] = []
    for (index, port) in slice.ports.enumerated() {
      guard let transport = Transport(port.protocol), let number = port.port, (1...65535).contains(number) else {
        // A slice may leave the number out, which means all ports; a Service cannot use that.
        if port.port != nil { problems.append("ports[\(index)] is no usable port") }
        continue
      }
      ports.append(Port(name: port.name ?? "", transport: transport, port: UInt16(number)))
    }
    var endpoints: [EndpointDefinition] = []
    for endpoint in slice.endpoints {
      guard let text = endpoint.addresses.first, let address = IPAddress(text), address.family == family,
        !address.isUnspecified, !address.isLoopback, !address.isMulticast, !address.isLinkLocal
      else {
        problems.append("\"\((endpoint.addresses.first ?? "").prefix(64))\" is no endpoint of this slice")
        continue
      }
      let stated = endpoint.conditions
      var conditions: EndpointDefinition.Conditions = []
      if stated?.ready ?? true { conditions.insert(.ready) }
      if stated?.serving ?? true { conditions.insert(.serving) }
      if stated?.terminating ?? false { conditions.insert(.terminating) }
      if let place = endpoint.nodeName, !place.isEmpty {
        if place == node { conditions.insert(.local) }
      } else {
        conditions.insert(.placeUnknown)
      }
      let nodes = endpoint.hints?.forNodes ?? []
      if !nodes.isEmpty { conditions.insert(.hasNodeHints) }
      if nodes.contains(where: { $0.name == node }) { conditions.insert(.hintsThisNode) }
      endpoints.append(
        EndpointDefinition(
          address, conditions, hintedZones: endpoint.hints?.forZones.compactMap(\.name) ?? []))
    }
    let trigger = slice.metadata.annotations[Self.triggerTimeAnnotation].flatMap { text in
      MicroTime(jsonValue: .string(text)).map { $0.microseconds * 1000 }
    }
    self.init(
      service: ObjectKey(namespace: slice.metadata.namespace ?? "", name: name), family: family, ports: ports,
      endpoints: endpoints, triggerTime: trigger, problems: problems)
  }
}
