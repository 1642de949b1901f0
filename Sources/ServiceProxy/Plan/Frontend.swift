public import Netlink

/// An address and port that clients use.
public struct FrontendKey: Sendable, Hashable {
  public enum Place: Sendable, Hashable {
    /// A ClusterIP, an external IP or a load balancer's.
    case address(IPAddress)
    /// The node's own addresses.
    case node(IPAddress.Family)
  }

  public var place: Place
  public var transport: Transport
  public var port: UInt16

  public init(_ place: Place, _ transport: Transport, _ port: UInt16) {
    self.place = place
    self.transport = transport
    self.port = port
  }

  public var family: IPAddress.Family {
    switch place {
    case .address(let address): address.family
    case .node(let family): family
    }
  }

  public var isNodePort: Bool {
    if case .node = place { return true }
    return false
  }
}

extension FrontendKey: CustomStringConvertible {
  public var description: String {
    switch place {
    case .address(let address):
      address.isIPv4 ? "\(address):\(port)/\(transport.name)" : "[\(address)]:\(port)/\(transport.name)"
    case .node(let family): "node port \(port)/\(transport.name) IPv\(family.rawValue)"
    }
  }
}

/// Where connections end: an address and port of a pod.
public struct EndpointTarget: Sendable, Hashable, Comparable, CustomStringConvertible {
  public var address: IPAddress
  public var port: UInt16

  public init(_ address: IPAddress, _ port: UInt16) {
    self.address = address
    self.port = port
  }

  public static func < (left: Self, right: Self) -> Bool {
    (left.address, left.port) < (right.address, right.port)
  }

  public var description: String { address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)" }
}

/// What becomes of a new connection to a frontend.
public enum FrontendAction: Sendable, Hashable {
  /// One of the list, by chance among so many slots; of the local list if it is one of its own. A sticky client gets
  /// the one it had.
  case balance(slots: Int, local: Bool, sticky: Bool)
  /// The client is told that nobody is there.
  case reject
  case drop
  /// It depends on where the packet comes from: `externalTrafficPolicy: Local`.
  case external

  /// More endpoints than this are left out, with an event.
  public static let endpointLimit = 32_768

  /// How many slots so many endpoints are chosen from. Up to 64 it is their number. Above, it is a little more, sixteen
  /// sizes for each doubling, and who comes upon an empty slot chooses again: so a large Service that grows by
  /// one needs no chain that is not there.
  public static func slots(for endpoints: Int) -> Int {
    guard endpoints > exactSlots else { return endpoints }
    let step = 1 << (Int.bitWidth - 1 - (endpoints - 1).leadingZeroBitCount - 4)
    return (endpoints + step - 1) / step * step
  }

  static let exactSlots = 64
}

/// What the kernel holds, or should, for one frontend.
public struct Frontend: Sendable, Hashable {
  /// When answers must come back through this node.
  public enum Masquerade: UInt8, Sendable, Hashable {
    /// Never, or for a ClusterIP by where the packet comes from.
    case byPlace
    case always
    /// For the node's own connections.
    case own
  }

  public var action: FrontendAction
  /// With `externalTrafficPolicy: Local`: for pods and for the node itself.
  public var wide: FrontendAction?
  /// With `externalTrafficPolicy: Local`: for everyone else.
  public var near: FrontendAction?
  public var masquerade: Masquerade
  /// Who may pass, disjoint; nil for everyone. Only what is balanced or external has them.
  public var sourceRanges: [IPPrefix]?
  /// The endpoints by bucket.
  public var endpoints: [EndpointTarget]
  /// The endpoints of this node by bucket, where they are a list of their own.
  public var localEndpoints: [EndpointTarget]

  public init(
    action: FrontendAction, masquerade: Masquerade = .byPlace, endpoints: [EndpointTarget] = [],
    localEndpoints: [EndpointTarget] = []
  ) {
    self.action = action
    self.masquerade = masquerade
    self.endpoints = endpoints
    self.localEndpoints = localEndpoints
  }

  /// Those of both lists.
  var allEndpoints: [EndpointTarget] { endpoints + localEndpoints }

  /// Seconds for which a client keeps its endpoint; zero for not at all.
  public var stickySeconds: UInt32 = 0
}
