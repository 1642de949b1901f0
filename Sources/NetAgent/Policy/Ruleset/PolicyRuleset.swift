import Netlink

/// The part of the table that does not depend on policies or pods. README.md has one packet's way through it.
enum PolicyRuleset {
  static let table = NFTableName(.inet, "skiff-policy")

  /// What pods' own addresses are decided by.
  static func subjects(_ direction: PolicyDirection, _ family: IPAddress.Family) -> String {
    "\(direction.rawValue)-pods\(family.rawValue)"
  }

  static func peers(_ family: IPAddress.Family) -> String { "peers\(family.rawValue)" }
  static func own(_ family: IPAddress.Family) -> String { "own\(family.rawValue)" }
  static func blocks(_ family: IPAddress.Family) -> String { "blocks\(family.rawValue)" }
  static let pairs = "pairs"
  static let ports = "ports"
  static let verdicts = "verdicts"
  /// The chain that counts what is dropped.
  static let denied = "denied"

  /// Every set, in an order that does not change.
  static var sets: [NFSet] {
    var sets: [NFSet] = []
    func add(
      _ name: String, _ key: [NFDataType], words: Int = 0, flags: NFSet.Flags = [], _ comment: String
    ) {
      let content: NFSet.Content = words == 0 ? .keys : .values(Array(repeating: .mark, count: words))
      sets.append(NFSet(name, in: table, key: key, content: content, flags: flags, comment: comment))
    }
    for family in IPAddress.Family.allCases {
      let address: NFDataType = family == .v4 ? .ipv4Address : .ipv6Address
      for direction in PolicyDirection.allCases {
        add(subjects(direction, family), [address], words: 5, "pods of this node: -, ports, kind, blocks, profile")
      }
      add(peers(family), [address], words: 3, "pods: -, identity, group")
      add(own(family), [address, address], "pods reach themselves")
      add(blocks(family), [.mark, address], words: 3, flags: .interval, "block table . addresses: -, kind, port table")
    }
    add(pairs, [.mark, .mark], words: 3, "profile . identity or group: -, kind, port table")
    add(ports, [.mark, .inetProtocol, .inetService], flags: .interval, "port table . protocols . ports")
    sets.append(
      NFSet(verdicts, in: table, key: [.mark], content: .verdicts, comment: "kind: nothing, everything, some ports"))
    return sets
  }

  /// The elements of `verdicts`. Some ports: those that are allowed were let pass by the rule before.
  static var verdictElements: [NFElement] {
    func element(_ kind: PortVerdict.Kind, _ verdict: NFVerdict) -> NFElement {
      NFElement(NFWord.native(kind.rawValue), data: .verdict(verdict))
    }
    return [
      element(.nothing, .goto(denied)), element(.everything, .return), element(.some, .goto(denied)),
    ]
  }

  struct Chain: Sendable, Hashable {
    var chain: NFChain
    var rules: [NFRule]

    init(_ name: String, base: NFBaseChain? = nil, _ rules: [(comment: String?, steps: [NFExpression])]) {
      chain = NFChain(name, in: table, base: base)
      self.rules = rules.map { NFRule(in: name, of: table, comment: $0.comment, $0.steps) }
    }
  }

  /// Those first that others lead to.
  static var chains: [Chain] {
    var chains = [Chain(denied, [(nil, [.counter(), .verdict(.drop)])])]
    for family in IPAddress.Family.allCases {
      let steps = PolicySteps(family: family)
      chains.append(Chain("midstream\(family.rawValue)", steps.midstream))
      for direction in PolicyDirection.allCases {
        chains.append(Chain(steps.podChain(direction), steps.byPeer(direction)))
        chains.append(Chain(steps.chain(direction), steps.byAddress(direction)))
      }
      chains.append(Chain("forward\(family.rawValue)", steps.forward))
    }
    // IP_CT_ESTABLISHED and IP_CT_RELATED, as `ct state` has them.
    var forward: [(comment: String?, steps: [NFExpression])] = [
      (
        nil,
        [
          .conntrack(.state, into: 0),
          .bitwise(from: 0, into: 0, mask: NFWord.native(6), xor: NFWord.native(0)),
          .compare(0, .notEqual, NFWord.native(0)), .verdict(.accept),
        ]
      ),
      // Types 133 to 137 of ICMPv6.
      (
        "neighbour discovery",
        [
          .meta(.transportProtocol, into: 0), .compare(0, .equal, [58]),
          .payload(.transport, offset: 0, length: 1, into: 0), .range(0, from: [133], to: [137]), .verdict(.accept),
        ]
      ),
    ]
    for family in IPAddress.Family.allCases {
      forward.append((nil, PolicySteps(family: family).isFamily + [.verdict(.goto("forward\(family.rawValue)"))]))
    }
    chains.append(Chain("forward", base: NFBaseChain(.filter, hook: .forward, priority: 0), forward))
    return chains
  }

  /// Chains, rules and sets.
  static var shape: TableContents {
    var shape = TableContents(table)
    let chains = chains
    shape.chains = chains.map(\.chain)
    shape.rules = chains.flatMap(\.rules)
    shape.sets = sets
    return shape
  }

  /// All that makes the table, its elements left out.
  static var definition: [NFBatch.Operation] {
    var operations: [NFBatch.Operation] = [.addTable(NFTable(table))]
    operations += sets.map { .addSet($0) }
    let chains = chains
    operations += chains.map { .addChain($0.chain) }
    for chain in chains { operations += chain.rules.map { .addRule($0) } }
    operations.append(.addElements(verdictElements, table, set: verdicts))
    return operations
  }
}
