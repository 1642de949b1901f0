public import KubeAPI
public import Netlink

/// What one node should do for a Service, what its kernel holds for it, and where the two differ.
///
/// It is made from the API and the kernel alone, so it holds also where the proxy does not run, or is wrong.
public struct ServiceExplanation: Sendable {
  /// An address and port of the Service.
  public struct FrontendState: Sendable {
    public var key: FrontendKey
    /// `ClusterIP`, `node port`, `external IP`, `load balancer`
    public var kind: String
    public var wanted: Frontend
    public var kernel: KernelFrontend?
    /// What the kernel holds that is not wanted, and the other way round; empty where all is well.
    public var differences: [String]
  }

  /// An endpoint of one port, and what becomes of it.
  public struct EndpointState: Sendable {
    public var target: EndpointTarget
    public var conditions: EndpointDefinition.Conditions
    /// Whether connections go there under policy Cluster, and under policy Local.
    public var isUsed: Bool
    public var isUsedLocally: Bool
    public var reason: String
  }

  public struct PortState: Sendable {
    public var port: ServiceDefinition.Port
    public var family: IPAddress.Family
    public var endpoints: [EndpointState]
  }

  public var service: ObjectKey
  public var node: String
  public var zone: String?
  /// Nil where nothing is to be programmed for it; `why` says why.
  public var definition: ServiceDefinition?
  public var why: String
  public var frontends: [FrontendState]
  public var ports: [PortState]
  /// Parts of the objects that make no sense and are left out.
  public var problems: [String]

  public var differences: [String] {
    frontends.flatMap { frontend in frontend.differences.map { "\(frontend.key): \($0)" } }
  }

  /// - Parameters:
  ///   - slices: all slices of the Service.
  ///   - kernel: what the kernel holds for each frontend, by ``KernelFrontend/read(_:from:_:)``.
  public init(
    _ object: KubeAPI.Service, slices: [EndpointSlice], node: KubeAPI.Node,
    kernel: (Set<FrontendKey>) throws -> [FrontendKey: KernelFrontend]
  ) rethrows {
    let name = node.metadata.name ?? ""
    service = ObjectKey(namespace: object.metadata.namespace ?? "", name: object.metadata.name ?? "")
    self.node = name
    let zone = NodeFacts(node).zone
    self.zone = zone
    frontends = []
    ports = []
    guard let definition = ServiceDefinition(object) else {
      why = Self.whyNot(object)
      problems = []
      return
    }
    self.definition = definition
    why = ""
    let known = slices.sorted { ($0.metadata.name ?? "") < ($1.metadata.name ?? "") }.compactMap {
      EndpointSliceDefinition($0, node: name)
    }
    let plan = ServicePlan(definition, slices: known, zone: zone)
    problems = plan.problems
    let held = try kernel(Set(plan.frontends.keys))
    frontends = plan.frontends.map { key, wanted in
      FrontendState(
        key: key, kind: Self.kind(key, definition), wanted: wanted, kernel: held[key],
        differences: Self.differences(wanted, held[key]))
    }.sorted { ($0.kind, "\($0.key)") < ($1.kind, "\($1.key)") }
    for family in definition.families {
      for port in definition.ports {
        let selection = EndpointSelection(known, port: port, family: family, zone: zone)
        ports.append(
          PortState(port: port, family: family, endpoints: Self.endpoints(known, port, family, selection, zone, name)))
      }
    }
  }

  private static func whyNot(_ object: KubeAPI.Service) -> String {
    if object.spec.type == "ExternalName" { return "its type is ExternalName: DNS answers with another name" }
    if let proxy = object.metadata.labels[ServiceDefinition.proxyNameLabel] {
      return "the label \(ServiceDefinition.proxyNameLabel) gives it to \"\(proxy)\""
    }
    return "it is headless: DNS answers with the endpoints themselves"
  }

  private static func kind(_ key: FrontendKey, _ service: ServiceDefinition) -> String {
    guard case .address(let address) = key.place else { return "node port" }
    if service.clusterIPs.contains(address) { return "ClusterIP" }
    return service.loadBalancerIPs.contains(address) ? "load balancer" : "external IP"
  }

  // MARK: Differences

  private static func differences(_ wanted: Frontend, _ held: KernelFrontend?) -> [String] {
    guard let found = held?.frontend else { return ["the kernel does not have it"] }
    var differences: [String] = []
    func compare(_ what: String, _ wanted: [EndpointTarget], _ found: [EndpointTarget]) {
      for target in wanted where !found.contains(target) { differences.append("\(what) \(target) is missing") }
      for target in found where !wanted.contains(target) { differences.append("\(what) \(target) should be gone") }
    }
    compare("endpoint", wanted.endpoints, found.endpoints)
    compare("local endpoint", wanted.localEndpoints, found.localEndpoints)
    var (left, right) = (wanted, found)
    for keyPath in [\Frontend.endpoints, \Frontend.localEndpoints] {
      left[keyPath: keyPath] = []
      right[keyPath: keyPath] = []
    }
    if left.sourceRanges != right.sourceRanges {
      differences.append("source ranges are \(ranges(right)), not \(ranges(left))")
      right.sourceRanges = left.sourceRanges
    }
    if left != right { differences.append("new connections \(right.summary); wanted: \(left.summary)") }
    return differences
  }

  private static func ranges(_ frontend: Frontend) -> String {
    frontend.sourceRanges.map { "[\($0.map { "\($0)" }.joined(separator: " "))]" } ?? "absent"
  }

  // MARK: Endpoints

  private static func endpoints(
    _ slices: [EndpointSliceDefinition], _ port: ServiceDefinition.Port, _ family: IPAddress.Family,
    _ selection: EndpointSelection, _ zone: String?, _ node: String
  ) -> [EndpointState] {
    let used = Set(selection.cluster)
    let local = Set(selection.local)
    var states: [EndpointState] = []
    for slice in slices where slice.family == family {
      guard let number = slice.ports.first(where: { $0.name == port.name && $0.transport == port.transport })?.port
      else { continue }
      for endpoint in slice.endpoints {
        let target = EndpointTarget(endpoint.address, number)
        states.append(
          EndpointState(
            target: target, conditions: endpoint.conditions, isUsed: used.contains(target),
            isUsedLocally: local.contains(target),
            reason: reason(endpoint, isUsed: used.contains(target), zone, node)))
      }
    }
    return states.sorted { $0.target < $1.target }
  }

  private static func reason(
    _ endpoint: EndpointDefinition, isUsed: Bool, _ zone: String?, _ node: String
  ) -> String {
    let isReady = endpoint.conditions.contains(.ready)
    let isServing = endpoint.conditions.contains(.serving)
    guard !isUsed else { return isReady ? "it is ready" : "none is ready, and it still serves while it ends" }
    if isReady {
      let zones = endpoint.hintedZones.isEmpty ? "other nodes" : "zone \(endpoint.hintedZones.joined(separator: ", "))"
      return "its hints are for \(zones); this is \(node)\(zone.map { " in zone \($0)" } ?? "")"
    }
    guard endpoint.conditions.contains(.terminating) else { return "it is not ready" }
    return isServing ? "it is ending, and others are ready" : "it is ending, and serves no longer"
  }
}

extension Frontend {
  /// `choose among 3 endpoints`: in a sentence about new connections.
  public var summary: String {
    var text: String
    switch action {
    case .reject: text = "are refused, for there is no endpoint"
    case .drop: text = "are dropped, for no endpoint is on this node"
    case .balance: text = "choose among \(endpoints.count)"
    case .external:
      let near =
        localEndpoints.isEmpty ? "are dropped, for no endpoint is here" : "choose among \(localEndpoints.count)"
      text = "from pods and this node choose among \(endpoints.count), others \(near)"
    }
    if sourceRanges != nil { text += ", if the source range is allowed" }
    if stickySeconds > 0 { text += ", a client keeps its endpoint for \(stickySeconds) s" }
    switch masquerade {
    case .always: text += ", masqueraded"
    case .own: text += ", masqueraded if they are the node's own"
    case .byPlace: break
    }
    return text
  }
}
