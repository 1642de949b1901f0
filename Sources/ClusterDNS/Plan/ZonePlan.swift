import KubeAPI
import Netlink

/// Which names and records follow from what the cluster says (Kubernetes DNS specification 1.1.0).
struct ZonePlanner: Sendable {
  let zone: WireName
  let services: WireName
  let pods: WireName
  let podNames: PodNames

  /// `nil` where the zone's name is too long to have names below it.
  init?(zone: WireName, podNames: PodNames) {
    guard let services = zone.prepending("svc"), let pods = zone.prepending("pod") else { return nil }
    self.zone = zone
    self.services = services
    self.pods = pods
    self.podNames = podNames
  }

  /// The names that are there whatever the cluster holds.
  /// - Parameter servers: the addresses at which this server is asked.
  func base(servers: [IPAddress]) -> ZoneChanges {
    var changes = ZoneChanges()
    changes.names[zone] = NameRecords(isApex: true)
    changes.names[services] = NameRecords()
    if podNames != .disabled { changes.names[pods] = NameRecords() }
    if let version = zone.prepending("dns-version") { changes.names[version] = NameRecords(text: ["1.1.0"]) }
    if let dns = zone.prepending("dns"), let server = dns.prepending("ns") {
      changes.names[dns] = NameRecords()
      var records = NameRecords()
      for address in servers { records.append(address) }
      changes.names[server] = records
    }
    return changes
  }

  /// What one part of the state asks for. Names belong to one part alone; PTR records of one address may come from
  /// several.
  struct Part: Sendable, Equatable {
    struct Pointer: Sendable, Hashable {
      var address: IPAddress
      var target: WireName
    }

    var names: [WireName: NameRecords] = [:]
    var pointers: Set<Pointer> = []
  }

  /// All that the touched services and namespaces ask for.
  func plan(_ touched: ClusterState.Touched, _ state: ClusterState) -> Part {
    var part = Part()
    for key in touched.services { planService(key, state, into: &part) }
    for name in touched.namespaces {
      if state.hasNamespace(name), let owner = services.prepending(name) { part.names[owner] = NameRecords() }
      if podNames != .disabled, state.namespaces.contains(name), let owner = pods.prepending(name) {
        part.names[owner] = NameRecords(isPodNamespace: true)
      }
    }
    for pod in touched.pods where state.hasPod(pod) && podNames == .verified {
      guard let owner = pods.prepending(pod.namespace)?.prepending(pod.address.dashed) else { continue }
      part.names[owner, default: NameRecords()].append(pod.address)
    }
    return part
  }

  /// What turns one part into another.
  static func diff(_ before: Part, _ after: Part) -> ZoneChanges {
    var changes = ZoneChanges()
    for (name, records) in after.names where before.names[name] != records { changes.names[name] = records }
    for name in before.names.keys where after.names[name] == nil { changes.names.updateValue(nil, forKey: name) }
    for pointer in after.pointers.subtracting(before.pointers) {
      changes.pointers[pointer.address.reverseName, default: .init()].added.insert(pointer.target)
    }
    for pointer in before.pointers.subtracting(after.pointers) {
      changes.pointers[pointer.address.reverseName, default: .init()].removed.insert(pointer.target)
    }
    return changes
  }
}
