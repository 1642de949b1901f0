import KubeAPI
import Netlink

extension ZonePlanner {
  func planService(_ key: ObjectKey, _ state: ClusterState, into part: inout Part) {
    guard let facts = state.services[key], let owner = services.prepending(key.namespace)?.prepending(key.name)
    else { return }
    switch facts.kind {
    case .alias(let name):
      // A target that is no name at all is left without records: the service then does not exist in DNS.
      guard let target = WireName(name), target.bytes.count > 1 else { return }
      part.names[owner] = NameRecords(alias: target)
    case .addressed(let addresses):
      planAddressed(owner, facts, addresses, into: &part)
      planEndpointNames(owner, state.slices(of: key), onlyNamed: true, into: &part)
    case .headless:
      planHeadless(owner, state.slices(of: key), into: &part)
    }
  }

  private func planAddressed(
    _ owner: WireName, _ facts: ServiceFacts, _ addresses: [IPAddress], into part: inout Part
  ) {
    var records = NameRecords()
    for address in addresses {
      records.append(address)
      part.pointers.insert(Part.Pointer(address: address, target: owner))
    }
    let glue = records
    func target(_ ports: [UInt16]) -> NameRecords.ServiceTarget {
      NameRecords.ServiceTarget(label: "", ports: ports, v4: glue.v4, v6: glue.v6)
    }
    if !facts.ports.isEmpty { records.targets = [target(facts.ports.map(\.number))] }
    part.names[owner] = records
    for (port, numbers) in Self.named(facts.ports) {
      planPort(owner, port, [target(numbers)], into: &part)
    }
  }

  private func planHeadless(_ owner: WireName, _ slices: [SliceFacts], into part: inout Part) {
    let endpoints = planEndpointNames(owner, slices, onlyNamed: false, into: &part)
    guard !endpoints.isEmpty else { return }
    var records = NameRecords()
    for slice in slices { for endpoint in slice.endpoints { records.append(unique: endpoint.address) } }
    records.v4 = Array(Set(records.v4)).sorted()
    records.v6 = Array(Set(records.v6)).sorted()
    var all: [String: Set<UInt16>] = [:]
    var byPort: [PortName: [String: Set<UInt16>]] = [:]
    for slice in slices {
      for endpoint in slice.endpoints {
        let label = endpoint.label
        guard endpoints[label] != nil else { continue }
        for port in slice.ports {
          all[label, default: []].insert(port.number)
          guard !port.name.isEmpty else { continue }
          byPort[PortName(name: port.name, protocol: port.protocol), default: [:]][label, default: []]
            .insert(port.number)
        }
      }
    }
    func targets(_ ports: [String: Set<UInt16>]) -> [NameRecords.ServiceTarget] {
      ports.sorted { $0.key < $1.key }.map { label, numbers in
        NameRecords.ServiceTarget(
          label: label, ports: numbers.sorted(), v4: endpoints[label]?.v4 ?? [], v6: endpoints[label]?.v6 ?? [])
      }
    }
    records.targets = targets(all)
    part.names[owner] = records
    for (port, labels) in byPort { planPort(owner, port, targets(labels), into: &part) }
  }

  /// The names of endpoints below a service, and their PTR records. Returns the records by label.
  ///
  /// A headless service names all its endpoints. One with an address names those that have a host name.
  @discardableResult
  private func planEndpointNames(
    _ owner: WireName, _ slices: [SliceFacts], onlyNamed: Bool, into part: inout Part
  ) -> [String: NameRecords] {
    var endpoints: [String: NameRecords] = [:]
    var seen: Set<SliceFacts.Endpoint> = []
    for slice in slices {
      for endpoint in slice.endpoints where !onlyNamed || endpoint.hostname != nil {
        guard seen.insert(endpoint).inserted, let name = owner.prepending(endpoint.label) else { continue }
        endpoints[endpoint.label, default: NameRecords()].append(unique: endpoint.address)
        part.pointers.insert(Part.Pointer(address: endpoint.address, target: name))
      }
    }
    for (label, records) in endpoints {
      guard let name = owner.prepending(label) else { continue }
      var records = records
      records.v4.sort()
      records.v6.sort()
      endpoints[label] = records
      part.names[name] = records
    }
    return endpoints
  }

  private struct PortName: Hashable {
    var name: String
    var `protocol`: String
  }

  /// The numbers of each named port.
  private static func named(_ ports: [PortFacts]) -> [PortName: [UInt16]] {
    var named: [PortName: [UInt16]] = [:]
    for port in ports where !port.name.isEmpty {
      named[PortName(name: port.name, protocol: port.protocol), default: []].append(port.number)
    }
    return named
  }

  /// `_port._proto.<owner>` with its SRV records, and the name between the two. A port whose name leaves no room for
  /// the underscore has no SRV name.
  private func planPort(
    _ owner: WireName, _ port: PortName, _ targets: [NameRecords.ServiceTarget], into part: inout Part
  ) {
    guard let transport = owner.prepending("_" + port.protocol), let name = transport.prepending("_" + port.name)
    else { return }
    part.names[transport] = NameRecords()
    part.names[name] = NameRecords(targets: targets, targetOffset: name.bytes.count - owner.bytes.count)
  }
}

extension SliceFacts.Endpoint {
  /// The label under which the endpoint stands below its service.
  var label: String { hostname ?? address.dashed }
}

extension NameRecords {
  /// Like `append`, where the caller knows that the address is new or removes duplicates itself.
  fileprivate mutating func append(unique address: IPAddress) {
    if address.isIPv4 { v4.append(UInt32(truncatingIfNeeded: address.number)) } else { v6.append(address) }
  }
}
