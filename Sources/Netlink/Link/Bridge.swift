import CNetlink

/// What a bridge is set to (`IFLA_BR_*`); `nil` leaves the kernel's default, and is what an old kernel does not show.
public struct Bridge: Sendable, Hashable {
  /// Spanning tree: 0 off, 1 by the kernel.
  public var stpState: UInt32?
  /// Hundredths of a second that a port listens and learns before it forwards.
  public var forwardDelay: UInt32?
  public var vlanFiltering: Bool?
  public var multicastSnooping: Bool?
  /// Hundredths of a second until a learned address is forgotten.
  public var ageingTime: UInt32?

  public init(
    stpState: UInt32? = nil, forwardDelay: UInt32? = nil, vlanFiltering: Bool? = nil, multicastSnooping: Bool? = nil,
    ageingTime: UInt32? = nil
  ) {
    self.stpState = stpState
    self.forwardDelay = forwardDelay
    self.vlanFiltering = vlanFiltering
    self.multicastSnooping = multicastSnooping
    self.ageingTime = ageingTime
  }

  init(attributes: ArraySlice<UInt8>) {
    for (type, value) in AttributeSequence(attributes) {
      switch Int(type) {
      case Int(IFLA_BR_STP_STATE): stpState = value.load(UInt32.self)
      case Int(IFLA_BR_FORWARD_DELAY): forwardDelay = value.load(UInt32.self)
      case Int(IFLA_BR_AGEING_TIME): ageingTime = value.load(UInt32.self)
      case Int(IFLA_BR_VLAN_FILTERING): vlanFiltering = value.first.map { $0 != 0 }
      case Int(IFLA_BR_MCAST_SNOOPING): multicastSnooping = value.first.map { $0 != 0 }
      default: break
      }
    }
  }

  func append(to message: inout RouteMessage) {
    if let stpState { message.attribute(IFLA_BR_STP_STATE, stpState) }
    if let forwardDelay { message.attribute(IFLA_BR_FORWARD_DELAY, forwardDelay) }
    if let ageingTime { message.attribute(IFLA_BR_AGEING_TIME, ageingTime) }
    if let vlanFiltering { message.attribute(IFLA_BR_VLAN_FILTERING, UInt8(vlanFiltering ? 1 : 0)) }
    if let multicastSnooping { message.attribute(IFLA_BR_MCAST_SNOOPING, UInt8(multicastSnooping ? 1 : 0)) }
  }
}

/// What a port of a bridge is set to (`IFLA_BRPORT_*`); `nil` leaves what is.
public struct BridgePort: Sendable, Hashable {
  /// Frames may leave by the port they came in.
  public var hairpin: Bool?
  /// Ports that are isolated reach only ports that are not.
  public var isolated: Bool?
  public var learning: Bool?
  /// Frames to unknown addresses go out here.
  public var unicastFlood: Bool?

  public init(hairpin: Bool? = nil, isolated: Bool? = nil, learning: Bool? = nil, unicastFlood: Bool? = nil) {
    self.hairpin = hairpin
    self.isolated = isolated
    self.learning = learning
    self.unicastFlood = unicastFlood
  }

  init(attributes: ArraySlice<UInt8>) {
    for (type, value) in AttributeSequence(attributes) {
      let flag = value.first.map { $0 != 0 }
      switch Int(type) {
      case Int(IFLA_BRPORT_MODE): hairpin = flag
      case Int(IFLA_BRPORT_ISOLATED): isolated = flag
      case Int(IFLA_BRPORT_LEARNING): learning = flag
      case Int(IFLA_BRPORT_UNICAST_FLOOD): unicastFlood = flag
      default: break
      }
    }
  }

  func append(to message: inout RouteMessage) {
    func put(_ type: Int, _ flag: Bool?) {
      if let flag { message.attribute(type, UInt8(flag ? 1 : 0)) }
    }
    put(Int(IFLA_BRPORT_MODE), hairpin)
    put(Int(IFLA_BRPORT_ISOLATED), isolated)
    put(Int(IFLA_BRPORT_LEARNING), learning)
    put(Int(IFLA_BRPORT_UNICAST_FLOOD), unicastFlood)
  }
}
