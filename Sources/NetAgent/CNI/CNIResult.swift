import KubeAPI
import Netlink

/// What a successful ADD tells the runtime.
struct CNIResult: Sendable, Hashable {
  struct Interface: Sendable, Hashable {
    var name: String
    var hardwareAddress: HardwareAddress?
    var mtu: UInt32?
    /// The path of the namespace it is in; `nil` for the node's.
    var sandbox: String?
  }

  struct Address: Sendable, Hashable {
    var address: IPAddress
    var gateway: IPAddress?
    /// The place in `interfaces`.
    var interface: Int
  }

  struct Route: Sendable, Hashable {
    var destination: IPPrefix
    var gateway: IPAddress?
  }

  var interfaces: [Interface]
  var addresses: [Address]
  var routes: [Route]
  /// As the configuration gives it.
  var dns: JSONValue?

  func json(version: CNIVersion) -> JSONValue {
    let interfaces = interfaces.map { interface in
      var json: JSONValue = ["name": .string(interface.name)]
      if let address = interface.hardwareAddress { json["mac"] = .string(address.description) }
      if version.hasMTU, let mtu = interface.mtu { json["mtu"] = .integer(Int64(mtu)) }
      if let sandbox = interface.sandbox { json["sandbox"] = .string(sandbox) }
      return json
    }
    let addresses = addresses.map { address in
      var json: JSONValue = [:]
      if version.namesAddressFamily { json["version"] = .string(address.address.isIPv4 ? "4" : "6") }
      json["address"] = .string(IPPrefix(host: address.address).description)
      if let gateway = address.gateway { json["gateway"] = .string(gateway.description) }
      json["interface"] = .integer(Int64(address.interface))
      return json
    }
    let routes = routes.map { route in
      var json: JSONValue = ["dst": .string(route.destination.description)]
      if let gateway = route.gateway { json["gw"] = .string(gateway.description) }
      return json
    }
    return [
      "cniVersion": .string(version.description), "interfaces": .array(interfaces), "ips": .array(addresses),
      "routes": .array(routes), "dns": dns ?? [:],
    ]
  }

  /// Puts this result behind an earlier plugin's: its interfaces keep their places, ours follow.
  func json(version: CNIVersion, after previous: JSONValue?) -> JSONValue {
    guard var merged = previous, merged != .null else { return json(version: version) }
    let earlier = merged["interfaces"]?.arrayValue ?? []
    var shifted = self
    for index in shifted.addresses.indices { shifted.addresses[index].interface += earlier.count }
    let own = shifted.json(version: version)
    merged["cniVersion"] = .string(version.description)
    for name in ["interfaces", "ips", "routes"] {
      merged[name] = .array((merged[name]?.arrayValue ?? []) + (own[name]?.arrayValue ?? []))
    }
    if merged["dns"] == nil { merged["dns"] = own["dns"] }
    return merged
  }
}
