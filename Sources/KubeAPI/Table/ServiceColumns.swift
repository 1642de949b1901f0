/// The columns of services.
enum ServiceColumns {
  static let all: [Table.Column] = [
    .name,
    Table.Column("Type") { service, _ in service[path: "spec", "type"] ?? "" },
    Table.Column("Cluster-IP") { service, _ in
      let first = service[path: "spec", "clusterIPs"]?.arrayValue?.first
      return .string(Table.text(first ?? service[path: "spec", "clusterIP"], ifEmpty: "<none>"))
    },
    Table.Column("External-IP") { service, _ in .string(externalIP(service)) },
    Table.Column("Port(s)") { service, _ in
      let ports = service[path: "spec", "ports"]?.arrayValue ?? []
      return .string(Table.joined(ports.map(port)))
    },
    .age,
    Table.Column("Selector", priority: 1) { service, _ in .string(Table.labels(service[path: "spec", "selector"])) },
  ]

  private static func port(_ port: JSONValue) -> String {
    let number = port["port"]?.integerValue ?? 0
    let nodePort = port["nodePort"]?.integerValue ?? 0
    let transport = Table.text(port["protocol"], ifEmpty: "TCP")
    return nodePort > 0 ? "\(number):\(nodePort)/\(transport)" : "\(number)/\(transport)"
  }

  private static func externalIP(_ service: JSONValue) -> String {
    let external = service[path: "spec", "externalIPs"]?.arrayValue?.compactMap(\.stringValue) ?? []
    switch service[path: "spec", "type"]?.stringValue {
    case "ClusterIP", "NodePort": return Table.joined(external)
    case "LoadBalancer":
      let ingress = service[path: "status", "loadBalancer", "ingress"]?.arrayValue ?? []
      let addresses = ingress.map { Table.text($0["ip"], ifEmpty: Table.text($0["hostname"])) }
      return Table.joined(addresses.filter { !$0.isEmpty } + external, ifEmpty: "<pending>")
    case "ExternalName": return Table.text(service[path: "spec", "externalName"])
    default: return "<unknown>"
    }
  }
}
