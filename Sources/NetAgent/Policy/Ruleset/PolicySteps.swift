import Netlink

/// The rules of one address family.
///
/// Registers: words that were found in one map come to stand where the key of the next begins, and a map's first word is
/// never read. `nft` keeps what it last saw loaded into a register by itself and cannot show a key that was read from a map
/// (1.0.6 ends with an assertion), so such registers are loaded with `meta mark` before; comments say what is meant.
struct PolicySteps {
  typealias Rule = (comment: String?, steps: [NFExpression])

  let family: IPAddress.Family
  /// Kernels before 6.17 may miss an element that is just being replaced (fixed by the kernel's commit b2f742c846ca):
  /// there who is decided about is looked up twice.
  var retries = KernelVersion.running < KernelVersion(6, 17)

  private var suffix: String { "\(family.rawValue)" }
  private static let mark = NFExpression.MetaKey.mark

  func chain(_ direction: PolicyDirection) -> String { direction.rawValue + suffix }
  func podChain(_ direction: PolicyDirection) -> String { "\(direction.rawValue)-pod\(suffix)" }

  var isFamily: [NFExpression] { NFExpression.isFamily(family) }
  private func source(_ register: Int) -> NFExpression { .source(family, into: NFRegister(register)) }
  private func destination(_ register: Int) -> NFExpression { .destination(family, into: NFRegister(register)) }

  private func subject(_ direction: PolicyDirection, _ register: Int) -> NFExpression {
    direction == .egress ? source(register) : destination(register)
  }

  private func peer(_ direction: PolicyDirection, _ register: Int) -> NFExpression {
    direction == .egress ? destination(register) : source(register)
  }

  /// Ends the rule unless policies decide about the address in `load`.
  private func isSubject(_ direction: PolicyDirection, _ load: NFExpression) -> [NFExpression] {
    isFamily + [load, .lookup(set: PolicyRuleset.subjects(direction, family), key: 0, into: 8)]
  }

  /// The first packet of a connection.
  var forward: [Rule] {
    // TCP's FIN, SYN, RST and ACK: anything but a lone SYN belongs to a connection that is not known (any more).
    let isMidstream: [NFExpression] = [
      .meta(.transportProtocol, into: 0), .compare(0, .equal, [6]),
      .payload(.transport, offset: 13, length: 1, into: 0), .bitwise(from: 0, into: 0, mask: [0x17], xor: [0]),
      .compare(0, .notEqual, [2]),
    ]
    var rules: [Rule] = [
      (nil, isMidstream + [.verdict(.jump("midstream\(suffix)"))]),
      (
        nil,
        isFamily + [
          source(0), destination(family == .v4 ? 1 : 4), .lookup(set: PolicyRuleset.own(family), key: 0),
          .verdict(.accept),
        ]
      ),
    ]
    for direction in PolicyDirection.allCases {
      let rule: Rule = (
        "pods that policies select for \(direction.rawValue)",
        isSubject(direction, subject(direction, 0)) + [.verdict(.jump(chain(direction)))]
      )
      rules += retries ? [rule, rule] : [rule]
    }
    return rules
  }

  /// A connection that was cut must not be taken up in its middle, from whichever end.
  var midstream: [Rule] {
    PolicyDirection.allCases.flatMap { direction -> [Rule] in
      [source(0), destination(0)].map { (nil, isSubject(direction, $0) + [.verdict(.goto(PolicyRuleset.denied))]) }
    }
  }

  /// The other end is told by its address alone, unless it is a pod's.
  func byAddress(_ direction: PolicyDirection) -> [Rule] {
    let isPeer: [NFExpression] =
      isFamily + [
        peer(direction, 0), .lookup(set: PolicyRuleset.peers(family), key: 0, into: 8),
        .verdict(.goto(podChain(direction))),
      ]
    let block: [NFExpression] =
      isFamily + [
        .meta(Self.mark, into: 9), subject(direction, 0),
        .lookup(set: PolicyRuleset.subjects(direction, family), key: 0, into: 6), peer(direction, 10),
        .meta(Self.mark, into: 5), .meta(Self.mark, into: 6),
        .lookup(set: PolicyRuleset.blocks(family), key: 9, into: 4),
      ]
    return [("the peer is a pod", isPeer)] + decide(block, "block table . address in \(PolicyRuleset.blocks(family))")
      + standard(direction)
  }

  /// The other end is a pod.
  func byPeer(_ direction: PolicyDirection) -> [Rule] {
    decide(pair(direction, peerInto: 9), "profile . identity in \(PolicyRuleset.pairs)")
      + decide(pair(direction, peerInto: 8), "profile . group in \(PolicyRuleset.pairs)") + standard(direction)
  }

  /// Finds what a profile says of a peer. With the peer's words from register 9 on its identity comes to stand in 10, from
  /// 8 on its group; the subject's from 5 on bring the profile to 9.
  private func pair(_ direction: PolicyDirection, peerInto register: Int) -> [NFExpression] {
    isFamily + [
      .meta(Self.mark, into: 10), peer(direction, 0),
      .lookup(set: PolicyRuleset.peers(family), key: 0, into: NFRegister(register)), .meta(Self.mark, into: 9),
      subject(direction, 0), .lookup(set: PolicyRuleset.subjects(direction, family), key: 0, into: 5),
      .meta(Self.mark, into: 5), .meta(Self.mark, into: 6), .lookup(set: PolicyRuleset.pairs, key: 9, into: 4),
    ]
  }

  /// With the kind in register 5 and the port table in 6.
  private func decide(_ found: [NFExpression], _ meaning: String) -> [Rule] {
    [
      ("ports of \(meaning)", found + ports + [.verdict(.return)]),
      ("kind of \(meaning)", found + [.verdictMap(PolicyRuleset.verdicts, key: 5)]),
    ]
  }

  /// The protocol and the destination port, which is in the same place of TCP, UDP and SCTP.
  private var ports: [NFExpression] {
    [
      .meta(.transportProtocol, into: 7), .payload(.transport, offset: 2, length: 2, into: 8),
      .lookup(set: PolicyRuleset.ports, key: 6),
    ]
  }

  /// What holds for whoever nothing else is said of: from register 5 on the port table comes to 6, the kind to 7.
  private func standard(_ direction: PolicyDirection) -> [Rule] {
    let set = PolicyRuleset.subjects(direction, family)
    let found: [NFExpression] =
      isFamily + [
        .meta(Self.mark, into: 6), .meta(Self.mark, into: 7), subject(direction, 0),
        .lookup(set: set, key: 0, into: 5),
      ]
    return [
      ("ports of \(set)", found + ports + [.verdict(.return)]),
      ("kind of \(set)", found + [.verdictMap(PolicyRuleset.verdicts, key: 7)]),
      // A profile is being replaced this moment.
      (nil, [.verdict(.goto(PolicyRuleset.denied))]),
    ]
  }
}
