import CNetlink
import Glibc

/// An address of the network layer and the Ethernet address it has on a link (`RTM_NEWNEIGH`, linux/neighbour.h).
public struct Neighbour: Sendable, Hashable {
  /// `NUD_*`.
  public struct State: OptionSet, Sendable, Hashable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let incomplete = State(rawValue: 0x01)
    public static let reachable = State(rawValue: 0x02)
    public static let stale = State(rawValue: 0x04)
    public static let delay = State(rawValue: 0x08)
    public static let probe = State(rawValue: 0x10)
    public static let failed = State(rawValue: 0x20)
    public static let noARP = State(rawValue: 0x40)
    public static let permanent = State(rawValue: 0x80)
  }

  public var interface: Int32
  public var address: IPAddress
  public var hardwareAddress: HardwareAddress?
  public var state: State

  public init(
    _ address: IPAddress, _ hardwareAddress: HardwareAddress?, interface: Int32, state: State = .permanent
  ) {
    self.address = address
    self.hardwareAddress = hardwareAddress
    self.interface = interface
    self.state = state
  }
}

/// An entry of a forwarding table (FDB): the port that an Ethernet address is behind, and of a VXLAN device the
/// address of the machine.
public struct ForwardingEntry: Sendable, Hashable {
  /// The VXLAN device, or the bridge's port.
  public var interface: Int32
  public var hardwareAddress: HardwareAddress
  /// The machine that packets are sent to.
  public var destination: IPAddress?
  public var state: Neighbour.State
  /// The entry is of the device's own table (of a VXLAN device), not of the bridge it is a port of.
  public var isOwn: Bool

  public init(
    _ hardwareAddress: HardwareAddress, to destination: IPAddress?, interface: Int32,
    state: Neighbour.State = [.permanent, .noARP], isOwn: Bool = true
  ) {
    self.hardwareAddress = hardwareAddress
    self.destination = destination
    self.interface = interface
    self.state = state
    self.isOwn = isOwn
  }
}

/// `ndmsg`, then attributes.
enum NeighbourMessage {
  static let headerSize = 12
  static let selfFlag: UInt8 = 0x02  // NTF_SELF
  static let masterFlag: UInt8 = 0x04  // NTF_MASTER

  static func header(
    _ message: inout RouteMessage, family: UInt8, interface: Int32, state: UInt16 = 0, flags: UInt8 = 0
  ) {
    message.append(family)
    message.append(UInt8(0))
    message.append(UInt16(0))
    message.append(interface)
    message.append(state)
    message.append(flags)
    message.append(UInt8(0))
  }
}

extension Neighbour {
  init?(payload: ArraySlice<UInt8>) {
    guard let index = payload.load(Int32.self, at: 4), let state = payload.load(UInt16.self, at: 8),
      payload.count >= NeighbourMessage.headerSize
    else { return nil }
    var address: IPAddress?
    var hardwareAddress: HardwareAddress?
    for (type, value) in AttributeSequence(payload.dropFirst(NeighbourMessage.headerSize)) {
      if Int(type) == Int(NDA_DST) { address = IPAddress(bytes: value) }
      if Int(type) == Int(NDA_LLADDR) { hardwareAddress = HardwareAddress(bytes: value) }
    }
    guard let address, payload.first != UInt8(AF_BRIDGE) else { return nil }
    self.init(address, hardwareAddress, interface: index, state: State(rawValue: state))
  }

  func message(_ type: some BinaryInteger, flags: Int32) -> RouteMessage {
    var message = RouteMessage(type, flags: flags)
    NeighbourMessage.header(
      &message, family: address.family.socketFamily, interface: interface, state: state.rawValue)
    message.attribute(NDA_DST, address)
    if let hardwareAddress { message.attribute(NDA_LLADDR, bytes: hardwareAddress.bytes) }
    return message
  }
}

extension ForwardingEntry {
  init?(payload: ArraySlice<UInt8>) {
    guard payload.first == UInt8(AF_BRIDGE), let index = payload.load(Int32.self, at: 4),
      let state = payload.load(UInt16.self, at: 8), let flags = payload.load(UInt8.self, at: 10),
      payload.count >= NeighbourMessage.headerSize
    else { return nil }
    var destination: IPAddress?
    var hardwareAddress: HardwareAddress?
    for (type, value) in AttributeSequence(payload.dropFirst(NeighbourMessage.headerSize)) {
      if Int(type) == Int(NDA_DST) { destination = IPAddress(bytes: value) }
      if Int(type) == Int(NDA_LLADDR) { hardwareAddress = HardwareAddress(bytes: value) }
    }
    guard let hardwareAddress else { return nil }
    self.init(
      hardwareAddress, to: destination, interface: index, state: Neighbour.State(rawValue: state),
      isOwn: flags & NeighbourMessage.selfFlag != 0)
  }

  func message(_ type: some BinaryInteger, flags: Int32) -> RouteMessage {
    var message = RouteMessage(type, flags: flags)
    NeighbourMessage.header(
      &message, family: UInt8(AF_BRIDGE), interface: interface, state: state.rawValue,
      flags: isOwn ? NeighbourMessage.selfFlag : NeighbourMessage.masterFlag)
    message.attribute(NDA_LLADDR, bytes: hardwareAddress.bytes)
    if let destination { message.attribute(NDA_DST, destination) }
    return message
  }
}
