import Glibc
import Testing

@testable import Netlink

/// Links, addresses, routes and neighbours in the real kernel, in namespaces that end with the test.
@Suite(.namespaces) struct LinkTests {
  @Test func aVethIsMadeWithBothEndsInPlace() throws {
    let (left, right) = (try NetworkNamespace.make(), try NetworkNamespace.make())
    let outside = try RouteSocket(in: try NetworkNamespace.make())
    let mac = HardwareAddress.local(0x1234)
    let peer = NewLink.Peer("eth0", in: right, hardwareAddress: .local(0x99), mtu: 1400)
    try outside.create(
      NewLink("a", .veth(peer: peer), in: left, hardwareAddress: mac, mtu: 1400, isUp: true))

    #expect(try outside.links().map { $0.name } == ["lo"])
    try RouteSocket(in: left).set("a", LinkChange(alias: "left end"))
    let near = try #require(try RouteSocket(in: left).link(named: "a"))
    let far = try #require(try RouteSocket(in: right).link(named: "eth0"))
    #expect(near.isUp)
    #expect(near.kind == "veth")
    #expect(near.hardwareAddress == mac)
    #expect(near.mtu == 1400)
    #expect(near.alias == "left end")
    #expect(near.peer == far.index)
    #expect(near.peerNamespace != nil)
    #expect(far.hardwareAddress == .local(0x99))
    #expect(!far.isUp)
  }

  @Test func aLinkIsChangedAndDeleted() throws {
    let socket = try RouteSocket(in: try NetworkNamespace.make())
    let elsewhere = try NetworkNamespace.make()
    try socket.create(NewLink("a", .veth(peer: NewLink.Peer("b"))))
    try socket.set("a", LinkChange(mtu: 1300, hardwareAddress: .local(5), name: "c"))
    let link = try #require(try socket.link(named: "c"))
    #expect(link.mtu == 1300)
    #expect(link.hardwareAddress == .local(5))
    try socket.set(link.index, LinkChange(isUp: true))
    #expect(try #require(try socket.link(link.index)).isUp)
    try socket.set("b", LinkChange(namespace: elsewhere))
    #expect(try socket.link(named: "b") == nil)
    #expect(try RouteSocket(in: elsewhere).link(named: "b") != nil)
    #expect(try socket.deleteLink(named: "c"))
    #expect(try !socket.deleteLink(named: "c"))
    #expect(try RouteSocket(in: elsewhere).link(named: "b") == nil)
  }

  @Test func aBridgeAndItsPortKeepTheirOptions() throws {
    let socket = try RouteSocket(in: try NetworkNamespace.make())
    try socket.create(
      NewLink("br0", .bridge(Bridge(stpState: 0, forwardDelay: 200, multicastSnooping: false)), isUp: true))
    let bridge = try #require(try socket.link(named: "br0"))
    guard case .bridge(let options) = bridge.details else {
      Issue.record("no bridge options in \(bridge)")
      return
    }
    #expect(options.forwardDelay == 200)
    #expect(options.multicastSnooping == false)
    try socket.create(NewLink("p0", .veth(peer: NewLink.Peer("p1")), master: bridge.index))
    try socket.set("p0", LinkChange(port: BridgePort(hairpin: true, isolated: true, learning: false)))
    var port = try #require(try socket.link(named: "p0"))
    #expect(port.master == bridge.index)
    #expect(port.port?.hairpin == true)
    #expect(port.port?.isolated == true)
    #expect(port.port?.learning == false)
    try socket.set(port.index, LinkChange(master: LinkChange.Master.none))
    port = try #require(try socket.link(named: "p0"))
    #expect(port.master == nil)
  }

  @Test func theOtherEndIsSeenWithoutEnteringItsNamespace() throws {
    let (left, right) = (try NetworkNamespace.make(), try NetworkNamespace.make())
    let socket = try RouteSocket(in: left)
    try socket.create(NewLink("a", .veth(peer: NewLink.Peer("eth0", in: right, mtu: 1400)), mtu: 1400))
    let near = try #require(try socket.link(named: "a"))
    let (index, number) = (try #require(near.peer), try #require(near.peerNamespace))
    let far = try #require(try socket.link(index, in: number))
    #expect(far.name == "eth0" && far.mtu == 1400)
    #expect(try socket.link(index + 100, in: number) == nil)
    #expect(try socket.link(index, in: number + 100) == nil)
  }

  @Test func rulesOfOneOriginAreListed() throws {
    let socket = try RouteSocket(in: try NetworkNamespace.make())
    for text in ["10.244.1.0/24", "fd00:244::/64"] {
      let source = try #require(IPPrefix(text))
      let rule = RoutingRule(from: source, table: 83, priority: 8300, origin: Route.Origin(rawValue: 83))
      try socket.add(rule)
      #expect(throws: NetlinkError.self) { try socket.add(rule) }
      #expect(try socket.rules(source.family, origin: rule.origin) == [rule])
      #expect(try socket.rules(source.family).count > 1)
      try socket.delete(rule)
      #expect(try socket.rules(source.family, origin: rule.origin).isEmpty)
    }
  }

  @Test func forwardingIsSeenByInterface() throws {
    let namespace = try NetworkNamespace.make()
    let socket = try RouteSocket(in: namespace)
    try socket.create(NewLink("a", .veth(peer: NewLink.Peer("b"))))
    let index = try socket.index(of: "a")
    try namespace.setSysctl("net/ipv4/ip_forward", "1")
    try namespace.setSysctl("net/ipv4/conf/a/forwarding", "0")
    try namespace.setSysctl("net/ipv6/conf/all/forwarding", "0")
    let v4 = try socket.interfaceForwarding(.v4)
    #expect(v4.contains(InterfaceForwarding(.v4, interface: InterfaceForwarding.all, isOn: true)))
    #expect(v4.contains(InterfaceForwarding(.v4, interface: index, isOn: false)))
    #expect(
      try socket.interfaceForwarding(.v6).contains(
        InterfaceForwarding(.v6, interface: InterfaceForwarding.all, isOn: false)))
  }

  @Test func aVXLANDeviceHasStaticEntriesOnly() throws {
    let socket = try RouteSocket(in: try NetworkNamespace.make())
    let local = IPAddress(10, 0, 0, 1)
    try socket.create(NewLink("vx", .vxlan(VXLAN(identifier: 77, port: 8472, local: local)), isUp: true))
    let device = try #require(try socket.link(named: "vx"))
    #expect(device.details == .vxlan(VXLAN(identifier: 77, port: 8472, local: local)))
    let entry = ForwardingEntry(.local(0x77), to: IPAddress(10, 0, 0, 2), interface: device.index)
    try socket.replace(entry)
    #expect(try socket.forwardingEntries(interface: device.index).contains(entry))
    let moved = ForwardingEntry(.local(0x77), to: IPAddress(10, 0, 0, 3), interface: device.index)
    try socket.replace(moved)
    #expect(
      try socket.forwardingEntries(interface: device.index).filter { $0.hardwareAddress == .local(0x77) } == [moved])
    try socket.delete(moved)
    #expect(try !socket.forwardingEntries(interface: device.index).contains { $0.hardwareAddress == .local(0x77) })
  }

  @Test func addressesRoutesAndNeighboursAreAddedListedAndDeleted() throws {
    let socket = try RouteSocket(in: try NetworkNamespace.make())
    try socket.create(NewLink("a", .veth(peer: NewLink.Peer("b")), isUp: true))
    try socket.set("b", LinkChange(isUp: true))
    let index = try socket.index(of: "a")
    let v6 = try #require(IPAddress("fd00::1"))
    try socket.add(InterfaceAddress(IPAddress(10, 0, 0, 1), prefixLength: 24, interface: index))
    try socket.add(InterfaceAddress(v6, interface: index, flags: [.noDuplicateDetection, .noPrefixRoute]))
    let addresses = try socket.addresses(interface: index)
    #expect(addresses.contains { $0.address == IPAddress(10, 0, 0, 1) && $0.prefixLength == 24 })
    #expect(addresses.contains { $0.address == v6 && !$0.flags.contains(.tentative) })
    #expect(try socket.addresses(interface: index, family: .v4).count == 1)

    let origin = Route.Origin(rawValue: 201)
    let prefix = IPPrefix(IPAddress(10, 50, 0, 0), length: 16)
    let route = Route(
      to: prefix, via: IPAddress(10, 0, 0, 9), interface: index, source: IPAddress(10, 0, 0, 1), origin: origin)
    try socket.add(route)
    #expect(try socket.routes(RouteFilter(.v4, origin: origin)) == [route])
    let other = Route(to: prefix, via: IPAddress(192, 0, 2, 1), interface: index, origin: origin, isOnLink: true)
    try socket.replace(other)
    #expect(try socket.routes(RouteFilter(.v4, origin: origin)) == [other])
    #expect(try socket.route(to: IPAddress(10, 50, 1, 1))?.gateway == IPAddress(192, 0, 2, 1))
    #expect(try socket.route(to: IPAddress(198, 51, 100, 1)) == nil)
    let refused = Route(to: IPPrefix(IPAddress(10, 60, 0, 0), length: 16), kind: .blackhole, table: 99, origin: origin)
    try socket.add(refused)
    #expect(try socket.routes(RouteFilter(.v4, table: 99)) == [refused])
    #expect(try socket.routes(RouteFilter(.v4, table: 98)).isEmpty)
    try socket.delete(other)
    #expect(try socket.routes(RouteFilter(.v4, origin: origin)).isEmpty)

    let neighbour = Neighbour(IPAddress(10, 0, 0, 9), .local(9), interface: index)
    try socket.replace(neighbour)
    #expect(try socket.neighbours(.v4, interface: index) == [neighbour])
    try socket.delete(neighbour)
    #expect(try socket.neighbours(.v4, interface: index).isEmpty)
  }

  @Test func errorsNameCallObjectErrnoAndTheKernelsText() throws {
    let socket = try RouteSocket(in: try NetworkNamespace.make())
    try socket.create(NewLink("a", .veth(peer: NewLink.Peer("b")), isUp: true))
    let index = try socket.index(of: "a")
    let twice = try #require(throws: NetlinkError.self) { try socket.create(NewLink("a", .bridge())) }
    #expect(twice.errno == EEXIST)
    #expect(twice.description.hasPrefix("cannot create bridge a in net:["))
    #expect(twice.description.contains("EEXIST"))
    let route = Route(to: IPPrefix(host: IPAddress(10, 0, 0, 1)), via: IPAddress(10, 9, 9, 9), interface: index)
    let gateway = try #require(throws: NetlinkError.self) { try socket.add(route) }
    #expect(gateway.kernelMessage == "Nexthop has invalid gateway")
    #expect(gateway.description.contains("add route 10.0.0.1/32 via 10.9.9.9"))
    let missing = try #require(throws: NetlinkError.self) { try socket.index(of: "nope") }
    #expect(missing.errno == ENODEV)
  }
}
