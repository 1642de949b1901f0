import KubeAPI

/// Which EndpointSlices of a service have to change so that they hold its endpoints, with as few writes as possible:
/// an endpoint stays in its slice, and slices are filled up before new ones are made.
struct EndpointSlicePlan: Sendable {
  static let limit = 100
  static let managedByLabel = "endpointslice.kubernetes.io/managed-by"
  static let manager = "endpointslice-controller.k8s.io"

  var creations: [EndpointSlice] = []
  var updates: [EndpointSlice] = []
  var deletions: [EndpointSlice] = []

  /// A slice while it is planned.
  private struct Draft {
    var original: EndpointSlice?
    var ports: [ServiceEndpoints.Port]
    var endpoints: [Endpoint] = []
  }

  /// - Parameter existing: the service's slices that this controller manages.
  init(_ service: KubeAPI.Service, _ wanted: ServiceEndpoints, existing: [EndpointSlice]) {
    deletions = existing.filter { !wanted.families.contains($0.addressType ?? "") }
    for family in wanted.families {
      let slices = existing.filter { $0.addressType == family }.sorted { $0.key < $1.key }
      plan(service, family, wanted.members[family] ?? [:], slices)
    }
  }

  private mutating func plan(
    _ service: KubeAPI.Service, _ family: String, _ members: [[ServiceEndpoints.Port]: [ServiceEndpoints.Member]],
    _ slices: [EndpointSlice]
  ) {
    var left: [[ServiceEndpoints.Port]: [String: Endpoint]] = [:]
    for (ports, list) in members {
      left[ports] = Dictionary(list.map { ($0.uid, $0.endpoint) }) { first, _ in first }
    }
    // What is there stays where it is.
    var drafts = slices.map { slice in
      var draft = Draft(original: slice, ports: Self.ports(of: slice))
      for endpoint in slice.endpoints {
        if let uid = endpoint.targetRef?.uid, let now = left[draft.ports]?.removeValue(forKey: uid) {
          draft.endpoints.append(now)
        }
      }
      return draft
    }
    // What is new goes into slices of the same ports, then into ones that have become empty, then into new ones.
    for ports in left.keys.sorted(by: { Self.order($0) < Self.order($1) }) {
      var rest = (left[ports] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
      func fill(_ index: Int) {
        let room = Self.limit - drafts[index].endpoints.count
        drafts[index].endpoints += rest.prefix(room)
        rest.removeFirst(min(room, rest.count))
      }
      let partly = drafts.indices.filter { drafts[$0].ports == ports && drafts[$0].endpoints.count < Self.limit }
      for index in partly.sorted(by: { drafts[$0].endpoints.count > drafts[$1].endpoints.count }) where !rest.isEmpty {
        fill(index)
      }
      while !rest.isEmpty {
        if let index = drafts.firstIndex(where: { $0.endpoints.isEmpty }) {
          drafts[index].ports = ports
          fill(index)
        } else {
          drafts.append(Draft(original: nil, ports: ports))
          fill(drafts.count - 1)
        }
      }
    }
    // A service without endpoints has one empty slice, which tells that there are none.
    let full = drafts.filter { !$0.endpoints.isEmpty }
    let empty = drafts.filter { $0.endpoints.isEmpty }
    var kept = full
    var dropped = empty
    if full.isEmpty {
      var placeholder = empty.first ?? Draft(original: nil, ports: [])
      placeholder.ports = []
      kept = [placeholder]
      dropped = Array(empty.dropFirst())
    }
    deletions += dropped.compactMap(\.original)
    for draft in kept { settle(draft, service, family) }
  }

  private mutating func settle(_ draft: Draft, _ service: KubeAPI.Service, _ family: String) {
    var slice = draft.original ?? EndpointSlice()
    let name = service.metadata.name ?? ""
    var labels = ServiceEndpoints.labels(of: service)
    labels[CacheSet.serviceNameLabel] = name
    labels[Self.managedByLabel] = Self.manager
    if slice.metadata.labels != labels { slice.metadata.labels = labels }
    if slice.endpoints != draft.endpoints || slice.json["endpoints"] == nil {
      slice.json["endpoints"] = .array(draft.endpoints.map(\.json))
    }
    if draft.original == nil || Self.ports(of: slice) != draft.ports {
      slice.json["ports"] = .array(
        draft.ports.map { port in
          let view = DiscoveryEndpointPort {
            $0.name = port.name
            $0.protocol = port.transport
            $0.port = port.number
            $0.appProtocol = port.application
          }
          return view.json
        })
    }
    guard draft.original == nil else {
      if slice != draft.original { updates.append(slice) }
      return
    }
    slice.addressType = family
    slice.metadata.generateName = "\(name)-"
    slice.metadata.namespace = service.metadata.namespace
    slice.metadata.ownerReferences = [OwnerReference(controller: service)]
    creations.append(slice)
  }

  private static func ports(of slice: EndpointSlice) -> [ServiceEndpoints.Port] {
    slice.ports.map {
      ServiceEndpoints.Port(
        name: $0.name ?? "", transport: $0.protocol ?? "TCP", number: $0.port, application: $0.appProtocol)
    }
  }

  private static func order(_ ports: [ServiceEndpoints.Port]) -> String {
    ports.map { "\($0.name)/\($0.transport)/\($0.number ?? 0)" }.joined(separator: ",")
  }
}
