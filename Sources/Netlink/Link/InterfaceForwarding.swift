import CNetlink
import Glibc

/// Whether packets that come in by an interface are passed on (`RTM_NEWNETCONF`, linux/netconf.h): what
/// `/proc/sys/net/ipv4/conf/NAME/forwarding` says.
public struct InterfaceForwarding: Sendable, Hashable {
  /// The number of all interfaces together (`conf/all`).
  public static let all: Int32 = -1
  /// The number of interfaces to come (`conf/default`).
  public static let `default`: Int32 = -2

  public var family: IPAddress.Family
  public var interface: Int32
  public var isOn: Bool

  public init(_ family: IPAddress.Family, interface: Int32, isOn: Bool) {
    self.family = family
    self.interface = interface
    self.isOn = isOn
  }

  /// `nil` also for messages that tell of another setting.
  init?(payload: ArraySlice<UInt8>) {
    // `netconfmsg` is the family alone, padded.
    guard let number = payload.first, let family = IPAddress.Family(socketFamily: number), payload.count >= 4 else {
      return nil
    }
    var interface: Int32?
    var isOn: Bool?
    for (type, value) in AttributeSequence(payload.dropFirst(4)) {
      if Int(type) == Int(NETCONFA_IFINDEX) { interface = value.load(Int32.self) }
      if Int(type) == Int(NETCONFA_FORWARDING) { isOn = value.load(Int32.self).map { $0 != 0 } }
    }
    guard let interface, let isOn else { return nil }
    self.init(family, interface: interface, isOn: isOn)
  }
}

extension RouteSocket {
  /// Of every interface, of `all` and of `default`, whether packets are passed on.
  public func interfaceForwarding(_ family: IPAddress.Family) throws(NetlinkError) -> [InterfaceForwarding] {
    var message = RouteMessage(RTM_GETNETCONF)
    message.append(family.socketFamily)
    message.append(UInt8(0))
    message.append(UInt16(0))
    return try dump("list", "forwarding of interfaces", message) { type, payload in
      guard type == RTM_NEWNETCONF, let setting = InterfaceForwarding(payload: payload), setting.family == family else {
        return nil
      }
      return setting
    }
  }
}
