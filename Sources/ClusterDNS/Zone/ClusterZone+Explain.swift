import KubeAPI
import Netlink

extension ClusterZone {
  /// What the zone is at, in a line.
  var summary: String {
    isSynced ? "\(size.names) names, serial \(serial)" : "waiting for \(unsynced.joined(separator: ", "))"
  }

  /// The objects that a name comes from, or that it lacks; none for a name that no object could have.
  func explain(_ name: WireName) -> [String] {
    let labels = name.labels
    let below = labels.count - planner.zone.labels.count
    guard name.isWithin(planner.zone) else { return pointers(name) }
    switch below {
    case 0: return ["the zone's own name"]
    case _ where labels[below - 1] == "svc" && below >= 2:
      let namespace = labels[below - 2]
      if below == 2 { return [state.hasNamespace(namespace) ? "Namespace \(namespace)" : "no Namespace \(namespace)"] }
      return explainService(ObjectKey(namespace: namespace, name: labels[below - 3]), Array(labels[..<(below - 3)]))
    case _ where labels[below - 1] == "pod" && below >= 2:
      let namespace = labels[below - 2]
      guard state.namespaces.contains(namespace) else { return ["no Namespace \(namespace)"] }
      return ["Namespace \(namespace), names of pods are \(planner.podNames.rawValue)"]
    default: return ["no object has such a name"]
    }
  }

  private func explainService(_ key: ObjectKey, _ first: [String]) -> [String] {
    guard let facts = state.services[key] else {
      return ["no Service \(key)"] + (state.hasNamespace(key.namespace) ? [] : ["no Namespace \(key.namespace)"])
    }
    var lines: [String]
    switch facts.kind {
    case .alias(let target): return ["Service \(key): ExternalName \(target)"]
    case .headless: lines = ["Service \(key): headless"]
    case .addressed(let addresses):
      lines = ["Service \(key): ClusterIP \(addresses.map(\.description).joined(separator: ", "))"]
    }
    let ports = facts.ports.map { "\($0.name.isEmpty ? "-" : $0.name) \($0.number)/\($0.protocol)" }
    if !ports.isEmpty { lines.append("  ports \(ports.joined(separator: ", "))") }
    for (name, slice) in state.namedSlices(of: key) {
      lines.append("EndpointSlice \(key.namespace)/\(name): \(slice.endpoints.count) ready endpoints")
      if let label = first.last, !label.hasPrefix("_") {
        for endpoint in slice.endpoints where endpoint.label == label {
          lines.append("  \(label) is \(endpoint.address)")
        }
      }
    }
    return lines
  }

  /// Who has an address whose reverse name it is.
  private func pointers(_ name: WireName) -> [String] {
    (table.find(name)?.pointerNames ?? []).map { "the address is that of \($0)" }
  }
}

extension WireName {
  /// From the first to the one before the root.
  var labels: [String] { description.split(separator: ".").map(String.init) }
}
