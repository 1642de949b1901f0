import CNetlink
import Testing

@testable import Netlink

/// What goes to the kernel and what is read from it, without the kernel.
@Suite struct RouteMessageTests {
  /// What follows the header of a message.
  private func payload(_ message: RouteMessage) -> ArraySlice<UInt8> {
    message.finished(sequence: 1).dropFirst(RouteMessage.headerSize)
  }

  @Test func headerAndAttributesHaveTheWireForm() {
    var message = RouteMessage(RTM_GETLINK)
    LinkHeader(index: 7).append(to: &message)
    message.attribute(3, string: "eth0")
    #expect(
      message.finished(sequence: 0x0102_0304) == [
        44, 0, 0, 0, 18, 0, 1, 0, 4, 3, 2, 1, 0, 0, 0, 0,  // length, type, request, sequence, port
        0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // ifinfomsg
        9, 0, 3, 0, 0x65, 0x74, 0x68, 0x30, 0, 0, 0, 0,  // IFLA_IFNAME with its zero, padded
      ])
  }

  @Test func nestedAttributesCountTheirContent() {
    var message = RouteMessage(0)
    message.nest(18) { $0.attribute(1, UInt32(5)) }
    #expect(message.bytes.dropFirst(16) == [12, 0, 18, 0x80, 8, 0, 1, 0, 5, 0, 0, 0])
  }

  @Test(arguments: [
    Route(to: IPPrefix(IPAddress(10, 1, 2, 0), length: 24), via: IPAddress(192, 168, 0, 1), interface: 4),
    Route(
      to: .everything(.v6), via: IPAddress("fe80::1"), interface: 3, source: IPAddress("fd00::5"), table: 1000,
      origin: Route.Origin(rawValue: 83), priority: 1024, isOnLink: true, mtu: 1430),
    Route(to: IPPrefix(host: IPAddress(10, 1, 2, 3)), via: IPAddress("fd00::1"), interface: 2),
    Route(to: IPPrefix(IPAddress(10, 9, 0, 0), length: 16), kind: .unreachable, table: 7),
  ]) func routesAreReadAsWritten(route: Route) {
    #expect(Route(payload: payload(route.message(RTM_NEWROUTE, flags: 0))) == route)
  }

  @Test func severalNextHopsAreReadAsWritten() {
    var route = Route(to: IPPrefix(IPAddress(10, 1, 0, 0), length: 16), scope: 0)
    route.nextHops = [
      Route.NextHop(gateway: IPAddress(10, 0, 0, 1), interface: 2, weight: 3),
      Route.NextHop(gateway: IPAddress("fd00::1"), interface: 3, isOnLink: true),
    ]
    #expect(Route(payload: payload(route.message(RTM_NEWROUTE, flags: 0))) == route)
  }

  @Test func addressesAreReadAsWritten() throws {
    let plain = InterfaceAddress(IPAddress(10, 0, 0, 1), prefixLength: 24, interface: 9, flags: .noPrefixRoute)
    let peer = InterfaceAddress(
      try #require(IPAddress("fd00::1")), interface: 9, peer: IPAddress("fd00::2"),
      flags: [.permanent, .noDuplicateDetection], scope: 253)
    for address in [plain, peer] {
      #expect(InterfaceAddress(payload: payload(address.message(RTM_NEWADDR, flags: 0))) == address)
    }
  }

  @Test func neighboursAreReadAsWritten() {
    let mac = HardwareAddress(value: 0x0242_0a00_0001)
    let neighbour = Neighbour(IPAddress(10, 0, 0, 7), mac, interface: 3)
    #expect(Neighbour(payload: payload(neighbour.message(RTM_NEWNEIGH, flags: 0))) == neighbour)
    let entry = ForwardingEntry(mac, to: IPAddress(192, 168, 0, 2), interface: 5)
    let bytes = payload(entry.message(RTM_NEWNEIGH, flags: 0))
    #expect(ForwardingEntry(payload: bytes) == entry)
    #expect(Neighbour(payload: bytes) == nil)
  }

  @Test func hardwareAddressesAreReadAsWritten() {
    let address = HardwareAddress(value: 0x0242_0a00_00ff)
    #expect(address.description == "02:42:0a:00:00:ff")
    #expect(HardwareAddress(address.description) == address)
    #expect(HardwareAddress.local(.max).description == "fe:ff:ff:ff:ff:ff")
    for text in ["", "02:42:0a:00:00", "02:42:0a:00:00:fff", "+2:42:0a:00:00:ff", "02-42-0a-00-00-ff"] {
      #expect(HardwareAddress(text) == nil)
    }
  }
}
