import Glibc
import KubeAPI
import KubeClientTesting
import Netlink
import Testing

@testable import NetAgent

/// What a pod with raw sockets tries, and what comes of it.
@Suite(.namespaces, .timeLimit(.minutes(2))) struct AttackTests {
  private func scene() async throws -> (TestNode, TestPod, [IPAddress]) {
    let api = FakeAPI()
    let node = try TestNode("one", api)
    try node.socket.add(
      InterfaceAddress(IPAddress(172, 30, 0, 1), interface: try node.socket.index(of: "lo")))
    try api.putNode("one", podCIDRs: ["10.244.1.0/24", "fd00:244:0:1::/64"], addresses: ["172.30.0.1"])
    try await node.serve()
    let pod = try TestPod()
    let outcome = try await node.plugin.call("ADD", pod.container, namespace: pod.path)
    try #require(outcome.addresses.count == 2, "\(outcome.message)")
    return (node, pod, outcome.addresses)
  }

  /// How many packets the rules that drop have counted, by comment.
  private func counts(_ node: TestNode) throws -> [String: UInt64] {
    try node.namespace.run { () throws -> [String: UInt64] in
      let socket = try NFTablesSocket()
      var counts: [String: UInt64] = [:]
      for table in [PodRules.table, PodRules.arpTable, NetworkRules.table] {
        for rule in try socket.rules(in: table) where rule.expressions.last == .verdict(.drop) {
          for case .counter(let packets, _) in rule.expressions { counts[rule.comment ?? "", default: 0] += packets }
        }
      }
      return counts
    }
  }

  private func link(_ pod: TestPod) -> PodLink {
    PodLink(CNIRequest.Attachment(container: pod.container, interface: "eth0"))
  }

  @Test func arpIsHeardByNobody() async throws {
    let (node, pod, addresses) = try await scene()
    let frames = try Frames(in: pod.namespace)
    let (own, host) = (link(pod).podAddress, link(pod).hostAddress)
    let index = try node.socket.index(of: link(pod).hostName)
    let before = Set(try node.socket.neighbours(.v4, interface: index))
    for number in 0..<300 {
      // Questions for the node's address by senders that are not there would fill its table of neighbours.
      let sender = IPAddress(10, 244, UInt8(number >> 8), UInt8(number & 0xff))
      frames.send(
        Packet.ethernet(
          to: HardwareAddress(value: .max), from: own, type: 0x0806,
          Packet.arp(1, sender: (own, sender), target: (.local(0), IPAddress(172, 30, 0, 1)))))
      // Answers that nobody asked for: another pod's address is here.
      frames.send(
        Packet.ethernet(
          to: host, from: own, type: 0x0806, Packet.arp(2, sender: (own, addresses[0]), target: (host, addresses[0]))))
    }
    let counts = try counts(node)
    #expect(counts["pods have nobody to ask"] == 600)
    #expect(Set(try node.socket.neighbours(.v4, interface: index)) == before)
    // The next comparison reads the counts.
    try node.socket.set(link(pod).hostName, LinkChange(isUp: false))
    let text = "skiff_network_pod_packets_dropped_total{kind=\"arp\"} 600"
    #expect(await eventually { node.registry.text().contains(text) })
    await node.stop()
  }

  @Test func inventedNeighboursAndRoutersAreDropped() async throws {
    let (node, pod, addresses) = try await scene()
    let frames = try Frames(in: pod.namespace)
    let (own, host) = (link(pod).podAddress, link(pod).hostAddress)
    let index = try node.socket.index(of: link(pod).hostName)
    let nodeLocal = try #require(
      try await waitForLinkLocal(node, index), "the node's end has no link-local address")
    let allNodes = try #require(IPAddress("ff02::1"))
    let routes = try node.socket.routes(RouteFilter(.v6))
    // The node's own multicast makes entries of its own.
    func neighbours() throws -> Set<IPAddress> {
      Set(try node.socket.neighbours(.v6, interface: index).map(\.address).filter { $0.bytes[0] != 0xff })
    }
    let before = try neighbours()
    let base = try counts(node)
    let comment = "neighbours and routers that a pod invents"
    for number in 0..<200 {
      let sender = IPAddress(number: 0xfe80 << 112 | UInt128(0xabc000 + number), family: .v6)
      func send(_ bytes: [UInt8], to target: IPAddress) {
        frames.send(
          Packet.ethernet(to: host, from: own, type: 0x86dd, Packet.icmpv6(from: sender, to: target, bytes)))
      }
      // Solicitation with the sender's link address, advertisement with override, and a router.
      send([135, 0, 0, 0, 0, 0, 0, 0] + nodeLocal.bytes + [1, 1] + own.bytes, to: nodeLocal)
      send([136, 0, 0, 0, 0x20, 0, 0, 0] + addresses[1].bytes + [2, 1] + own.bytes, to: nodeLocal)
      send([134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1] + own.bytes, to: allNodes)
    }
    // The pod's own kernel may have asked for routers meanwhile.
    #expect(try counts(node)[comment] ?? 0 >= (base[comment] ?? 0) + 600)
    #expect(try neighbours() == before)
    #expect(try node.socket.routes(RouteFilter(.v6)) == routes)
    await node.stop()
  }

  private func waitForLinkLocal(_ node: TestNode, _ index: Int32) async throws -> IPAddress? {
    var found: IPAddress?
    _ = try await eventually {
      found = try node.socket.addresses(interface: index, family: .v6).first { $0.address.isLinkLocal }?.address
      return found != nil
    }
    return found
  }

  @Test func spoofedSourcesOfBothFamiliesAreCounted() async throws {
    let (node, pod, addresses) = try await scene()
    let victim = try TestPod()
    let outcome = try await node.plugin.call("ADD", victim.container, namespace: victim.path)
    try #require(outcome.addresses.count == 2)
    let frames = try Frames(in: pod.namespace)
    let (own, host) = (link(pod).podAddress, link(pod).hostAddress)
    let comment = "a pod's packets come from its own address"
    let base = try counts(node)[comment] ?? 0
    let receivers = try outcome.addresses.map { try Datagrams(in: victim.namespace, $0) }
    let stolen4 = [IPAddress(10, 244, 1, 200), IPAddress(8, 8, 8, 8), IPAddress(172, 30, 0, 1), outcome.addresses[0]]
    for source in stolen4 {
      frames.send(
        Packet.ethernet(
          to: host, from: own, type: 0x0800,
          Packet.ipv4(17, from: source, to: outcome.addresses[0], Packet.udp(from: 1, to: 7000, [0x78]))))
    }
    let stolen6 = ["fd00:244:0:1::99", "2001:db8::1"].compactMap { IPAddress($0) } + [outcome.addresses[1]]
    for source in stolen6 {
      let datagram = Packet.udp(from: 1, to: 7000, [0x78])
      frames.send(
        Packet.ethernet(
          to: host, from: own, type: 0x86dd, Packet.ipv6(17, from: source, to: outcome.addresses[1], datagram)))
    }
    #expect(try counts(node)[comment] ?? 0 >= base + UInt64(stolen4.count + stolen6.count))
    for receiver in receivers { #expect(receiver.receive(within: 50) == nil) }
    // The honest way stays open.
    try Datagrams(in: pod.namespace, addresses[1]).send("honest", to: outcome.addresses[1])
    #expect(receivers[1].receive()?.text == "honest")
    await node.stop()
  }

  @Test func redirectsAreDropped() async throws {
    let (node, pod, addresses) = try await scene()
    let far = IPAddress(192, 0, 2, 1)
    let redirect =
      [5, 1, 0, 0] + IPAddress(10, 244, 1, 9).bytes
      + Packet.ipv4(17, from: IPAddress(172, 30, 0, 1), to: far, Packet.udp(from: 1, to: 2, []))
    try Frames(in: pod.namespace).send(
      Packet.ethernet(
        to: link(pod).hostAddress, from: link(pod).podAddress, type: 0x0800,
        Packet.ipv4(1, from: addresses[0], to: IPAddress(172, 30, 0, 1), Packet.icmp(redirect))))
    #expect(try counts(node)["routes that a pod invents"] == 1)
    await node.stop()
  }
}
