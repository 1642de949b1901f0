import CNetlink
import Glibc

extension Route {
  /// `rtmsg` of linux/rtnetlink.h.
  static let headerSize = 12
  static let onLinkFlag = UInt32(RTNH_F_ONLINK)

  init?(payload: ArraySlice<UInt8>) {
    guard payload.count >= Route.headerSize else { return nil }
    let header = Array(payload.prefix(Route.headerSize))
    guard let family = IPAddress.Family(socketFamily: header[0]), let kind = Kind(rawValue: header[7]) else {
      return nil
    }
    let flags = payload.load(UInt32.self, at: 8) ?? 0
    self.init(
      to: IPPrefix(IPAddress(number: 0, family: family), length: Int(header[1])), kind: kind, table: UInt32(header[4]),
      origin: Origin(rawValue: header[5]), scope: header[6], isOnLink: flags & Route.onLinkFlag != 0)
    for (type, value) in AttributeSequence(payload.dropFirst(Route.headerSize)) {
      switch Int(type) {
      case Int(RTA_DST.rawValue):
        if let address = IPAddress(bytes: value) { destination = IPPrefix(address, length: Int(header[1])) }
      case Int(RTA_GATEWAY.rawValue): gateway = IPAddress(bytes: value)
      case Int(RTA_VIA.rawValue): gateway = IPAddress(bytes: value.dropFirst(2))
      case Int(RTA_OIF.rawValue): interface = value.load(Int32.self)
      case Int(RTA_PREFSRC.rawValue): source = IPAddress(bytes: value)
      case Int(RTA_TABLE.rawValue): table = value.load(UInt32.self) ?? table
      case Int(RTA_PRIORITY.rawValue): priority = value.load(UInt32.self) ?? 0
      case Int(RTA_METRICS.rawValue):
        for (metric, value) in AttributeSequence(value) where Int(metric) == Int(RTAX_MTU) {
          mtu = value.load(UInt32.self)
        }
      case Int(RTA_MULTIPATH.rawValue): nextHops = Route.nextHops(value)
      default: break
      }
    }
  }

  /// Reads `rtnexthop` structures, each followed by its attributes.
  private static func nextHops(_ bytes: ArraySlice<UInt8>) -> [NextHop] {
    var hops: [NextHop] = []
    var rest = bytes
    while let length = rest.load(UInt16.self), length >= 8, rest.count >= Int(length),
      let index = rest.load(Int32.self, at: 4), let flags = rest.load(UInt8.self, at: 2),
      let weight = rest.load(UInt8.self, at: 3)
    {
      var hop = NextHop(
        gateway: nil, interface: index, weight: Int(weight) + 1, isOnLink: UInt32(flags) & onLinkFlag != 0)
      for (type, value) in AttributeSequence(rest.prefix(Int(length)).dropFirst(8)) {
        if Int(type) == Int(RTA_GATEWAY.rawValue) { hop.gateway = IPAddress(bytes: value) }
        if Int(type) == Int(RTA_VIA.rawValue) { hop.gateway = IPAddress(bytes: value.dropFirst(2)) }
      }
      hops.append(hop)
      rest = rest.dropFirst((Int(length) + 3) & ~3)
    }
    return hops
  }

  func message(_ type: some BinaryInteger, flags: Int32) -> RouteMessage {
    var message = RouteMessage(type, flags: flags)
    message.append(destination.family.socketFamily)
    message.append(UInt8(destination.length))
    message.append(UInt16(0))  // source prefix length, type of service
    message.append(table < 256 ? UInt8(table) : UInt8(RT_TABLE_UNSPEC.rawValue))
    message.append(origin.rawValue)
    message.append(scope)
    message.append(kind.rawValue)
    message.append(isOnLink ? Route.onLinkFlag : 0)
    if destination.length > 0 { message.attribute(RTA_DST.rawValue, destination.address) }
    message.attribute(RTA_TABLE.rawValue, table)
    if let gateway { Route.append(gateway, of: destination.family, to: &message) }
    if let interface { message.attribute(RTA_OIF.rawValue, interface) }
    if let source { message.attribute(RTA_PREFSRC.rawValue, source) }
    if priority != 0 { message.attribute(RTA_PRIORITY.rawValue, priority) }
    if let mtu { message.nest(RTA_METRICS.rawValue) { $0.attribute(RTAX_MTU, mtu) } }
    if !nextHops.isEmpty {
      var hops: [UInt8] = []
      for hop in nextHops { hops += hop.bytes(family: destination.family) }
      message.attribute(RTA_MULTIPATH.rawValue, bytes: hops)
    }
    return message
  }

  /// A gateway of the route's family, or of the other one (an IPv4 route through an IPv6 neighbour).
  fileprivate static func append(
    _ gateway: IPAddress, of family: IPAddress.Family, to message: inout RouteMessage
  ) {
    if gateway.family == family {
      message.attribute(RTA_GATEWAY.rawValue, gateway)
    } else {
      message.attribute(RTA_VIA.rawValue, bytes: [gateway.family.socketFamily, 0] + gateway.bytes)
    }
  }
}

extension Route.NextHop {
  fileprivate func bytes(family: IPAddress.Family) -> [UInt8] {
    var attributes = RouteMessage(0)
    if let gateway { Route.append(gateway, of: family, to: &attributes) }
    let tail = attributes.bytes.dropFirst(RouteMessage.headerSize)
    var bytes: [UInt8] = []
    withUnsafeBytes(of: UInt16(8 + tail.count)) { bytes.append(contentsOf: $0) }
    bytes.append(isOnLink ? UInt8(Route.onLinkFlag) : 0)
    bytes.append(UInt8(clamping: weight - 1))
    withUnsafeBytes(of: interface) { bytes.append(contentsOf: $0) }
    return bytes + tail
  }
}
