import CNetlink
import Foundation
import Testing

@testable import Netlink

/// Messages that are damaged, cut or none at all are read to some end: nothing crashes, nothing outside is read, and
/// what a message of a few hundred bytes can hold bounds what is made of it.
///
/// `SKIFF_FUZZ=100` runs a hundred times as many.
@Suite struct MalformedMessageTests {
  private static let inputs = 150_000 * max(1, Int(ProcessInfo.processInfo.environment["SKIFF_FUZZ"] ?? "") ?? 1)

  // MARK: Netfilter

  /// Valid messages of all kinds, as the batch encoder makes them.
  private static var nftables: [[UInt8]] {
    var random = Generator(seed: 11)
    let table = NFTableName(.inet, "t")
    var operations: [NFBatch.Operation] = []
    for _ in 0..<20 {
      operations += [
        .addTable(random.table()), .addChain(random.chain()), .addSet(random.set()),
        .addRule(NFRule(in: "c", of: table, [random.expression(), random.expression()])),
        .addElements([random.element(), random.element()], table, set: "s"),
      ]
    }
    return operations.map { Array(NFBatchEncoder([$0], firstSequence: 1).buffer.bytes.dropFirst(20).dropLast(20)) }
  }

  private static var flows: [[UInt8]] {
    [IPAddress(10, 0, 0, 1), IPAddress(v4: 0).mapped].map { address in
      let tuple = ConntrackTuple(
        source: address, destination: address, transport: 17, sourcePort: 1, destinationPort: 53)
      var message = MessageBuffer()
      let start = message.beginMessage(
        UInt16(NFNL_SUBSYS_CTNETLINK) << 8, flags: 0, sequence: 1, family: UInt8(AF_INET))
      tuple.encode(CTA_TUPLE_ORIG, into: &message)
      tuple.encode(CTA_TUPLE_REPLY, into: &message)
      message.put(CTA_STATUS, UInt32(0x1ae))
      message.put(CTA_ZONE, UInt16(3))
      message.put(CTA_ID, UInt32(7))
      message.endMessage(start)
      return message.bytes
    }
  }

  /// A refusal with the kernel's words, and one with the whole refused message in it.
  private static var refusals: [[UInt8]] {
    func message(_ flags: UInt16, _ echo: [UInt8]) -> [UInt8] {
      let text: [UInt8] = [8, 0, 1, 0, 0x6e, 0x6f, 0x21, 0, 8, 0, 2, 0, 28, 0, 0, 0]
      let header = [UInt8(36 + echo.count - 16 + text.count), 0, 0, 0, 2, 0, UInt8(flags & 0xff), UInt8(flags >> 8)]
      return header + [1, 0, 0, 0, 0, 0, 0, 0] + [0xfe, 0xff, 0xff, 0xff] + echo + text
    }
    let echo: [UInt8] = [16, 0, 0, 0, 0, 10, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    return [message(0x300, echo), message(0x200, [24] + echo.dropFirst() + [1, 2, 3, 4, 5, 6, 7, 8])]
  }

  /// Reads a datagram with everything that reads netfilter's messages, and says how much came of it.
  private func read(_ datagram: UnsafeRawBufferPointer) -> Int {
    var count = 0
    for message in Messages(datagram) {
      count += 1
      count += Int(message.errno & 1) + message.extendedText.utf8.count + ((message.extendedOffset ?? 0) & 1)
      switch Int32(message.type) & 0x3ff {
      case Int32(NFNL_SUBSYS_CTNETLINK) << 8 | 0: count += ConntrackFlow(message) == nil ? 0 : 1
      case let type where type & 0xff == NFT_MSG_NEWTABLE.rawValue: count += NFTable(message) == nil ? 0 : 1
      case let type where type & 0xff == NFT_MSG_NEWCHAIN.rawValue: count += NFChain(message) == nil ? 0 : 1
      case let type where type & 0xff == NFT_MSG_NEWSET.rawValue: count += NFSet(message)?.key.count ?? 0
      case let type where type & 0xff == NFT_MSG_NEWRULE.rawValue: count += NFRule(message)?.expressions.count ?? 0
      default:
        for entry in message.attributes.first(NFTA_SET_ELEM_LIST_ELEMENTS)?.nested ?? message.attributes {
          count += NFElement(entry.nested)?.key.count ?? 0
        }
      }
    }
    return count
  }

  @Test func netfilterMessages() throws {
    let messages = Self.nftables + Self.flows + Self.refusals
    let memory = try GuardedBytes(capacity: 65_536)
    // As they are, they are read.
    #expect(messages.allSatisfy { memory.reading($0) { self.read($0) } > 1 })
    var mutation = Mutation(seed: 21, of: messages)
    for _ in 0..<Self.inputs {
      let input = mutation.next()
      let count = memory.reading(input) { read($0) }
      #expect(count <= 8 * (input.count + 1))
    }
  }

  // MARK: Routing

  private static var routing: [[UInt8]] {
    var route = Route(to: IPPrefix(IPAddress(10, 1, 0, 0), length: 16), scope: 0)
    route.nextHops = [
      Route.NextHop(gateway: IPAddress(10, 0, 0, 1), interface: 2, weight: 3),
      Route.NextHop(gateway: IPAddress("fd00::1"), interface: 3, isOnLink: true),
    ]
    let wide = Route(to: .everything(.v6), via: IPAddress("fe80::1"), interface: 3, table: 1000, mtu: 1430)
    let neighbour = Neighbour(IPAddress(10, 0, 0, 7), .local(7), interface: 3)
    let entry = ForwardingEntry(.local(8), to: IPAddress(192, 168, 0, 2), interface: 5)
    let address = InterfaceAddress(IPAddress(10, 0, 0, 1), interface: 9, peer: IPAddress(10, 0, 0, 2))
    let rule = RoutingRule(
      from: IPPrefix(IPAddress(10, 1, 0, 0), length: 16), table: 1000, priority: 8, origin: .static)
    var link = RouteMessage(RTM_NEWLINK)
    LinkHeader(index: 7, flags: 1).append(to: &link)
    link.attribute(IFLA_IFNAME, string: "vx0")
    link.attribute(IFLA_MTU, UInt32(1400))
    link.nest(IFLA_LINKINFO) { information in
      information.attribute(IFLA_INFO_KIND, string: "vxlan")
      information.nest(IFLA_INFO_DATA) { VXLAN(identifier: 3, local: IPAddress(10, 0, 0, 1)).append(to: &$0) }
      information.attribute(IFLA_INFO_SLAVE_KIND, string: "bridge")
      information.nest(IFLA_INFO_SLAVE_DATA) { BridgePort(hairpin: true).append(to: &$0) }
    }
    var bridge = RouteMessage(RTM_DELLINK)
    LinkHeader(index: 8).append(to: &bridge)
    bridge.attribute(IFLA_IFNAME, string: "br0")
    bridge.nest(IFLA_LINKINFO) { information in
      information.attribute(IFLA_INFO_KIND, string: "bridge")
      information.nest(IFLA_INFO_DATA) { Bridge(stpState: 1, ageingTime: 300).append(to: &$0) }
    }
    let messages = [
      route.message(RTM_NEWROUTE, flags: 0), wide.message(RTM_DELROUTE, flags: 0),
      neighbour.message(RTM_NEWNEIGH, flags: 0), entry.message(RTM_DELNEIGH, flags: 0),
      address.message(RTM_NEWADDR, flags: 0), link, bridge, rule.message(RTM_NEWRULE, flags: 0),
    ]
    return messages.map { $0.finished(sequence: 1) }
  }

  /// Slices are checked at each access, so no memory of its own is needed here.
  @Test func routingMessages() {
    let messages = Self.routing
    #expect(messages.allSatisfy { events(in: $0).count == 1 })
    #expect(Self.refusals.allSatisfy { answers(in: $0) == 0 })
    var mutation = Mutation(seed: 22, of: messages + Self.refusals)
    for _ in 0..<Self.inputs {
      let input = mutation.next()
      let limit = input.count / RouteMessage.headerSize
      #expect(events(in: input).count <= limit)
      #expect(answers(in: input) <= limit)
    }
  }

  private func events(in datagram: [UInt8]) -> [RouteEvent] { RouteEvent.events(in: datagram[...]) }

  /// How many objects an answer has.
  private func answers(in datagram: [UInt8]) -> Int {
    var count = 0
    var isInterrupted = false
    _ = RouteSocket.answers(in: datagram[...], to: 1, &isInterrupted) { _, _ in count += 1 }
    return count
  }
}

extension IPAddress {
  /// An IPv6 address, for what only needs to be one.
  fileprivate var mapped: IPAddress { IPAddress(high: 0xfd00 << 48, low: 1, family: .v6) }
}
