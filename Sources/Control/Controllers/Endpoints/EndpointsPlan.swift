import KubeAPI

/// The older form of a service's endpoints: one object, addresses grouped by the ports they have.
enum EndpointsPlan {
  /// More addresses than this are left out, as upstream does; the slices have them all.
  static let limit = 1_000
  static let managedByLabel = "endpoints.kubernetes.io/managed-by"
  static let overCapacity = "endpoints.kubernetes.io/over-capacity"

  /// - Returns: the object to write, `nil` where the existing one is right.
  static func plan(_ service: KubeAPI.Service, _ wanted: ServiceEndpoints, existing: Endpoints?) -> Endpoints? {
    let family = wanted.families.first ?? "IPv4"
    var object = existing ?? Endpoints(service.metadata.name ?? "", in: service.metadata.namespace)
    var labels = ServiceEndpoints.labels(of: service)
    labels[managedByLabel] = "endpoint-controller"
    if object.metadata.labels != labels { object.metadata.labels = labels }
    var room = limit
    var subsets: [EndpointSubset] = []
    for (ports, members) in (wanted.members[family] ?? [:]).sorted(by: { order($0.key) < order($1.key) }) {
      let publishesAll = service.spec.publishNotReadyAddresses == true
      let listed = members.filter { publishesAll || $0.endpoint.conditions?.terminating != true }
      let ready = listed.filter { $0.endpoint.conditions?.ready == true }.prefix(room)
      room -= ready.count
      let others = listed.filter { $0.endpoint.conditions?.ready != true }.prefix(room)
      room -= others.count
      if ready.isEmpty, others.isEmpty { continue }
      subsets.append(
        EndpointSubset {
          $0.addresses = addresses(Array(ready))
          $0.notReadyAddresses = addresses(Array(others))
          $0.ports = ports.map { port in
            EndpointPort {
              if !port.name.isEmpty { $0.name = port.name }
              $0.port = port.number
              $0.protocol = port.transport
              $0.appProtocol = port.application
            }
          }
        })
    }
    if object.subsets != subsets { object.subsets = subsets }
    let isTruncated = (wanted.members[family] ?? [:]).values.reduce(0) { $0 + $1.count } > limit
    let mark = isTruncated ? "truncated" : nil
    if object.metadata.annotations[overCapacity] != mark { object.metadata.annotations[overCapacity] = mark }
    return object == existing ? nil : object
  }

  private static func addresses(_ members: [ServiceEndpoints.Member]) -> [EndpointAddress] {
    members.map { member in
      EndpointAddress {
        $0.ip = member.endpoint.addresses.first
        $0.hostname = member.endpoint.hostname
        $0.nodeName = member.endpoint.nodeName
        $0.targetRef = member.endpoint.targetRef
      }
    }
    .sorted { ($0.ip ?? "") < ($1.ip ?? "") }
  }

  private static func order(_ ports: [ServiceEndpoints.Port]) -> String {
    ports.map { "\($0.name)/\($0.transport)/\($0.number ?? 0)" }.joined(separator: ",")
  }
}
