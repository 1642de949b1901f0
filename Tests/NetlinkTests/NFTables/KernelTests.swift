import Glibc
import Testing

@testable import Netlink

/// The kernel takes what is written and gives it back, and the `nft` program can list it.
@Suite(.namespaces) struct NFTablesKernelTests {
  private let namespace: NetworkNamespace
  private let socket: NFTablesSocket
  private let table = NFTableName(.inet, "t")

  init() throws {
    namespace = try NetworkNamespace.make()
    socket = try namespace.tables()
  }

  private func base(_ name: String, _ kind: NFBaseChain.Kind, _ hook: NFBaseChain.Hook, _ priority: Int32) -> NFChain {
    NFChain(name, in: table, base: NFBaseChain(kind, hook: hook, priority: priority))
  }

  private func withoutHandle<Value>(_ value: Value, _ handle: WritableKeyPath<Value, UInt64?>) -> Value {
    var value = value
    value[keyPath: handle] = nil
    return value
  }

  // MARK: Sets

  private var chains: [NFChain] {
    [
      base("prerouting", .nat, .prerouting, -100), base("postrouting", .nat, .postrouting, 100),
      base("raw", .filter, .prerouting, -300), base("output", .route, .output, -150),
      NFChain("input", in: table, base: NFBaseChain(.filter, hook: .input, priority: 0, policy: .drop)),
      base("forward", .filter, .forward, 0), NFChain("jumped", in: table), NFChain("gone to", in: table),
    ]
  }

  /// Each kind of set, with elements that fill what an element can have.
  private var sets: [(set: NFSet, elements: [NFElement])] {
    let v6 = [UInt8](repeating: 0xfd, count: 16)
    let frontend: [NFDataType] = [.ipv4Address, .inetProtocol, .inetService]
    func key(_ last: UInt8) -> [UInt8] { [10, 96, 0, last, 6, 0, 0, 0, 0, 80, 0, 0] }
    return [
      (NFSet("addresses", in: table, key: [.ipv4Address]), [NFElement([10, 0, 0, 1]), NFElement([10, 0, 0, 2])]),
      (NFSet("addresses6", in: table, key: [.ipv6Address], size: 100, comment: "Grüße"), [NFElement(v6)]),
      (NFSet("ethers", in: table, key: [.etherAddress]), [NFElement([2, 0, 0, 0, 0, 1])]),
      (NFSet("protocols", in: table, key: [.inetProtocol]), [NFElement([6]), NFElement([17])]),
      (NFSet("ports", in: table, key: [.inetService], hasCounters: true), [NFElement([0, 80])]),
      (NFSet("marks", in: table, key: [.mark]), [NFElement([1, 0, 0, 0])]),
      (
        NFSet("names", in: table, key: [.interfaceName]),
        [NFElement(Array("eth0".utf8) + [UInt8](repeating: 0, count: 12))]
      ),
      (
        NFSet("prefixes", in: table, key: [.ipv4Address], flags: .interval),
        [NFElement([0, 0, 0, 0], isIntervalEnd: true)] + NFElement.range(IPPrefix(IPAddress(10, 1, 0, 0), length: 16))
          + NFElement.range(IPPrefix(IPAddress(240, 0, 0, 0), length: 4))
      ),
      (
        NFSet("ranges", in: table, key: [.ipv4Address, .inetService], flags: .interval),
        [NFElement([10, 0, 0, 0, 0, 80, 0, 0], to: [10, 0, 0, 255, 0, 90, 0, 0])]
      ),
      (
        NFSet("dispatch", in: table, key: frontend, content: .verdicts, size: 64),
        [
          NFElement(key(1), data: .verdict(.goto("gone to"))), NFElement(key(2), data: .verdict(.jump("jumped"))),
          NFElement(key(3), data: .verdict(.drop)), NFElement(key(4), data: .verdict(.accept)),
          NFElement(key(5), data: .verdict(.return)), NFElement(key(6), data: .verdict(.continue)),
        ]
      ),
      (
        NFSet("endpoints", in: table, key: frontend + [.mark], content: .values([.ipv4Address, .inetService])),
        [NFElement(key(1) + [0, 0, 0, 0], data: .value([10, 244, 0, 1, 0x1f, 0x90, 0, 0]))]
      ),
      (
        NFSet("mark of port", in: table, key: [.inetService], content: .values([.mark])),
        [NFElement([0, 80], data: .value([7, 0, 0, 0]))]
      ),
      (
        NFSet("seen", in: table, key: [.ipv4Address], flags: [.dynamic, .timeout], size: 1000, timeout: 60_000),
        [NFElement([10, 0, 0, 1], timeout: 3_600_000)]
      ),
      (
        NFSet("kept", in: table, key: [.ipv4Address], content: .values([.mark]), flags: [.dynamic, .timeout], size: 9),
        []
      ),
    ]
  }

  @Test func setsAndElementsAreReadAsTheyWereMade() throws {
    var batch = NFBatch([.addTable(NFTable(table, comment: "made by a test"))])
    for chain in chains { batch.append(.addChain(chain)) }
    for (set, elements) in sets {
      batch.append(.addSet(set))
      batch.append(.addElements(elements, table, set: set.name))
    }
    try socket.commit(batch)
    #expect(try socket.tables().map { withoutHandle($0, \.handle) } == [NFTable(table, comment: "made by a test")])
    #expect(Set(try socket.chains(in: table).map { withoutHandle($0, \.handle) }) == Set(chains))
    let found = try socket.sets(in: table)
    #expect(found.count == sets.count)
    for (set, elements) in sets {
      let read = try #require(found.first { $0.name == set.name })
      #expect(read.hasSameDefinition(as: set))
      #expect(read.handle != nil)
      let held = try socket.elements(of: set.name, in: table).map { element in
        var element = element
        // Counts and what is left of the time are the kernel's own; a set's own time is that of its elements.
        #expect((element.packets == 0) == set.hasCounters)
        #expect((element.expiration ?? 0) <= (element.timeout ?? 0))
        (element.packets, element.byteCount, element.expiration) = (nil, nil, nil)
        return element
      }
      // The kernel puts an end before the first of ranges, where there is none.
      let isRanges = set.flags.contains(.interval) && set.key.count == 1
      let wanted = isRanges ? elements.filter { !($0.isIntervalEnd && $0.key.allSatisfy { $0 == 0 }) } : elements
      #expect(Set(held.filter { !($0.isIntervalEnd && $0.key.allSatisfy { $0 == 0 }) }) == Set(wanted), "\(set.name)")
    }
    let text = try Programs.ruleset(of: namespace)
    for (set, _) in sets where !set.name.contains(" ") { #expect(text.contains("\(set.name) {")) }
    #expect(text.contains("10.96.0.1 . 6 . 80") || text.contains("10.96.0.1 . tcp . 80"))
  }

  // MARK: Expressions

  /// Every expression, in a chain where it means something.
  private var rules: [NFRule] {
    func rule(_ chain: String, _ expressions: NFExpression...) -> NFRule {
      NFRule(in: chain, of: table, comment: "\(expressions.map(\.name).joined(separator: " "))", expressions)
    }
    let isIPv4 = [NFExpression.meta(.networkProtocol, into: 0), .compare(0, .equal, [2])]
    let isTCP = [NFExpression.meta(.transportProtocol, into: 0), .compare(0, .equal, [6])]
    func onlyIPv4(_ chain: String, _ expressions: NFExpression...) -> NFRule {
      NFRule(in: chain, of: table, isIPv4 + expressions)
    }
    let fifo = NFExpression.payload(.network, offset: 12, length: 4, into: 4)
    return [
      rule("input", .payload(.link, offset: 6, length: 6, into: 8), .counter()),
      rule("input", .payload(.transport, offset: 2, length: 2, into: 1), .compare(1, .greaterOrEqual, [4, 0])),
      onlyIPv4("input", fifo, .bitwise(from: 4, into: 4, mask: [255, 255, 0, 0], xor: [0, 0, 0, 0])),
      onlyIPv4("input", fifo, .byteOrder(from: 4, into: 5, length: 4, size: 4), .compare(5, .less, [0, 0, 0, 1])),
      onlyIPv4("input", fifo, .range(4, from: [10, 0, 0, 0], to: [10, 0, 0, 9])),
      onlyIPv4("input", fifo, .range(4, from: [10, 0, 0, 0], to: [10, 0, 0, 9], inverted: true)),
      onlyIPv4("input", fifo, .lookup(set: "addresses", key: 4)),
      onlyIPv4("input", fifo, .lookup(set: "addresses", key: 4, inverted: true), .log(prefix: "unknown ")),
      onlyIPv4("input", fifo, .dynset(.update, set: "seen", key: 4, timeout: 30_000)),
      onlyIPv4("input", fifo, .dynset(.add, set: "seen", key: 4)),
      onlyIPv4("input", fifo, .immediate([1, 0, 0, 0], into: 5), .dynset(.add, set: "kept", key: 4, data: 5)),
      onlyIPv4("input", fifo, .dynset(.delete, set: "seen", key: 4)),
      rule("input", .limit(rate: 5, seconds: 60, burst: 7), .verdict(.accept)),
      rule("input", .limit(rate: 5, seconds: 1, burst: 5, inverted: true), .verdict(.drop)),
      rule("input", .verdict(.jump("jumped"))), rule("jumped", .verdict(.return)),
      rule("jumped", .verdict(.continue)), rule("forward", .verdict(.goto("gone to"))),
      NFRule(in: "forward", of: table, isTCP + [.reject(.tcpReset)]),
      onlyIPv4("forward", .reject(.icmp(3))), rule("forward", .reject(.icmpAnyFamily(1))),
      rule("forward", .conntrack(.state, into: 0), .bitwise(from: 0, into: 0, mask: [6, 0, 0, 0], xor: [0, 0, 0, 0])),
      rule("forward", .conntrack(.status, into: 0)), rule("forward", .conntrack(.expiration, into: 3)),
      onlyIPv4("forward", .conntrack(.sourceIPv4, .original, into: 2)),
      rule("forward", .conntrack(.destinationPort, .reply, into: 15)), rule("forward", .conntrack(.mark, into: 0)),
      rule("forward", .immediate([9, 0, 0, 0], into: 0), .setConntrack(.mark, from: 0)),
      rule("forward", .immediate([9, 0, 0, 0], into: 0), .setMeta(.mark, from: 0)),
      rule("raw", .notrack), rule("raw", .meta(.inputName, into: 0)), rule("raw", .meta(.length, into: 0)),
      rule("raw", .fib([.destination, .inputInterface], .addressType, into: 0), .compare(0, .notEqual, [2, 0, 0, 0])),
      rule("raw", .fib([.source], .outputName, into: 4)),
      rule("prerouting", .redirect()),
      NFRule(in: "prerouting", of: table, isTCP + [.immediate([0x1f, 0x90], into: 3), .redirect(port: 3)]),
      NFRule(
        in: "prerouting", of: table,
        isIPv4 + isTCP + [
          .payload(.network, offset: 16, length: 4, into: 0), .meta(.transportProtocol, into: 1),
          .payload(.transport, offset: 2, length: 2, into: 2),
          .numgen(.random, modulus: 5, offset: 3, into: 3),
          .lookup(set: "endpoints", key: 0, into: 8), .nat(.destination, .ipv4, address: 8, port: 9),
        ]),
      NFRule(
        in: "prerouting", of: table,
        isIPv4 + isTCP + [
          .payload(.network, offset: 16, length: 4, into: 0), .meta(.transportProtocol, into: 1),
          .payload(.transport, offset: 2, length: 2, into: 2), .verdictMap("dispatch", key: 0),
        ]),
      rule("prerouting", .numgen(.incremental, modulus: 9, into: 7)),
      onlyIPv4(
        "postrouting", .immediate([192, 0, 2, 1], into: 5), .nat(.source, .ipv4, address: 5, flags: [.persistent])),
      rule("postrouting", .masquerade()), rule("postrouting", .masquerade([.fullyRandom])),
    ]
  }

  @Test func expressionsAreReadAsTheyWereMade() throws {
    var batch = NFBatch([.addTable(NFTable(table))])
    for chain in chains { batch.append(.addChain(chain)) }
    for (set, _) in sets { batch.append(.addSet(set)) }
    for rule in rules { batch.append(.addRule(rule)) }
    try socket.commit(batch)
    let read = try socket.rules(in: table)
    for chain in chains {
      let (held, wanted) = (read.filter { $0.chain == chain.name }, rules.filter { $0.chain == chain.name })
      #expect(held.count == wanted.count)
      for (held, wanted) in zip(held, wanted) {
        #expect(held.hasSameDefinition(as: wanted), "\(held.expressions) of \(wanted.expressions)")
        #expect(held.handle != nil)
      }
    }
    let text = try Programs.ruleset(of: namespace)
    #expect(text.contains("numgen random mod 5 offset 3"))
  }

  @Test func tenThousandElementsInOneTransactionCountTheirPackets() throws {
    let set = NFSet("many", in: table, key: [.ipv4Address], size: 10_000, hasCounters: true)
    let elements = (0..<10_000).map { NFElement(IPAddress(v4: 0x0a00_0000 + UInt32($0)).bytes) }
    let statistics = try socket.commit(
      NFBatch([.addTable(NFTable(table)), .addSet(set), .addElements(elements, table, set: "many")]))
    #expect(statistics.messages > 4)
    let read = try socket.elements(of: "many", in: table)
    #expect(Set(read.map(\.key)) == Set(elements.map(\.key)))
    #expect(read.allSatisfy { $0.packets == 0 && $0.byteCount == 0 })
  }

  @Test func whatIsNotThereIsSaid() throws {
    #expect(try socket.chains(in: table).isEmpty)
    #expect(try socket.rules(in: table).isEmpty)
    #expect(try socket.sets(in: table).isEmpty)
    let error = try #require(throws: NetlinkError.self) { try socket.elements(of: "s", in: table) }
    #expect(error.errno == ENOENT)
    #expect(error.description.contains("elements of inet t s"))
  }

  @Test func aBatchOfNothingIsDone() throws {
    try socket.commit(NFBatch())
    try socket.commit(NFBatch([.addTable(NFTable(table))]))
    try socket.commit(NFBatch([.addElements([], table, set: "none")]))
  }
}
