import KubeAPI
import Netlink

extension ProxyState {
  /// How many of a Service's endpoints run on this node and are ready, as load balancers are told.
  ///
  /// One that serves several ports counts once, and one that has addresses of both families, too. Those that only
  /// end do not count: a node that has no other shall get no new connections.
  func localReadyCount(of service: ObjectKey) -> Int {
    guard let ports = services[service]?.ports else { return 0 }
    var ready: [IPAddress.Family: Set<IPAddress>] = [:]
    for slice in slices(of: service) where slice.serves(ports) {
      for endpoint in slice.endpoints where endpoint.conditions.isSuperset(of: [.ready, .local]) {
        ready[slice.family, default: []].insert(endpoint.address)
      }
    }
    return ready.values.map(\.count).max() ?? 0
  }
}

extension EndpointSliceDefinition {
  fileprivate func serves(_ wanted: [ServiceDefinition.Port]) -> Bool {
    ports.contains { port in wanted.contains { $0.name == port.name && $0.transport == port.transport } }
  }
}
