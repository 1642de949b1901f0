import CNetlink
import Glibc

/// A network interface as the kernel shows it (`RTM_NEWLINK`, linux/if_link.h).
public struct Link: Sendable, Hashable {
  /// The interface's number in its namespace, from 1.
  public var index: Int32
  public var name: String
  public var mtu: UInt32 = 0
  /// `nil` where the interface has none, or one that is not of Ethernet.
  public var hardwareAddress: HardwareAddress?
  public var flags: LinkFlags = []
  /// `IF_OPER_*` of linux/if.h: 6 is up.
  public var operationalState: UInt8 = 0
  /// The bridge (or other upper device) that this is a port of.
  public var master: Int32?
  /// The interface's other half (of a veth) or lower device: its number in its own namespace.
  public var peer: Int32?
  /// Where `peer` is in another namespace: the number this namespace has for that one.
  public var peerNamespace: Int32?
  /// `veth`, `bridge`, `vxlan`, …; `nil` for hardware and `lo`.
  public var kind: String?
  public var alias: String?
  public var details: Details = .none
  public var port: BridgePort?

  public enum Details: Sendable, Hashable {
    case none
    case bridge(Bridge)
    case vxlan(VXLAN)
  }

  public init(index: Int32, name: String) {
    self.index = index
    self.name = name
  }

  public var isUp: Bool { flags.contains(.up) }
  public var isLoopback: Bool { flags.contains(.loopback) }
}

/// `IFF_*` of linux/if.h.
public struct LinkFlags: OptionSet, Sendable, Hashable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let up = LinkFlags(rawValue: 1 << 0)
  public static let loopback = LinkFlags(rawValue: 1 << 3)
  public static let running = LinkFlags(rawValue: 1 << 6)
  public static let promiscuous = LinkFlags(rawValue: 1 << 8)
  public static let lowerUp = LinkFlags(rawValue: 1 << 16)
}

/// `ifinfomsg` of linux/rtnetlink.h, without its padding rules.
struct LinkHeader {
  static let size = 16
  var family: UInt8 = 0
  var index: Int32 = 0
  var flags: UInt32 = 0
  var change: UInt32 = 0

  func append(to message: inout RouteMessage) {
    message.append(family)
    message.append(UInt8(0))
    message.append(UInt16(0))
    message.append(index)
    message.append(flags)
    message.append(change)
  }
}

extension Link {
  /// Reads what follows the header of an `RTM_NEWLINK` or `RTM_DELLINK`.
  init?(payload: ArraySlice<UInt8>) {
    guard let index = payload.load(Int32.self, at: 4), let flags = payload.load(UInt32.self, at: 8),
      payload.count >= LinkHeader.size
    else { return nil }
    self.init(index: index, name: "")
    self.flags = LinkFlags(rawValue: flags)
    for (type, value) in AttributeSequence(payload.dropFirst(LinkHeader.size)) {
      switch Int(type) {
      case Int(IFLA_IFNAME): name = value.string
      case Int(IFLA_MTU): mtu = value.load(UInt32.self) ?? 0
      case Int(IFLA_ADDRESS): hardwareAddress = HardwareAddress(bytes: value)
      case Int(IFLA_OPERSTATE): operationalState = value.first ?? 0
      case Int(IFLA_MASTER): master = value.load(Int32.self)
      case Int(IFLA_LINK): peer = value.load(Int32.self)
      case Int(IFLA_LINK_NETNSID): peerNamespace = value.load(Int32.self)
      case Int(IFLA_IFALIAS): alias = value.string
      case Int(IFLA_LINKINFO): readInformation(value)
      default: break
      }
    }
  }

  private mutating func readInformation(_ bytes: ArraySlice<UInt8>) {
    var data: ArraySlice<UInt8> = []
    var portKind = ""
    var portData: ArraySlice<UInt8> = []
    for (type, value) in AttributeSequence(bytes) {
      switch Int(type) {
      case Int(IFLA_INFO_KIND): kind = value.string
      case Int(IFLA_INFO_DATA): data = value
      case Int(IFLA_INFO_SLAVE_KIND): portKind = value.string
      case Int(IFLA_INFO_SLAVE_DATA): portData = value
      default: break
      }
    }
    switch kind {
    case "bridge": details = .bridge(Bridge(attributes: data))
    case "vxlan": details = .vxlan(VXLAN(attributes: data))
    default: break
    }
    if portKind == "bridge" { port = BridgePort(attributes: portData) }
  }
}
