import Netlink
import ServiceProxy

/// The first packet of a connection, as it meets the node.
struct Packet: Hashable, CustomStringConvertible {
  /// Where it comes from, which the reference model asks and the ruleset finds out.
  enum Origin: Hashable {
    case pod
    case node
    case outside
  }

  var origin: Origin
  var source: IPAddress
  var destination: IPAddress
  var transport: Transport
  var port: UInt16

  var family: IPAddress.Family { destination.family }

  /// The interface it comes in by; nil for the node's own programs.
  var interface: String? {
    switch origin {
    case .pod: "pod0"
    case .node: nil
    case .outside: "uplink"
    }
  }

  var description: String { "\(origin) \(source) to \(destination) \(port)/\(transport.name)" }
}

/// What may become of a packet.
enum Outcome: Hashable, CustomStringConvertible {
  /// It is sent on to an endpoint, from the node's own address or from the one it had.
  case delivered(EndpointTarget, masqueraded: Bool)
  case rejected
  case dropped
  /// It is not for a Service.
  case untouched

  var description: String {
    switch self {
    case .delivered(let target, let masqueraded): "\(target)\(masqueraded ? " masqueraded" : "")"
    case .rejected: "rejected"
    case .dropped: "dropped"
    case .untouched: "untouched"
    }
  }
}
