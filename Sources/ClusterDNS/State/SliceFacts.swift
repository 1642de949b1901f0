import KubeAPI
import Netlink

/// What DNS needs to know of an EndpointSlice: the ready endpoints of one Service.
struct SliceFacts: Sendable, Hashable {
  struct Endpoint: Sendable, Hashable {
    var address: IPAddress
    var hostname: String?
  }

  /// The Service's name, in the slice's own namespace.
  var service: String
  var endpoints: [Endpoint]
  var ports: [PortFacts]
}

extension SliceFacts {
  /// `nil` for a slice that belongs to no Service or holds names in place of addresses.
  ///
  /// A condition that is not told counts as ready (EndpointConditions, discovery.k8s.io/v1); a Service that publishes
  /// unready addresses has them told as ready by the controller.
  init?(_ slice: EndpointSlice) {
    guard let service = slice.metadata.labels["kubernetes.io/service-name"], !service.isEmpty,
      slice.addressType != "FQDN"
    else { return nil }
    var endpoints: [Endpoint] = []
    for endpoint in slice.endpoints where endpoint.conditions?.ready ?? true {
      let hostname = endpoint.hostname.flatMap { $0.isEmpty ? nil : $0.lowercased() }
      for text in endpoint.addresses {
        guard let address = IPAddress(text) else { continue }
        endpoints.append(Endpoint(address: address, hostname: hostname))
      }
    }
    let ports = slice.ports.compactMap { port -> PortFacts? in
      guard let number = port.port.flatMap({ UInt16(exactly: $0) }) else { return nil }
      return PortFacts(name: port.name ?? "", protocol: (port.protocol ?? "TCP").lowercased(), number: number)
    }
    self.init(service: service, endpoints: endpoints, ports: ports)
  }
}
