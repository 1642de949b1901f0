import KubeAPI
import Netlink

/// A port of the node that leads to a pod (capability `portMappings`).
struct HostPort: Sendable, Hashable {
  var transport: Transport
  /// The node's.
  var port: UInt16
  /// The pod's.
  var target: UInt16
  /// The one address of the node that it answers at; `0.0.0.0` and `::` are all of a family, `nil` all.
  var address: IPAddress?

  /// Whether it answers at addresses of a family.
  func covers(_ family: IPAddress.Family) -> Bool { address.map { $0.family == family } ?? true }

  /// The address it is bound to; `nil` where it answers at all of its family.
  var single: IPAddress? { address.flatMap { $0.isUnspecified ? nil : $0 } }

  /// Whether the node's own programs may reach it at 127.0.0.1.
  var coversLoopback: Bool { covers(.v4) && (single.map { $0.bytes[0] == 127 } ?? true) }

  /// Whether a packet could be meant for either.
  func conflicts(with other: HostPort) -> Bool {
    guard transport == other.transport, port == other.port else { return false }
    guard let address, let others = other.address else { return true }
    return address.family == others.family && (address.isUnspecified || others.isUnspecified || address == others)
  }

  /// The protocol's name in the journal, and for people.
  private var proto: String { transport.name.lowercased() }

  /// The protocol of a name in letters of any case; `nil` for one that there is not.
  static func transport(_ name: String) -> Transport? { Transport(name: name.uppercased()) }

  var json: JSONValue {
    var json: JSONValue = [
      "proto": .string(proto), "port": .integer(Int64(port)), "to": .integer(Int64(target)),
    ]
    if let address { json["at"] = .string(address.description) }
    return json
  }

  init(_ transport: Transport, _ port: UInt16, to target: UInt16, at address: IPAddress? = nil) {
    self.transport = transport
    self.port = port
    self.target = target
    self.address = address
  }

  init?(json: JSONValue) {
    guard let transport = json["proto"]?.stringValue.flatMap({ Self.transport($0) }),
      let port = json["port"]?.integerValue.flatMap({ UInt16(exactly: $0) }),
      let target = json["to"]?.integerValue.flatMap({ UInt16(exactly: $0) })
    else { return nil }
    var address: IPAddress?
    if let text = json["at"]?.stringValue {
      guard let parsed = IPAddress(text) else { return nil }
      address = parsed
    }
    self.init(transport, port, to: target, at: address)
  }
}

extension HostPort: CustomStringConvertible {
  var description: String {
    let place = address.map { $0.isIPv4 ? "\($0):" : "[\($0)]:" } ?? ""
    return "\(place)\(port)/\(proto)"
  }
}
