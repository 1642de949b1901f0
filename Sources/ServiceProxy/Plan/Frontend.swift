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

/// What a frontend does with a new connection. It is the value of the dispatch maps: a number, not a verdict, because
/// the kernel walks all of a table's chains whenever a verdict with a jump is added, which would make every change
/// cost as much as there are services. `actions4` and `actions6` map the few numbers in use to chains.
///
/// Bits 0–12: how many endpoints; 13: the list of local endpoints; 14: a node port; 15–31: seconds of affinity. Without
/// endpoints the upper bits say what else.
public struct FrontendAction: RawRepresentable, Sendable, Hashable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// More endpoints than this are left out, with an event.
  public static let endpointLimit = 0x1fff

  public static let reject = FrontendAction(rawValue: 0)
  public static let drop = FrontendAction(rawValue: 1 << 15)
  /// Endpoints depend on where the packet comes from.
  static let external = FrontendAction(rawValue: 2 << 15)
  static let externalNodePort = FrontendAction(rawValue: 2 << 15 | 1 << 14)
  /// The source address is looked at first.
  static let firewall = FrontendAction(rawValue: 3 << 15)

  static func balance(_ count: Int, local: Bool, nodePort: Bool, affinitySeconds: UInt32) -> FrontendAction {
    FrontendAction(
      rawValue: UInt32(count) | (local ? 1 << 13 : 0) | (nodePort ? 1 << 14 : 0) | affinitySeconds << 15)
  }

  /// Zero where it leads to no endpoints.
  public var count: Int { Int(rawValue & 0x1fff) }
  var isLocalList: Bool { rawValue & 1 << 13 != 0 }
  var isNodePort: Bool { rawValue & 1 << 14 != 0 }
  var affinitySeconds: UInt32 { count == 0 ? 0 : rawValue >> 15 }
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
  /// `action` of the source ranges' frontends after the source was found good.
  public var allowed: FrontendAction?
  /// With `externalTrafficPolicy: Local`: for pods and for the node itself.
  public var wide: FrontendAction?
  /// With `externalTrafficPolicy: Local`: for everyone else.
  public var near: FrontendAction?
  public var masquerade: Masquerade
  /// Who may pass, disjoint; looked at where `action` is `firewall`.
  public var sourceRanges: [IPPrefix]
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
    sourceRanges = []
  }

  /// All actions in it, each of which needs a chain.
  var actions: [FrontendAction] { [action, allowed, wide, near].compactMap { $0 } }

  /// Whether a client keeps its endpoint.
  var hasAffinity: Bool { actions.contains { $0.affinitySeconds != 0 } }
}
