import KubeAPI

/// What a pod may ask about itself: fields of its object and the resources of its containers.
struct DownwardFields {
  var pod: Pod
  var podIPs: [String] = []
  var hostIPs: [String] = []
  var nodeName: String
  /// The node's allocatable amounts stand in for limits that are not set.
  var allocatable: [String: Quantity] = [:]

  /// - Throws: ``KubeletError`` for a field that cannot be asked for.
  func value(ofField path: String) throws -> String {
    let metadata = pod.metadata
    switch path {
    case "metadata.name": return metadata.name ?? ""
    case "metadata.namespace": return metadata.namespace ?? ""
    case "metadata.uid": return metadata.uid ?? ""
    case "metadata.labels": return Self.lines(metadata.labels)
    case "metadata.annotations": return Self.lines(metadata.annotations)
    case "spec.nodeName": return nodeName
    case "spec.serviceAccountName": return pod.spec.serviceAccountName ?? "default"
    case "status.hostIP": return hostIPs.first ?? ""
    case "status.hostIPs": return hostIPs.joined(separator: ",")
    case "status.podIP": return podIPs.first ?? ""
    case "status.podIPs": return podIPs.joined(separator: ",")
    default: break
    }
    for (prefix, map) in [("metadata.labels['", metadata.labels), ("metadata.annotations['", metadata.annotations)]
    where path.hasPrefix(prefix) && path.hasSuffix("']") {
      return map[String(path.dropFirst(prefix.count).dropLast(2))] ?? ""
    }
    throw KubeletError("fieldPath \(path) is not supported")
  }

  /// `key="value"` a line, sorted by key, values quoted as Go quotes strings.
  static func lines(_ map: [String: String]) -> String {
    map.sorted { $0.key < $1.key }.map { "\($0.key)=\(JSONValue.string($0.value).text)" }.joined(separator: "\n")
  }

  func value(ofResource selector: ResourceFieldSelector, in container: Container?) throws -> String {
    let spec = pod.spec
    let named = selector.containerName.flatMap { name in
      (spec.containers + spec.initContainers).first { $0.name == name }
    }
    guard let target = named ?? container else {
      throw KubeletError("container \(selector.containerName ?? "") not found")
    }
    let resource = selector.resource ?? ""
    let parts = resource.split(separator: ".", maxSplits: 1).map { String($0) }
    guard parts.count == 2, parts[0] == "limits" || parts[0] == "requests" else {
      throw KubeletError("unsupported container resource: \(resource)")
    }
    let limits = target.resources?.limits ?? [:]
    let requests = target.resources?.requests ?? [:]
    let amount: Quantity?
    if parts[0] == "limits" {
      amount = limits[parts[1]] ?? allocatable[parts[1]]
    } else {
      amount = requests[parts[1]] ?? limits[parts[1]]
    }
    let milli = amount?.milliValue ?? 0
    let divisor = selector.divisor.map(\.milliValue) ?? 0
    guard parts[1] == "cpu" else {
      let unit = divisor > 0 ? divisor / 1000 : 1
      let value = amount?.value ?? 0
      return String(unit > 0 ? (value + unit - 1) / unit : value)
    }
    let unit = divisor > 0 ? divisor : 1000
    return String((milli + unit - 1) / unit)
  }
}
