import Testing

@testable import Netlink

/// What those are told who listen for changes of nftables.
@Suite(.namespaces) struct MonitorTests {
  private let namespace: NetworkNamespace
  private let socket: NFTablesSocket
  private let table = NFTableName(.inet, "t")
  private let other = NFTableName(.ipv6, "other")

  init() throws {
    namespace = try NetworkNamespace.make()
    socket = try namespace.tables()
  }

  private func monitor(receiveBuffer: Int = 8 << 20) throws -> NFTablesMonitor {
    try namespace.run { () throws(NetlinkError) in try NFTablesMonitor(receiveBuffer: receiveBuffer) }
  }

  @Test(.timeLimit(.minutes(1))) func changesCarryThePortOfWhoMadeThem() async throws {
    let monitor = try monitor()
    var events = monitor.events().makeAsyncIterator()
    let set = NFSet("s", in: table, key: [.ipv4Address])
    let elements = (0..<100).map { NFElement([10, 0, 0, $0]) }
    try socket.commit(NFBatch([.addTable(NFTable(table)), .addSet(set), .addElements(elements, table, set: "s")]))
    // However many objects one transaction makes, they are one change of the table.
    #expect(await events.next() == .changed(table, port: socket.portID))
    let second = try namespace.tables()
    #expect(second.portID != socket.portID)
    try second.commit(
      NFBatch([.addTable(NFTable(other)), .deleteElements([elements[0]], table, set: "s"), .deleteTable(other)]))
    var seen: [NFTablesEvent] = []
    while seen.filter({ $0 == .changed(other, port: second.portID) }).count < 2, let event = await events.next() {
      seen.append(event)
    }
    #expect(Set(seen) == [.changed(other, port: second.portID), .changed(table, port: second.portID)])
    // Another process: its port is none of ours.
    try Programs.loadRuleset("flush set inet t s", in: namespace)
    guard case .changed(table, let port) = await events.next() else {
      Issue.record("the change by nft was not told")
      return
    }
    #expect(![socket.portID, second.portID, 0].contains(port))
    monitor.stop()
    #expect(await events.next() == nil)
  }

  @Test func aRefusedTransactionIsNotToldAndAnEmptyOneIsNone() async throws {
    let monitor = try monitor()
    var events = monitor.events().makeAsyncIterator()
    #expect(throws: NFCommitError.self) {
      try socket.commit(NFBatch([.addTable(NFTable(table)), .deleteTable(other)]))
    }
    try socket.commit(NFBatch([.addTable(NFTable(other))]))
    #expect(await events.next() == .changed(other, port: socket.portID))
  }

  /// More changes than the socket can hold: the reader hears that he missed some, and of what comes after.
  @Test(.timeLimit(.minutes(1))) func whatTheSocketCouldNotHoldIsToldAsOverrun() async throws {
    let monitor = try monitor(receiveBuffer: 1)
    let set = NFSet("s", in: table, key: [.ipv4Address])
    let elements = (0..<5000).map { NFElement(IPAddress(v4: $0).bytes) }
    try socket.commit(NFBatch([.addTable(NFTable(table)), .addSet(set), .addElements(elements, table, set: "s")]))
    // Nobody has read until now.
    var events = monitor.events().makeAsyncIterator()
    var event = await events.next()
    while event == .changed(table, port: socket.portID) { event = await events.next() }
    #expect(event == .overrun)
    try socket.commit(NFBatch([.addTable(NFTable(other))]))
    while event != nil, event != .changed(other, port: socket.portID) { event = await events.next() }
    #expect(event == .changed(other, port: socket.portID))
  }

  /// The same of the routing events, whose reader was slower than the changes.
  @Test(.timeLimit(.minutes(1))) func aSlowReaderIsToldOfTheOverrun() async throws {
    let monitor = try monitor()
    let events = monitor.events()
    for number in 0..<1500 {
      let name = number % 2 == 0 ? table : other
      try socket.commit(NFBatch([.addTable(NFTable(name)), .deleteTable(name)]))
    }
    var count = 0
    for await event in events {
      count += 1
      if event == .overrun { break }
    }
    #expect(count > 1000)
  }
}
