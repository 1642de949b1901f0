import CNetlink
import Glibc

/// A route (`RTM_NEWROUTE`, linux/rtnetlink.h).
public struct Route: Sendable, Hashable {
  /// `RTN_*`.
  public enum Kind: UInt8, Sendable, Hashable {
    case unicast = 1
    case local = 2
    case broadcast = 3
    case anycast = 4
    case multicast = 5
    case blackhole = 6
    case unreachable = 7
    case prohibit = 8
    case `throw` = 9
  }

  /// Who made a route (`RTPROT_*`). The numbers from 5 to 255 are the user's.
  public struct Origin: RawRepresentable, Sendable, Hashable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let kernel = Origin(rawValue: 2)
    public static let boot = Origin(rawValue: 3)
    public static let `static` = Origin(rawValue: 4)
  }

  public static let mainTable: UInt32 = 254
  public static let localTable: UInt32 = 255

  public var destination: IPPrefix
  public var kind: Kind
  public var gateway: IPAddress?
  /// The number of the interface that packets leave by.
  public var interface: Int32?
  /// The address that the node's own packets get.
  public var source: IPAddress?
  public var table: UInt32
  public var origin: Origin
  /// `RT_SCOPE_*`: 0 universe, 253 link, 254 host. The initializer derives it where none is given.
  public var scope: UInt8
  /// The metric; the lowest wins. IPv6 makes 1024 of 0.
  public var priority: UInt32
  /// The gateway is on the interface's link, whatever the addresses say.
  public var isOnLink: Bool
  /// The routes' own path MTU, in bytes.
  public var mtu: UInt32?
  /// More than one next hop; then `gateway` and `interface` are `nil`.
  public var nextHops: [NextHop] = []

  public struct NextHop: Sendable, Hashable {
    public var gateway: IPAddress?
    public var interface: Int32
    /// From 1 to 256.
    public var weight: Int
    public var isOnLink: Bool

    public init(gateway: IPAddress?, interface: Int32, weight: Int = 1, isOnLink: Bool = false) {
      self.gateway = gateway
      self.interface = interface
      self.weight = weight
      self.isOnLink = isOnLink
    }
  }

  public init(
    to destination: IPPrefix, kind: Kind = .unicast, via gateway: IPAddress? = nil, interface: Int32? = nil,
    source: IPAddress? = nil, table: UInt32 = Route.mainTable, origin: Origin = .boot, scope: UInt8? = nil,
    priority: UInt32 = 0, isOnLink: Bool = false, mtu: UInt32? = nil
  ) {
    self.destination = destination
    self.kind = kind
    self.gateway = gateway
    self.interface = interface
    self.source = source
    self.table = table
    self.origin = origin
    self.priority = priority
    self.isOnLink = isOnLink
    self.mtu = mtu
    let usual: UInt8 = kind == .local ? 254 : kind == .unicast && gateway == nil && destination.family == .v4 ? 253 : 0
    self.scope = scope ?? usual
  }
}

extension Route: CustomStringConvertible {
  public var description: String {
    var text = kind == .unicast ? "\(destination)" : "\(kind) \(destination)"
    if let gateway { text += " via \(gateway)" }
    if let interface { text += " dev number \(interface)" }
    if let source { text += " src \(source)" }
    if table != Route.mainTable { text += " table \(table)" }
    return text
  }
}
