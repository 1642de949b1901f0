import KubeAPI
import ServiceProxy

extension ServiceExplanation {
  /// For people.
  var lines: [String] {
    let place = zone.map { "\(node) in zone \($0)" } ?? node
    guard let definition else { return ["Service \(service) on \(place): nothing is programmed, for \(why)"] }
    var lines = ["Service \(service) on \(place)"]
    if definition.internalLocal { lines.append("internalTrafficPolicy Local: only endpoints of this node from within") }
    if definition.externalLocal {
      lines.append("externalTrafficPolicy Local: only endpoints of this node from outside")
    }
    lines += problems.map { "left out: \($0)" }
    lines.append("")
    var rows = [["FRONTEND", "KIND", "KERNEL", "CLIENTS BOUND", "NEW CONNECTIONS"]]
    for frontend in frontends {
      rows.append([
        "\(frontend.key)", frontend.kind, frontend.differences.isEmpty ? "as it should be" : "differs",
        "\(frontend.kernel?.boundClients ?? 0)", frontend.wanted.summary,
      ])
    }
    lines += Table.aligned(rows)
    for port in ports {
      lines.append("")
      lines.append(
        "Port \(port.port.port)/\(port.port.transport.name)\(port.port.name.isEmpty ? "" : " \(port.port.name)"), "
          + "IPv\(port.family.rawValue)")
      lines += Table.aligned([["ENDPOINT", "CONDITIONS", "USED", "WHY", "BEGUN", "NOW"]] + endpointRows(port))
    }
    if !differences.isEmpty {
      lines.append("")
      lines += differences.map { "differs: \($0)" }
    }
    return lines
  }

  private func endpointRows(_ port: PortState) -> [[String]] {
    guard !port.endpoints.isEmpty else { return [["none", "", "", "no EndpointSlice has one for this port"]] }
    return port.endpoints.map { endpoint in
      let (begun, now) = counts(endpoint, port)
      let used = endpoint.isUsed ? "yes" : endpoint.isUsedLocally ? "from outside" : "no"
      return [
        "\(endpoint.target)", endpoint.conditions.names.joined(separator: ","), used, endpoint.reason,
        begun.map { "\($0)" } ?? "not counted", "\(now)",
      ]
    }
  }

  /// Connections that began, where they are counted, and those that conntrack knows, over all frontends of the port.
  private func counts(_ endpoint: EndpointState, _ port: PortState) -> (begun: UInt64?, now: Int) {
    var begun: UInt64?
    var now = 0
    for frontend in frontends
    where frontend.key.transport == port.port.transport && frontend.key.family == port.family
      && [port.port.port, port.port.nodePort].contains(frontend.key.port)
    {
      if let count = frontend.kernel?.connections[endpoint.target] { begun = (begun ?? 0) + count }
      now += frontend.kernel?.flows[endpoint.target] ?? 0
    }
    return (begun, now)
  }

  var json: JSONValue {
    [
      "service": .string("\(service)"), "node": .string(node), "zone": zone.map { .string($0) } ?? .null,
      "programmed": .bool(definition != nil), "why": .string(why),
      "problems": .array(problems.map { .string($0) }),
      "frontends": .array(
        frontends.map { frontend in
          [
            "frontend": .string("\(frontend.key)"), "kind": .string(frontend.kind),
            "newConnections": .string(frontend.wanted.summary),
            "inKernel": .bool(frontend.kernel != nil),
            "boundClients": .integer(Int64(frontend.kernel?.boundClients ?? 0)),
            "differences": .array(frontend.differences.map { .string($0) }),
          ]
        }),
      "ports": .array(
        ports.map { port in
          [
            "port": .integer(Int64(port.port.port)), "name": .string(port.port.name),
            "protocol": .string(port.port.transport.name), "family": .string("IPv\(port.family.rawValue)"),
            "endpoints": .array(port.endpoints.map { json($0, port) }),
          ]
        }),
    ]
  }

  private func json(_ endpoint: EndpointState, _ port: PortState) -> JSONValue {
    let (begun, now) = counts(endpoint, port)
    return [
      "endpoint": .string("\(endpoint.target)"),
      "conditions": .array(endpoint.conditions.names.map { .string($0) }),
      "used": .bool(endpoint.isUsed), "usedLocally": .bool(endpoint.isUsedLocally),
      "why": .string(endpoint.reason), "connectionsBegun": begun.map { .integer(Int64($0)) } ?? .null,
      "connectionsNow": .integer(Int64(now)),
    ]
  }
}

extension EndpointDefinition.Conditions {
  fileprivate var names: [String] {
    var names: [String] = []
    if contains(.ready) { names.append("ready") }
    if contains(.serving) { names.append("serving") }
    if contains(.terminating) { names.append("terminating") }
    if contains(.local) { names.append("here") }
    return names.isEmpty ? ["not ready"] : names
  }
}
