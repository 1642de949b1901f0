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
  /// - Parameter namesByPod: whether an endpoint without a host name is named after its pod.
  init?(_ slice: EndpointSlice, namesByPod: Bool = false) {
    guard let service = slice.metadata.labels["kubernetes.io/service-name"], !service.isEmpty,
      slice.addressType != "FQDN"
    else { return nil }
    var endpoints: [Endpoint] = []
    for endpoint in slice.endpoints where endpoint.conditions?.ready ?? true {
      var hostname = endpoint.hostname.flatMap { $0.isEmpty ? nil : $0.lowercased() }
      if hostname == nil, namesByPod, let target = endpoint.targetRef, target.kind == "Pod" {
        // A pod's name may have dots (it is a subdomain), which an endpoint's name may not.
        hostname = target.name.flatMap { $0.isEmpty || $0.utf8.count > 63 || $0.contains(".") ? nil : $0 }
      }
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
