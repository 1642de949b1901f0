public import Netlink

/// What one Service wants of the kernel. Lists of endpoints are in order of address here; which bucket each gets is
/// decided when it is known what the buckets hold.
public struct ServicePlan: Sendable, Hashable {
  public var frontends: [FrontendKey: Frontend] = [:]
  /// Its ClusterIPs: other ports of them are refused.
  public var clusterIPs: [IPAddress] = []
  /// Endpoints that may reach themselves through it.
  public var hairpins: [IPAddress] = []
  /// Endpoints of UDP and SCTP frontends that get no new flows, and keep those that they have.
  public var draining: [FrontendKey: [EndpointTarget]] = [:]
  public var problems: [String] = []

  public init() {}

  /// The plan of a Service: a pure function of what the cluster says of it.
  public init(_ service: ServiceDefinition, slices: [EndpointSliceDefinition], zone: String?) {
    clusterIPs = service.clusterIPs
    var problems = service.problems
    for slice in slices { problems += slice.problems }
    var hairpins: Set<IPAddress> = []
    for family in service.families {
      for port in service.ports {
        let selection = EndpointSelection(slices, port: port, family: family, zone: zone)
        if selection.cluster.count == FrontendAction.endpointLimit {
          problems.append("port \(port.port) has more than \(FrontendAction.endpointLimit) endpoints")
        }
        hairpins.formUnion(selection.maybeHere)
        add(service, port, family, selection)
      }
    }
    self.hairpins = hairpins.sorted()
    self.problems = problems
  }

  private mutating func add(
    _ service: ServiceDefinition, _ port: ServiceDefinition.Port, _ family: IPAddress.Family,
    _ selection: EndpointSelection
  ) {
    let drains = port.transport.needsFlowCleanup && !selection.draining.isEmpty
    func put(_ place: FrontendKey.Place, _ number: UInt16, _ frontend: Frontend) {
      let key = FrontendKey(place, port.transport, number)
      frontends[key] = frontend
      if drains { draining[key] = selection.draining }
    }
    func put(_ addresses: [IPAddress], _ frontend: Frontend) {
      for address in addresses where address.family == family { put(.address(address), port.port, frontend) }
    }
    put(service.clusterIPs, Self.inside(service, selection))
    let outside = Self.outside(service, selection)
    put(service.externalIPs, outside)
    put(service.loadBalancerIPs, Self.guarded(outside, service.sourceRanges, family))
    if port.nodePort != 0 { put(.node(family), port.nodePort, outside) }
  }

  /// A ClusterIP.
  private static func inside(_ service: ServiceDefinition, _ selection: EndpointSelection) -> Frontend {
    let endpoints = service.internalLocal ? selection.local : selection.cluster
    guard endpoints.isEmpty else {
      var frontend = Frontend(
        action: .balance(
          slots: FrontendAction.slots(for: endpoints.count), local: false, sticky: service.affinitySeconds > 0),
        endpoints: endpoints)
      frontend.stickySeconds = service.affinitySeconds
      return frontend
    }
    // Endpoints elsewhere are no use to this node's clients, and no reason to say that there are none.
    return Frontend(action: selection.cluster.isEmpty ? .reject : .drop)
  }

  /// A node port, an external IP or a load balancer's.
  private static func outside(_ service: ServiceDefinition, _ selection: EndpointSelection) -> Frontend {
    let masquerade: Frontend.Masquerade = service.externalLocal ? .own : .always
    func balance(_ endpoints: [EndpointTarget], local: Bool) -> FrontendAction {
      .balance(
        slots: FrontendAction.slots(for: endpoints.count), local: local, sticky: service.affinitySeconds > 0)
    }
    guard !selection.cluster.isEmpty || (service.externalLocal && !selection.local.isEmpty) else {
      return Frontend(action: .reject, masquerade: masquerade)
    }
    guard service.externalLocal else {
      var frontend = Frontend(
        action: balance(selection.cluster, local: false), masquerade: masquerade, endpoints: selection.cluster)
      frontend.stickySeconds = service.affinitySeconds
      return frontend
    }
    var frontend = Frontend(
      action: .external, masquerade: masquerade, endpoints: selection.cluster,
      localEndpoints: selection.local)
    frontend.stickySeconds = service.affinitySeconds
    frontend.wide = selection.cluster.isEmpty ? .reject : balance(selection.cluster, local: false)
    frontend.near = selection.local.isEmpty ? .drop : balance(selection.local, local: true)
    return frontend
  }

  /// The same for those whose address lies in the ranges only. Ranges of the other family alone let nobody in.
  private static func guarded(_ frontend: Frontend, _ ranges: [IPPrefix]?, _ family: IPAddress.Family) -> Frontend {
    guard let ranges else { return frontend }
    let own = ranges.filter { $0.family == family }
    guard !own.contains(where: { $0.length == 0 }) else { return frontend }
    var guarded = frontend
    guarded.sourceRanges = own
    return guarded
  }
}
