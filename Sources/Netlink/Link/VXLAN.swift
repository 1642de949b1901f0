import CNetlink

/// What a VXLAN device is set to (`IFLA_VXLAN_*`). It learns no addresses unless told to: whoever makes it adds
/// the forwarding entries.
public struct VXLAN: Sendable, Hashable {
  /// The network's number, 24 bits.
  public var identifier: UInt32
  /// The UDP port of both ends.
  public var port: UInt16
  /// The address that packets are sent from.
  public var local: IPAddress?
  /// The number of the interface that packets leave by.
  public var interface: Int32?
  public var learning: Bool

  public init(
    identifier: UInt32, port: UInt16 = 4789, local: IPAddress? = nil, interface: Int32? = nil, learning: Bool = false
  ) {
    self.identifier = identifier
    self.port = port
    self.local = local
    self.interface = interface
    self.learning = learning
  }

  init(attributes: ArraySlice<UInt8>) {
    self.init(identifier: 0, port: 0)
    for (type, value) in AttributeSequence(attributes) {
      switch Int(type) {
      case Int(IFLA_VXLAN_ID): identifier = value.load(UInt32.self) ?? 0
      case Int(IFLA_VXLAN_PORT): port = UInt16(bigEndian: value.load(UInt16.self) ?? 0)
      case Int(IFLA_VXLAN_LOCAL), Int(IFLA_VXLAN_LOCAL6): local = IPAddress(bytes: value)
      case Int(IFLA_VXLAN_LINK): interface = value.load(Int32.self)
      case Int(IFLA_VXLAN_LEARNING): learning = (value.first ?? 0) != 0
      default: break
      }
    }
  }

  func append(to message: inout RouteMessage) {
    message.attribute(IFLA_VXLAN_ID, identifier)
    message.attribute(IFLA_VXLAN_PORT, port.bigEndian)
    message.attribute(IFLA_VXLAN_LEARNING, UInt8(learning ? 1 : 0))
    if let interface { message.attribute(IFLA_VXLAN_LINK, interface) }
    if let local {
      message.attribute(local.isIPv4 ? Int(IFLA_VXLAN_LOCAL) : Int(IFLA_VXLAN_LOCAL6), local)
    }
  }
}
