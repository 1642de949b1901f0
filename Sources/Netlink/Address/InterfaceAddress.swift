import CNetlink
import Glibc

/// An address on an interface (`RTM_NEWADDR`, linux/if_addr.h).
public struct InterfaceAddress: Sendable, Hashable {
  public struct Flags: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// IPv6: usable at once, without duplicate address detection.
    public static let noDuplicateDetection = Flags(rawValue: 0x02)
    /// IPv6: duplicate address detection found another user.
    public static let duplicate = Flags(rawValue: 0x08)
    /// IPv6: duplicate address detection has not ended.
    public static let tentative = Flags(rawValue: 0x40)
    public static let permanent = Flags(rawValue: 0x80)
    /// The kernel makes no route for the prefix.
    public static let noPrefixRoute = Flags(rawValue: 0x200)
  }

  /// The number of the interface.
  public var interface: Int32
  public var address: IPAddress
  /// The length of the prefix that is on the link.
  public var prefixLength: Int
  /// Of a point-to-point link: the other end's address.
  public var peer: IPAddress?
  public var flags: Flags
  /// `RT_SCOPE_*` of linux/rtnetlink.h: 0 universe, 253 link, 254 host.
  public var scope: UInt8

  /// An address for an interface; with no prefix length it is a /32 or /128.
  public init(
    _ address: IPAddress, prefixLength: Int? = nil, interface: Int32, peer: IPAddress? = nil, flags: Flags = [],
    scope: UInt8 = 0
  ) {
    self.interface = interface
    self.address = address
    self.prefixLength = prefixLength ?? address.family.bitCount
    self.peer = peer
    self.flags = flags
    self.scope = scope
  }

  init?(payload: ArraySlice<UInt8>) {
    guard payload.count >= 8, let index = payload.load(Int32.self, at: 4) else { return nil }
    let header = Array(payload.prefix(8))
    var flags = UInt32(header[2])
    var address: IPAddress?
    var local: IPAddress?
    for (type, value) in AttributeSequence(payload.dropFirst(8)) {
      switch Int(type) {
      case Int(IFA_ADDRESS): address = IPAddress(bytes: value)
      case Int(IFA_LOCAL): local = IPAddress(bytes: value)
      case Int(IFA_FLAGS): flags = value.load(UInt32.self) ?? flags
      default: break
      }
    }
    // IFA_ADDRESS is the other end where the two differ, and the address itself where they do not.
    guard let own = local ?? address else { return nil }
    self.init(
      own, prefixLength: Int(header[1]), interface: index, peer: address == own ? nil : address,
      flags: Flags(rawValue: flags), scope: header[3])
  }

  func message(_ type: some BinaryInteger, flags messageFlags: Int32) -> RouteMessage {
    var message = RouteMessage(type, flags: messageFlags)
    message.append(address.family.socketFamily)
    message.append(UInt8(prefixLength))
    message.append(UInt8(truncatingIfNeeded: flags.rawValue))
    message.append(scope)
    message.append(interface)
    message.attribute(IFA_LOCAL, address)
    message.attribute(IFA_ADDRESS, peer ?? address)
    message.attribute(IFA_FLAGS, flags.rawValue)
    return message
  }
}

extension InterfaceAddress: CustomStringConvertible {
  public var description: String { "\(address)/\(prefixLength)" + (peer.map { " peer \($0)" } ?? "") }
}
