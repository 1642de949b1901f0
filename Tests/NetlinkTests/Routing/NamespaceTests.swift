import Glibc
import Synchronization
import Testing

@testable import Netlink

@Suite(.namespaces) struct NamespaceTests {
  @Test func aNamespaceIsKeptByItsPathUntilDeleted() throws {
    let folder = "/tmp/skiff-netns-\(UInt32.random(in: 0...UInt32.max))"
    let path = folder + "/sub/one"
    defer {
      unlink(path)
      rmdir(folder + "/sub")
      rmdir(folder)
    }
    let identifier = try NetworkNamespace.create(at: path).identifier
    #expect(try NetworkNamespace.open(at: path).identifier == identifier)
    let taken = try #require(throws: NetlinkError.self) { try NetworkNamespace.create(at: path) }
    #expect(taken.errno == EEXIST)
    try NetworkNamespace.delete(at: path)
    #expect(access(path, F_OK) != 0)
    try NetworkNamespace.delete(at: path)
  }

  @Test func aFileWithoutNamespaceIsRefusedAndRemoved() throws {
    let path = "/tmp/skiff-netns-\(UInt32.random(in: 0...UInt32.max))"
    close(open(path, O_CREAT | O_WRONLY, 0o600))
    defer { unlink(path) }
    let error = try #require(throws: NetlinkError.self) { try NetworkNamespace.open(at: path) }
    #expect(error.errno == EINVAL)
    try NetworkNamespace.delete(at: path)
    #expect(access(path, F_OK) != 0)
  }

  @Test func aClosureRunsInsideAndOnlyItsThread() throws {
    let before = try NetworkNamespace.current()
    let namespace = try NetworkNamespace.make()
    let inside = try namespace.run { () throws(NetlinkError) in try NetworkNamespace.current() }
    #expect(inside == namespace)
    #expect(inside != before)
    #expect(try NetworkNamespace.current() == before)
    struct Refusal: Error {}
    #expect(throws: Refusal.self) { try namespace.run { () throws in throw Refusal() } }
  }

  @Test func sysctlsAreTheNamespacesOwn() throws {
    let (one, other) = (try NetworkNamespace.make(), try NetworkNamespace.make())
    try one.setSysctl("net/ipv4/ip_forward", "1")
    try other.setSysctl("net/ipv4/ip_forward", "0")
    #expect(try one.sysctl("net/ipv4/ip_forward") == "1")
    #expect(try other.sysctl("net/ipv4/ip_forward") == "0")
    let error = try #require(throws: NetlinkError.self) { try one.setSysctl("net/ipv4/no_such_thing", "1") }
    #expect(error.errno == ENOENT)
  }

  @Test(.timeLimit(.minutes(1))) func changesAreTold() async throws {
    let namespace = try NetworkNamespace.make()
    let socket = try RouteSocket(in: namespace)
    let events = try RouteEvents.stream(.all, in: namespace)
    try socket.create(NewLink("a", .veth(peer: NewLink.Peer("b")), isUp: true))
    try socket.set("b", LinkChange(isUp: true))
    let index = try socket.index(of: "a")
    let address = InterfaceAddress(IPAddress(10, 0, 0, 1), prefixLength: 24, interface: index)
    try socket.add(address)
    let route = Route(to: IPPrefix(IPAddress(10, 7, 0, 0), length: 16), via: IPAddress(10, 0, 0, 2), interface: index)
    try socket.add(route)
    try socket.delete(route)
    let neighbour = Neighbour(IPAddress(10, 0, 0, 2), .local(2), interface: index)
    try socket.replace(neighbour)
    let rule = RoutingRule(
      from: IPPrefix(IPAddress(10, 7, 0, 0), length: 16), table: 83, priority: 8300, origin: Route.Origin(rawValue: 83))
    try socket.add(rule)
    try socket.delete(rule)
    try namespace.setSysctl("net/ipv4/conf/a/forwarding", "1")
    try socket.deleteLink(named: "a")
    var seen: [String] = []
    for await event in events {
      switch event {
      case .link(let link) where link.name == "a" && !seen.contains("link"): seen.append("link")
      case .address(let new) where new.address == address.address: seen.append("address")
      case .route(route): seen.append("route")
      case .routeDeleted(route): seen.append("route deleted")
      case .neighbour(neighbour): seen.append("neighbour")
      case .rule(rule): seen.append("rule")
      case .ruleDeleted(rule): seen.append("rule deleted")
      case .interfaceForwarding(let setting) where setting.interface == index && setting.isOn:
        seen.append("forwarding")
      case .linkDeleted(let link) where link.name == "a": seen.append("link deleted")
      default: break
      }
      if seen.last == "link deleted" { break }
    }
    #expect(
      seen == [
        "link", "address", "route", "route deleted", "neighbour", "rule", "rule deleted", "forwarding", "link deleted",
      ])
  }
}
