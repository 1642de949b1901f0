import Netlink

/// The expressions that rules of one address family are made of. Registers are named by whoever lays out a key.
struct Steps {
  let family: IPAddress.Family
  /// Whether a look-up may miss an element that a transaction is just replacing: `Ruleset.Options.retriesLookups`.
  let retries: Bool

  var suffix: String { "\(family.rawValue)" }
  /// Registers that an address takes.
  var addressRegisters: Int { family == .v4 ? 1 : 4 }

  /// Ends the rule for packets of the other family.
  var isFamily: [NFExpression] { NFExpression.isFamily(family) }
  func source(_ register: Int) -> NFExpression { .source(family, into: NFRegister(register)) }
  func destination(_ register: Int) -> NFExpression { .destination(family, into: NFRegister(register)) }

  func transport(_ register: Int) -> NFExpression { .meta(.transportProtocol, into: NFRegister(register)) }

  /// The destination port: TCP, UDP and SCTP have it in the same place.
  func port(_ register: Int) -> NFExpression {
    .payload(.transport, offset: 2, length: 2, into: NFRegister(register))
  }

  /// The key of a frontend from a register on.
  func frontend(_ first: Int) -> [NFExpression] {
    [destination(first), transport(first + addressRegisters), port(first + addressRegisters + 1)]
  }

  /// The key of a node port from a register on.
  func nodePort(_ first: Int) -> [NFExpression] { [transport(first), port(first + 1)] }

  /// The key of the frontend that the client asked for, when the destination is translated already.
  func originalFrontend(_ first: Int) -> [NFExpression] {
    [
      originalDestination(first), transport(first + addressRegisters),
      originalPort(first + addressRegisters + 1),
    ]
  }

  func originalNodePort(_ first: Int) -> [NFExpression] { [transport(first), originalPort(first + 1)] }

  /// Where the key of a look-up in a map of frontends begins, and where a word of what it finds comes to stand.
  static let keyRegister = 4

  /// Looks a frontend up by the key from `keyRegister` on, and does what a verdict map says of one word of it.
  ///
  /// The value is loaded so that the word comes to stand where the key began, and never begins there itself. `nft`
  /// keeps what it last saw loaded into a register, and ends with an assertion (1.0.6) at a key that was read from a
  /// map; so it shows the key's first part in its place, and the rule's comment says what is really looked up.
  func decide(_ word: FrontendWords.Word, of map: Ruleset.SetName, by verdicts: Ruleset.SetName) -> [NFExpression] {
    let key = NFRegister(Self.keyRegister)
    return [
      .lookup(set: map.name(family), key: key, into: NFRegister(Self.keyRegister - word.rawValue)),
      .verdictMap(verdicts.name(family), key: key),
    ]
  }

  /// A rule, or the rule twice for kernels whose look-ups may miss: the second one sees what replaced the element.
  func patiently(_ rule: [NFExpression]) -> [[NFExpression]] { retries ? [rule, rule] : [rule] }

  func originalDestination(_ register: Int) -> NFExpression {
    .conntrack(family == .v4 ? .destinationIPv4 : .destinationIPv6, .original, into: NFRegister(register))
  }

  func originalPort(_ register: Int) -> NFExpression {
    .conntrack(.destinationPort, .original, into: NFRegister(register))
  }

  /// Ends the rule unless the packet's source is an address of this machine.
  var isFromNode: [NFExpression] { NFExpression.isLocal(.source) }

  /// Translates to the address and port in registers, one after the other.
  func translate(_ register: Int) -> NFExpression {
    .nat(
      .destination, family == .v4 ? .ipv4 : .ipv6, address: NFRegister(register),
      port: NFRegister(register + addressRegisters))
  }
}
