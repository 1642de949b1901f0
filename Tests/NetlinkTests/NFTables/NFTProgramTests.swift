import CNetlink
import Testing

@testable import Netlink

/// Rulesets that the `nft` program made are read without loss: what the library does not know it keeps as it came.
@Suite(.namespaces) struct NFTProgramTests {
  /// Expressions of all sorts: those that the library has, those it has in another form, those it does not know.
  private static let ruleset = """
    table inet t {
      comment "of nft"
      set addresses { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.2 }; }
      set prefixes { type ipv6_addr; flags interval; elements = { fd00::/64, fe80::1-fe80::9 }; }
      set seen { type ipv4_addr . inet_service; flags dynamic,timeout; size 100; timeout 1m; }
      map ports { type inet_service : inet_service; elements = { 80 : 8080 }; }
      map moved { type ipv4_addr : ipv4_addr; elements = { 10.0.0.1 : 10.0.0.2 }; }
      map verdicts { type ipv4_addr . inet_service : verdict; elements = { 10.0.0.1 . 80 : jump other }; }
      chain other { counter comment "counted"; }
      chain in {
        type filter hook input priority filter; policy drop;
        ct state established,related accept
        ip saddr @addresses tcp dport 80 accept
        ip6 saddr != @prefixes drop
        ip saddr . tcp dport vmap @verdicts
        add @seen { ip saddr . tcp dport timeout 30s }
        update @seen { ip saddr . tcp dport limit rate 5/second }
        add @seen { ip saddr . tcp dport counter }
        tcp flags & (syn | ack) == syn counter
        tcp dport 1000-2000 drop
        tcp dport != 1000-2000 accept
        meta mark set meta mark | 0x10
        meta mark set ct mark << 4
        ct mark set 7
        iifname "eth*" accept
        meta iifgroup 3 accept
        limit rate over 10 kbytes/second drop
        limit rate 10/minute burst 7 packets accept
        quota over 100 mbytes drop
        log prefix "plain " 
        log prefix "detailed " level debug flags all
        log group 3 snaplen 100 queue-threshold 5
        ip saddr 10.9.0.0/16 tcp dport 3 tcp sport 4-9 reject with icmp host-unreachable
        reject with tcp reset
        fib saddr . iif oif missing drop
        ip dscp set cs1
        tcp option sack-perm exists accept
        ct count over 20 drop
        numgen inc mod 10 offset 3 < 5 accept
        jhash ip saddr mod 10 seed 0x1 < 5 accept
        socket transparent 1 accept
        rt classid 5 accept
        meta l4proto udp th dport 53 accept
        icmp type echo-request accept
        ip frag-off & 0x1fff != 0 drop
        ether saddr 02:00:00:00:00:01 accept
        ct original ip saddr 10.0.0.1 ct direction reply accept
        ip saddr 10.0.0.1 drop comment "last"
      }
      chain pre {
        type nat hook prerouting priority dstnat;
        ip daddr 10.0.0.9 dnat to 10.0.0.1
        ip daddr 10.0.0.8 dnat to 10.0.0.1-10.0.0.9
        ip daddr 10.0.0.7 tcp dport 80 dnat to 10.0.0.1:8080-8090 random
        tcp dport 81 redirect to :8080
        tcp dport 82 redirect to :8080-8090 fully-random
        tcp dport 83 redirect
        tcp dport 84 dnat ip to ip daddr map @moved
        tcp dport 85 redirect to tcp dport map @ports
      }
      chain post {
        type nat hook postrouting priority srcnat;
        ip saddr 10.0.0.9 snat to 192.0.2.1 persistent
        tcp dport 80 masquerade to :1024-65535 random
        masquerade fully-random
      }
      chain raw { type filter hook prerouting priority raw; udp dport 53 notrack; }
    }
    """

  private let table = NFTableName(.inet, "t")

  @Test func whatIsReadIsWrittenAgainTheSame() throws {
    let (one, other) = (try NetworkNamespace.make(), try NetworkNamespace.make())
    try Programs.loadRuleset(Self.ruleset, in: one)
    let source = try one.tables()
    let sets = try source.sets(in: table)
    var batch = NFBatch([.addTable(NFTable(table, comment: "of nft"))])
    for chain in try source.chains(in: table) { batch.append(.addChain(chain)) }
    for set in sets { batch.append(.addSet(set)) }
    for set in sets { batch.append(.addElements(try source.elements(of: set.name, in: table), table, set: set.name)) }
    for rule in try source.rules(in: table) { batch.append(.addRule(rule)) }
    try other.tables().commit(batch)
    let (wanted, held) = (try rulesAsListed(one), try rulesAsListed(other))
    for (wanted, held) in zip(wanted, held) { #expect(held == wanted) }
    #expect(held.count == wanted.count)
    #expect(wanted.count > 60)
  }

  @Test func setsOfOtherTypesAreLeftOut() throws {
    let namespace = try NetworkNamespace.make()
    try Programs.loadRuleset(
      """
      table inet t {
        set known { type ipv4_addr; }
        set packets { type icmp_type; }
        map prefixes { type ipv4_addr : interval ipv4_addr; flags interval; elements = { 10.5.0.0/16 : 10.6.0.0/16 }; }
        set counted { type ipv4_addr; counter; }
        set limited { type ipv4_addr; limit rate 5/second; }
      }
      """, in: namespace)
    let sets = try namespace.tables().sets(in: table)
    #expect(sets.map(\.name) == ["known", "counted", "limited"])
    #expect(sets.map(\.hasCounters) == [false, true, false])
  }

  private func rulesAsListed(_ namespace: NetworkNamespace) throws -> [String] {
    let lines = try Programs.ruleset(of: namespace).split(separator: "\n").map(String.init)
    return Array(lines.drop { !$0.contains("chain ") })
  }

  /// Attribute for attribute, a rule read and written is the rule that came.
  @Test func noAttributeIsLost() throws {
    let namespace = try NetworkNamespace.make()
    try Programs.loadRuleset(Self.ruleset, in: namespace)
    let socket = try namespace.run { () throws(NetlinkError) in try NetfilterSocket() }
    var rules = 0
    try socket.dump("rules", UInt16(NFNL_SUBSYS_NFTABLES) << 8 | UInt16(NFT_MSG_GETRULE.rawValue), family: 0) {
      rules += 1
      for expression in $0.attributes.first(NFTA_RULE_EXPRESSIONS)?.nested ?? Attributes(.init(start: nil, count: 0)) {
        let read = NFExpression(expression.nested)
        var buffer = MessageBuffer()
        read.encode(into: &buffer)
        let written = buffer.bytes.withUnsafeBytes { Self.values(Attributes($0)) }
        for (type, value) in Self.values(expression.nested) where written[type] != value {
          let isDefault = value.allSatisfy { $0 == 0 } || Self.mayBeLeftOut(read, type)
          #expect(isDefault, "\(read): \(type) was \(value), written \(written[type] ?? [])")
        }
      }
    }
    #expect(rules > 45)
  }

  /// What an expression's attributes hold, by their types; registers by one of their two numbers.
  private static func values(_ attributes: Attributes) -> [UInt16: [UInt8]] {
    var values: [UInt16: [UInt8]] = [:]
    for attribute in attributes.first(NFTA_EXPR_DATA)?.nested ?? Attributes(.init(start: nil, count: 0)) {
      var value = attribute.bytes
      if value.count == 4, value.prefix(3).allSatisfy({ $0 == 0 }), (1...4).contains(value[3]) {
        value[3] = 8 + (value[3] - 1) * 4
      }
      // The kernel does not mark all that is nested.
      if value.count > 4 { value[3] &= 0x7f }
      values[attribute.type] = value
    }
    return values
  }

  /// What the kernel says itself about what it was told.
  private static func mayBeLeftOut(_ expression: NFExpression, _ type: UInt16) -> Bool {
    switch expression {
    case .nat: type == NFTA_NAT_FLAGS.rawValue || [4, 6].contains(type)
    case .redirect: type == NFTA_REDIR_FLAGS.rawValue || type == NFTA_REDIR_REG_PROTO_MAX.rawValue
    case .log: type == NFTA_LOG_LEVEL.rawValue
    default: false
    }
  }
}
