import KubeAPI
import Netlink
import ServiceProxy
import Testing

func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }
func prefix(_ text: String) throws -> IPPrefix { try #require(IPPrefix(text)) }

extension ProxyState {
  /// A Service with one slice.
  mutating func add(
    _ name: String, _ service: ServiceDefinition, endpoints: [EndpointDefinition], targetPort: UInt16 = 8080
  ) -> ObjectKey {
    let key = ObjectKey(namespace: "default", name: name)
    setService(key, service)
    let families = Set(endpoints.map(\.address.family))
    for family in families {
      setSlice(
        ObjectKey(namespace: "default", name: "\(name)-\(family)"),
        EndpointSliceDefinition(
          service: key, family: family,
          ports: service.ports.map { .init(name: $0.name, transport: $0.transport, port: targetPort) },
          endpoints: endpoints.filter { $0.address.family == family }))
    }
    return key
  }

  /// Many alike, as clusters have them: `10.96.x.y:80` to `10.244.x.y:8080`.
  static func synthetic(services: Int, endpoints: Int) -> ProxyState {
    var state = ProxyState()
    for index in 0..<services {
      let definition = ServiceDefinition(
        clusterIPs: [IPAddress(v4: 0x0a60_0001 + UInt32(index))], ports: [.init(port: 80)])
      let list = (0..<endpoints).map { number in
        EndpointDefinition(IPAddress(v4: 0x0af4_0001 + UInt32(index * endpoints + number)))
      }
      _ = state.add("service-\(index)", definition, endpoints: list)
    }
    return state
  }
}

extension ServiceProgrammer {
  /// Adopts and writes everything; the report of what was written.
  mutating func start(_ state: ProxyState) throws -> Report {
    try adopt(state)
    return flush()
  }
}
