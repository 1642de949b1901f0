import KubeAPI
import Netlink

@testable import NetAgent

/// What the two APIs say about one packet, as plainly as it can be written: no index, no numbers, the objects as they came.
struct PolicyReference {
  var world: PolicyWorld

  func allows(_ probe: PolicyProbe) -> Bool {
    let source = world.pod(at: probe.source)
    let destination = world.pod(at: probe.destination)
    // A pod always reaches itself.
    if probe.source == probe.destination, source != nil { return true }
    if let source, source.isLocal, !allows("egress", source, destination, probe.destination, probe) { return false }
    if let destination, destination.isLocal, !allows("ingress", destination, source, probe.source, probe) {
      return false
    }
    return true
  }

  private func allows(
    _ direction: String, _ pod: PolicyWorld.Pod, _ peer: PolicyWorld.Pod?, _ address: IPAddress, _ probe: PolicyProbe
  ) -> Bool {
    let target = direction == "ingress" ? pod : peer
    switch decision("Admin", direction, pod, peer, address, target, probe) {
    case "Accept": return true
    case "Deny": return false
    default: break
    }
    var isIsolated = false
    for (key, policy) in world.networkPolicies where key.namespace == pod.key.namespace {
      let spec = policy["spec"] ?? [:]
      guard matches(spec["podSelector"] ?? [:], pod.labels), types(spec).contains(direction) else { continue }
      isIsolated = true
      for rule in spec[direction]?.arrayValue ?? [] {
        let peers = rule[direction == "ingress" ? "from" : "to"]?.arrayValue ?? []
        let ports = rule["ports"]?.arrayValue ?? []
        let hasPeer = peers.isEmpty || peers.contains { isPeer($0, key.namespace, peer, address) }
        let hasPort = ports.isEmpty || ports.contains { isPort($0, target, probe) }
        if hasPeer, hasPort { return true }
      }
    }
    if isIsolated { return false }
    return decision("Baseline", direction, pod, peer, address, target, probe) != "Deny"
  }

  private func types(_ spec: JSONValue) -> [String] {
    let types = (spec["policyTypes"]?.arrayValue ?? []).compactMap { $0.stringValue?.lowercased() }
    if !types.isEmpty { return types }
    return (spec["egress"]?.arrayValue ?? []).isEmpty ? ["ingress"] : ["ingress", "egress"]
  }

  private func isPeer(
    _ json: JSONValue, _ namespace: String, _ peer: PolicyWorld.Pod?, _ address: IPAddress
  ) -> Bool {
    if let block = json["ipBlock"] {
      guard isIn(address, block["cidr"]) else { return false }
      return !(block["except"]?.arrayValue ?? []).contains { isIn(address, $0) }
    }
    guard let peer else { return false }
    if let selector = json["namespaceSelector"] {
      guard matches(selector, world.namespaces[peer.key.namespace] ?? [:]) else { return false }
    } else if peer.key.namespace != namespace {
      return false
    }
    return json["podSelector"].map { matches($0, peer.labels) } ?? true
  }

  private func isIn(_ address: IPAddress, _ cidr: JSONValue?) -> Bool {
    cidr?.stringValue.flatMap { IPPrefix($0) }?.contains(address) ?? false
  }

  private func isPort(_ json: JSONValue, _ target: PolicyWorld.Pod?, _ probe: PolicyProbe) -> Bool {
    let numbers: [String: UInt8] = ["TCP": 6, "UDP": 17, "SCTP": 132]
    guard numbers[json["protocol"]?.stringValue ?? "TCP"] == probe.transport else { return false }
    guard let port = json["port"] else { return true }
    if let name = port.stringValue {
      return (target?.ports ?? []).contains {
        $0.name == name && $0.transport.rawValue == probe.transport && $0.port == probe.port
      }
    }
    let first = port.integerValue ?? 0
    return (first...(json["endPort"]?.integerValue ?? first)).contains(Int64(probe.port))
  }

  /// What the first matching rule of a tier says; nil for none.
  private func decision(
    _ tier: String, _ direction: String, _ pod: PolicyWorld.Pod, _ peer: PolicyWorld.Pod?, _ address: IPAddress,
    _ target: PolicyWorld.Pod?, _ probe: PolicyProbe
  ) -> String? {
    let policies = world.clusterPolicies.filter { $0.value[path: "spec", "tier"]?.stringValue == tier }.sorted {
      let (left, right) = ($0.value[path: "spec", "priority"], $1.value[path: "spec", "priority"])
      return (left?.integerValue ?? 0, $0.key) < (right?.integerValue ?? 0, $1.key)
    }
    for (_, policy) in policies where isMeant(policy[path: "spec", "subject"] ?? [:], pod) {
      for rule in policy["spec"]?[direction]?.arrayValue ?? [] {
        let peers = rule[direction == "ingress" ? "from" : "to"]?.arrayValue ?? []
        let isPeer = peers.contains { json in
          if let networks = json["networks"]?.arrayValue { return networks.contains { isIn(address, $0) } }
          return peer.map { isMeant(json, $0) } ?? false
        }
        let protocols = rule["protocols"]?.arrayValue ?? []
        if isPeer, protocols.isEmpty || protocols.contains(where: { isProtocol($0, target, probe) }) {
          return rule["action"]?.stringValue
        }
      }
    }
    return nil
  }

  private func isMeant(_ json: JSONValue, _ pod: PolicyWorld.Pod) -> Bool {
    let labels = world.namespaces[pod.key.namespace] ?? [:]
    if let namespaces = json["namespaces"] { return matches(namespaces, labels) }
    guard let pods = json["pods"] else { return false }
    return matches(pods["namespaceSelector"] ?? [:], labels) && matches(pods["podSelector"] ?? [:], pod.labels)
  }

  private func isProtocol(_ json: JSONValue, _ target: PolicyWorld.Pod?, _ probe: PolicyProbe) -> Bool {
    if let name = json["destinationNamedPort"]?.stringValue {
      return (target?.ports ?? []).contains {
        $0.name == name && $0.transport.rawValue == probe.transport && $0.port == probe.port
      }
    }
    for (name, number) in [("tcp", UInt8(6)), ("udp", 17), ("sctp", 132)] where probe.transport == number {
      guard let part = json[name] else { continue }
      guard let port = part["destinationPort"] else { return true }
      if let range = port["range"] {
        return (range["start"]?.integerValue ?? 0)...(range["end"]?.integerValue ?? 0) ~= Int64(probe.port)
      }
      return port["number"]?.integerValue == Int64(probe.port)
    }
    return false
  }

  private func matches(_ selector: JSONValue, _ labels: [String: String]) -> Bool {
    for (key, value) in selector["matchLabels"]?.objectValue ?? JSONObject() where labels[key] != value.stringValue {
      return false
    }
    for expression in selector["matchExpressions"]?.arrayValue ?? [] {
      let value = labels[expression["key"]?.stringValue ?? ""]
      let isListed = (expression["values"]?.arrayValue ?? []).contains { $0.stringValue == value && value != nil }
      switch expression["operator"]?.stringValue {
      case "In": if !isListed { return false }
      case "NotIn": if isListed { return false }
      case "Exists": if value == nil { return false }
      case "DoesNotExist": if value != nil { return false }
      default: return false
      }
    }
    return true
  }
}
