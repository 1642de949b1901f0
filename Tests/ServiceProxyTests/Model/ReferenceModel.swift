import KubeAPI
import Netlink
import ServiceProxy

/// What Kubernetes says must become of a packet, put as plainly as it can be: no state is kept, everything is looked
/// through for every packet. It shares nothing with the plan but the definitions of Services and EndpointSlices.
struct ReferenceModel {
  var services: [ObjectKey: ServiceDefinition]
  var slices: [ObjectKey: EndpointSliceDefinition]
  var zone: String?
  var options: Ruleset.Options

  init(_ state: ProxyState, _ options: Ruleset.Options) {
    services = state.services
    slices = state.slices
    zone = state.zone
    self.options = options
  }

  // MARK: Packets

  func outcomes(of packet: Packet, nodeAddresses: Set<IPAddress>) -> Set<Outcome> {
    if let (key, service, port, place) = claim(packet.destination, packet.transport, packet.port) {
      return outcomes(of: packet, to: service, key, port, place)
    }
    if services.values.contains(where: { $0.clusterIPs.contains(packet.destination) }) { return [.rejected] }
    if options.serviceCIDRs.contains(where: { $0.contains(packet.destination) }) { return [.dropped] }
    guard nodeAddresses.contains(packet.destination), isForNodePorts(packet.destination),
      let (key, service, port) = nodePort(packet.family, packet.transport, packet.port)
    else { return [.untouched] }
    return outcomes(of: packet, to: service, key, port, .nodePort)
  }

  enum Place {
    case clusterIP
    case externalIP
    case loadBalancer
    case nodePort
  }

  /// Of several Services that want an address and port, the first by name has it.
  private func claim(
    _ address: IPAddress, _ transport: Transport, _ number: UInt16
  ) -> (ObjectKey, ServiceDefinition, ServiceDefinition.Port, Place)? {
    for (key, service) in services.sorted(by: { $0.key < $1.key }) where service.families.contains(address.family) {
      guard let port = service.ports.first(where: { $0.transport == transport && $0.port == number }) else { continue }
      if service.loadBalancerIPs.contains(address) { return (key, service, port, .loadBalancer) }
      if service.externalIPs.contains(address) { return (key, service, port, .externalIP) }
      if service.clusterIPs.contains(address) { return (key, service, port, .clusterIP) }
    }
    return nil
  }

  private func nodePort(
    _ family: IPAddress.Family, _ transport: Transport, _ number: UInt16
  ) -> (ObjectKey, ServiceDefinition, ServiceDefinition.Port)? {
    for (key, service) in services.sorted(by: { $0.key < $1.key }) where service.families.contains(family) {
      if let port = service.ports.first(where: { $0.transport == transport && $0.nodePort == number && number != 0 }) {
        return (key, service, port)
      }
    }
    return nil
  }

  private func isForNodePorts(_ address: IPAddress) -> Bool {
    guard !address.isLoopback else { return false }
    return options.nodePortAddresses.isEmpty || options.nodePortAddresses.contains { $0.contains(address) }
  }

  private func outcomes(
    of packet: Packet, to service: ServiceDefinition, _ key: ObjectKey, _ port: ServiceDefinition.Port, _ place: Place
  ) -> Set<Outcome> {
    let endpoints = Endpoints(slices.values.filter { $0.service == key }, port, packet.family, zone)
    if place == .loadBalancer, let ranges = service.sourceRanges,
      !ranges.contains(where: { $0.contains(packet.source) })
    {
      return [.dropped]
    }
    if endpoints.cluster.isEmpty { return [.rejected] }
    let chosen: Set<EndpointTarget>
    let isMasqueraded: Bool
    if place == .clusterIP {
      chosen = service.internalLocal ? endpoints.local : endpoints.cluster
      isMasqueraded = options.masqueradeAll || !isFromPod(packet)
    } else if !service.externalLocal {
      chosen = endpoints.cluster
      isMasqueraded = true
    } else if isFromPod(packet) || packet.origin == .node {
      chosen = endpoints.cluster
      isMasqueraded = packet.origin == .node
    } else {
      chosen = endpoints.local
      isMasqueraded = false
    }
    guard !chosen.isEmpty else { return [.dropped] }
    return Set(chosen.map { .delivered($0, masqueraded: isMasqueraded || $0.address == packet.source) })
  }

  /// By what pods are known; without anything to know them by, all are taken for pods where it concerns ClusterIPs.
  private func isFromPod(_ packet: Packet) -> Bool {
    switch options.localDetector {
    case .clusterCIDRs: options.clusterCIDRs.contains { $0.contains(packet.source) }
    case .bridge(let name): packet.interface == name
    case .interfacePrefix(let name): packet.interface?.hasPrefix(name) == true
    }
  }

  // MARK: Endpoints

  /// The endpoints of a port that may be used, for the policies Cluster and Local.
  struct Endpoints {
    private(set) var cluster: Set<EndpointTarget> = []
    private(set) var local: Set<EndpointTarget> = []

    private struct Known {
      var target: EndpointTarget
      var definition: EndpointDefinition
      func has(_ conditions: EndpointDefinition.Conditions) -> Bool { definition.conditions.isSuperset(of: conditions) }
    }

    init(
      _ slices: [EndpointSliceDefinition], _ port: ServiceDefinition.Port, _ family: IPAddress.Family, _ zone: String?
    ) {
      var all: [EndpointTarget: [Known]] = [:]
      for slice in slices where slice.family == family {
        for served in slice.ports where served.name == port.name && served.transport == port.transport {
          for definition in slice.endpoints {
            let target = EndpointTarget(definition.address, served.port)
            all[target, default: []].append(Known(target: target, definition: definition))
          }
        }
      }
      // The same address and port in several slices: one that does not terminate, and of those one that is ready here.
      let known = all.values.compactMap { duplicates in
        duplicates.max { left, right in Self.worth(left) < Self.worth(right) }
      }
      let ready = known.filter { $0.has(.ready) }
      let isEndingButServes = known.filter { $0.has([.serving, .terminating]) }
      cluster = Self.targets(ready.isEmpty ? isEndingButServes : Self.near(ready, zone))
      let readyHere = ready.filter { $0.has(.local) }
      local = Self.targets(readyHere.isEmpty ? isEndingButServes.filter { $0.has(.local) } : readyHere)
    }

    private static func worth(_ known: Known) -> Int {
      (known.has(.terminating) ? 0 : 4) + (known.has(.ready) ? 2 : 0) + (known.has(.local) ? 1 : 0)
    }

    private static func targets(_ known: [Known]) -> Set<EndpointTarget> { Set(known.map(\.target)) }

    /// Hints for nodes, then for zones: heeded if every endpoint has one and some name this place.
    private static func near(_ ready: [Known], _ zone: String?) -> [Known] {
      let onThisNode = ready.filter { $0.has([.hasNodeHints, .hintsThisNode]) }
      if ready.allSatisfy({ $0.has(.hasNodeHints) }), !onThisNode.isEmpty { return onThisNode }
      let inThisZone = ready.filter { known in zone.map { known.definition.hintedZones.contains($0) } ?? false }
      if ready.allSatisfy({ !$0.definition.hintedZones.isEmpty }), !inThisZone.isEmpty { return inThisZone }
      return ready
    }
  }
}
