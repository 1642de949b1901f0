/// The columns of endpoints and endpoint slices.
enum EndpointColumns {
  static let endpoints: [Table.Column] = [
    .name,
    Table.Column("Endpoints") { object, _ in .string(Table.few(addresses(object), ifEmpty: "<none>")) },
    .age,
  ]

  static let endpointSlices: [Table.Column] = [
    .name,
    Table.Column("AddressType") { slice, _ in slice["addressType"] ?? "" },
    Table.Column("Ports") { slice, _ in
      let ports = (slice["ports"]?.arrayValue ?? []).map { port in
        port["port"]?.integerValue.map { String($0) } ?? Table.text(port["name"], ifEmpty: "*")
      }
      return .string(Table.few(ports, ifEmpty: "<unset>"))
    },
    Table.Column("Endpoints") { slice, _ in
      let endpoints = slice["endpoints"]?.arrayValue ?? []
      let addresses = endpoints.flatMap { $0["addresses"]?.arrayValue?.compactMap(\.stringValue) ?? [] }
      return .string(Table.few(addresses, ifEmpty: "<unset>"))
    },
    .age,
  ]

  private static func addresses(_ object: JSONValue) -> [String] {
    var found: [String] = []
    for subset in object["subsets"]?.arrayValue ?? [] {
      let addresses = subset["addresses"]?.arrayValue?.compactMap { $0["ip"]?.stringValue } ?? []
      let ports = subset["ports"]?.arrayValue?.compactMap { $0["port"]?.integerValue } ?? []
      if ports.isEmpty { found += addresses }
      for port in ports {
        found += addresses.map { $0.contains(":") ? "[\($0)]:\(port)" : "\($0):\(port)" }
      }
    }
    return found
  }
}
