@testable import Netlink

/// Random nftables objects: what the types can hold, not what a kernel would accept.
extension Generator {
  private static let metaKeys = (0...40).compactMap { NFExpression.MetaKey(rawValue: $0) }
  private static let conntrackKeys = (0...40).compactMap { NFExpression.ConntrackKey(rawValue: $0) }
  private static let comparisons = (0...9).compactMap { NFExpression.Comparison(rawValue: $0) }
  private static let fibResults = (0...9).compactMap { NFExpression.FIBResult(rawValue: $0) }
  private static let families = (0...20).compactMap { NFFamily(rawValue: $0) }
  private static let hooks = (0...9).compactMap { NFBaseChain.Hook(rawValue: $0) }
  private static let types: [NFDataType] = [
    .ipv4Address, .ipv6Address, .etherAddress, .inetProtocol, .inetService, .mark, .interfaceName,
  ]

  mutating func register() -> NFRegister { NFRegister(number(0...15)) }

  mutating func tableName() -> NFTableName { NFTableName(pick(Self.families), text()) }

  mutating func verdict() -> NFVerdict {
    pick([.accept, .drop, .continue, .return, .jump(text()), .goto(text())])
  }

  mutating func data() -> NFData { once(in: 2) ? .verdict(verdict()) : .value(bytes(number(0...64))) }

  private mutating func natFlags() -> NFExpression.NATFlags {
    NFExpression.NATFlags(rawValue: u32() & 28)
  }

  /// Any expression; every case comes up.
  mutating func expression() -> NFExpression {
    switch number(0...11) {
    case 0:
      .payload(
        pick([.link, .network, .transport]), offset: number(0...0xffff), length: number(0...64), into: register())
    case 1: once(in: 2) ? .meta(pick(Self.metaKeys), into: register()) : .setMeta(pick(Self.metaKeys), from: register())
    case 2:
      once(in: 3)
        ? .setConntrack(pick(Self.conntrackKeys), from: register())
        : .conntrack(pick(Self.conntrackKeys), pick([nil, .original, .reply]), into: register())
    case 3: .compare(register(), pick(Self.comparisons), bytes(number(0...64)))
    case 4: .range(register(), from: bytes(4), to: bytes(4), inverted: once(in: 2))
    case 5:
      once(in: 2)
        ? .bitwise(from: register(), into: register(), mask: bytes(8), xor: bytes(8))
        : .byteOrder(from: register(), into: register(), length: number(1...64), size: pick([2, 4, 8]))
    case 6: setAccess()
    case 7: once(in: 2) ? .verdict(verdict()) : .immediate(bytes(number(0...64)), into: register())
    case 8: translation()
    case 9:
      .numgen(pick([.incremental, .random]), modulus: u32(), offset: u32(), into: register())
    case 10:
      .fib(NFExpression.FIBFlags(rawValue: u32()), pick(Self.fibResults), into: register())
    default: statement()
    }
  }

  private mutating func setAccess() -> NFExpression {
    switch number(0...2) {
    case 0:
      .lookup(set: text(), key: register(), into: optional { $0.register() }, inverted: once(in: 2))
    case 1: .verdictMap(text(), key: register())
    default:
      .dynset(
        pick([.add, .update, .delete]), set: text(), key: register(), data: optional { $0.register() },
        timeout: optional { $0.next() | 1 })
    }
  }

  private mutating func translation() -> NFExpression {
    switch number(0...3) {
    case 0:
      .nat(
        pick([.source, .destination]), pick(Self.families), address: optional { $0.register() },
        port: optional { $0.register() }, flags: natFlags())
    case 1: .masquerade(natFlags())
    case 2: .redirect(port: optional { $0.register() })
    default: .reject(pick([.tcpReset, .icmp(bytes(1)[0]), .icmpAnyFamily(bytes(1)[0])]))
    }
  }

  private mutating func statement() -> NFExpression {
    switch number(0...4) {
    case 0: .counter(packets: next(), bytes: next())
    case 1: .limit(rate: next(), seconds: next(), burst: u32(), inverted: once(in: 2))
    case 2: .notrack
    case 3: .log(prefix: text())
    default: .unknown(name: pick(["quota", "tproxy", "none"]), data: bytes(number(0...40)))
    }
  }

  mutating func element() -> NFElement {
    NFElement(
      bytes(number(0...64)), to: optional { $0.bytes(8) }, isIntervalEnd: once(in: 4), data: optional { $0.data() },
      timeout: optional { $0.next() })
  }

  private mutating func dataTypes() -> [NFDataType] { (0..<number(1...5)).map { _ in pick(Self.types) } }

  mutating func set() -> NFSet {
    NFSet(
      text(), in: tableName(), key: dataTypes(), content: pick([.keys, .verdicts, .values(dataTypes())]),
      flags: NFSet.Flags(rawValue: u32()).intersection([.constant, .interval, .timeout, .dynamic]),
      size: optional { $0.u32() }, timeout: optional { $0.next() }, hasCounters: once(in: 3),
      comment: optional { $0.text() })
  }

  mutating func chain() -> NFChain {
    NFChain(
      text(), in: tableName(),
      base: optional {
        NFBaseChain(
          $0.pick([.filter, .nat, .route]), hook: $0.pick(Self.hooks), priority: Int32(bitPattern: $0.u32()),
          policy: $0.pick([.accept, .drop]))
      })
  }

  mutating func rule() -> NFRule {
    NFRule(
      in: text(), of: tableName(), comment: optional { $0.text() }, (0..<number(0...8)).map { _ in expression() })
  }

  mutating func table() -> NFTable { NFTable(tableName(), comment: optional { $0.text() }, isDormant: once(in: 2)) }
}
