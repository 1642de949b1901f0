import Netlink

extension Ruleset {
  /// A chain and its rules.
  struct Chain: Sendable, Hashable {
    var chain: NFChain
    var rules: [NFRule]

    init(_ name: String, base: NFBaseChain? = nil, _ rules: [[NFExpression]]) {
      chain = NFChain(name, in: Ruleset.table, base: base)
      self.rules = rules.map { NFRule(in: name, of: Ruleset.table, comment: Self.comment($0), $0) }
    }

    /// What `nft` cannot show: the key of the verdict map is a word that was found in another map.
    private static func comment(_ rule: [NFExpression]) -> String? {
      guard rule.count >= 2, case .verdictMap(let verdicts, _) = rule[rule.count - 1],
        case .lookup(let map, _, let register?, _) = rule[rule.count - 2]
      else { return nil }
      return "\(verdicts) of word \(UInt32(Steps.keyRegister) - register.index) in \(map)"
    }
  }

  /// The chains that are always there, those first that others lead to.
  var chains: [Chain] {
    var chains: [Chain] = [
      Chain(
        "refuse",
        [
          [.meta(.transportProtocol, into: 0), .compare(0, .equal, [6]), .reject(.tcpReset)],
          // Port unreachable.
          [.reject(.icmpAnyFamily(1))],
        ])
    ]
    let families = IPAddress.Family.allCases.map { steps($0) }
    for steps in families {
      chains += [
        external(steps, nodePort: false), external(steps, nodePort: true), firewall(steps, isExternal: false),
        firewall(steps, isExternal: true), services(steps), byPlace(steps), arriving(steps), leaving(steps),
      ]
    }
    // IPS_DST_NAT: someone has translated the destination; whether it was this table is seen by the tuple.
    let isTranslated: [NFExpression] = [
      .conntrack(.status, into: 0), .bitwise(from: 0, into: 0, mask: NFWord.native(1 << 5), xor: NFWord.native(0)),
      .compare(0, .notEqual, NFWord.native(0)),
    ]
    func entrance(_ chain: String, _ condition: [NFExpression] = []) -> [[NFExpression]] {
      families.map { condition + $0.isFamily + [.verdict(.goto("\(chain)\($0.suffix)"))] }
    }
    chains += [
      Chain("prerouting", base: NFBaseChain(.nat, hook: .prerouting, priority: -100), entrance("services")),
      Chain("output", base: NFBaseChain(.nat, hook: .output, priority: -100), entrance("services")),
      Chain("input", base: NFBaseChain(.nat, hook: .input, priority: 100), entrance("arriving", isTranslated)),
      Chain(
        "postrouting", base: NFBaseChain(.nat, hook: .postrouting, priority: 100), entrance("leaving", isTranslated)),
    ]
    return chains
  }

  /// The first packet of a connection, before its route is chosen.
  private func services(_ steps: Steps) -> Chain {
    let key = Steps.keyRegister
    var rules = steps.patiently(
      steps.isFamily + steps.frontend(key) + steps.decide(.action, of: .frontends, by: .actions))
    rules += [
      steps.isFamily + [
        steps.destination(0), .lookup(set: SetName.clusterIPs.name(steps.family), key: 0),
        .verdict(.goto("refuse")),
      ],
      steps.isFamily + [
        steps.destination(0), .lookup(set: SetName.serviceCIDRs.name(steps.family), key: 0), .verdict(.drop),
      ],
    ]
    if let onNode = onNode(steps) {
      rules += steps.patiently(
        steps.isFamily + onNode + NFExpression.isLocal(.destination) + steps.nodePort(key)
          + steps.decide(.action, of: .nodePorts, by: .actions))
    }
    return Chain("services\(steps.suffix)", rules)
  }

  /// On which of the node's addresses node ports answer; nil for none of this family.
  private func onNode(_ steps: Steps) -> [NFExpression]? {
    // Not 127.0.0.0/8, not ::1: the kernel does not let go out what came to them.
    let isNoLoopback: [NFExpression] =
      steps.family == .v4
      ? [.payload(.network, offset: 16, length: 1, into: 0), .compare(0, .notEqual, [127])]
      : [steps.destination(0), .compare(0, .notEqual, [UInt8](repeating: 0, count: 15) + [1])]
    if options.nodePortAddresses.isEmpty { return isNoLoopback }
    guard options.nodePortAddresses.contains(where: { $0.family == steps.family }) else { return nil }
    return isNoLoopback
      + [steps.destination(0), .lookup(set: SetName.nodePortAddresses.name(steps.family), key: 0)]
  }

  /// `externalTrafficPolicy: Local`: pods and the node itself reach all endpoints, everyone else those here.
  private func external(_ steps: Steps, nodePort: Bool) -> Chain {
    func choose(_ word: FrontendWords.Word) -> [NFExpression] {
      (nodePort ? steps.nodePort(Steps.keyRegister) : steps.frontend(Steps.keyRegister))
        + steps.decide(word, of: nodePort ? .nodePorts : .frontends, by: .choices)
    }
    var rules: [[NFExpression]] = []
    rules += steps.patiently(steps.isFamily + isFromPod(steps) + choose(.inside))
    rules += steps.patiently(steps.isFamily + steps.isFromNode + choose(.inside))
    rules += steps.patiently(steps.isFamily + choose(.outside))
    return Chain((nodePort ? "nodeport-external" : "external") + steps.suffix, rules)
  }

  /// Ends the rule unless a pod sent the packet, or if one did when inverted.
  ///
  /// Forwarded packets still have their input interface in `postrouting` (Linux 5.7 and newer); those of the node's own
  /// programs have none.
  private func isFromPod(_ steps: Steps, inverted: Bool = false) -> [NFExpression] {
    func isFromInterface(_ name: [UInt8]) -> [NFExpression] {
      [.meta(.inputName, into: 0), .compare(0, inverted ? .notEqual : .equal, name)]
    }
    switch options.localDetector {
    case .clusterCIDRs:
      return [steps.source(0), .lookup(set: SetName.podCIDRs.name(steps.family), key: 0, inverted: inverted)]
    case .bridge(let name):
      // The kernel fills the name up to IFNAMSIZ; a shorter comparison is that of a beginning.
      return isFromInterface(Array(name.utf8.prefix(15)) + [UInt8](repeating: 0, count: 16 - min(15, name.utf8.count)))
    case .interfacePrefix(let name): return isFromInterface(Array(name.utf8.prefix(15)))
    }
  }

  /// `loadBalancerSourceRanges`
  private func firewall(_ steps: Steps, isExternal: Bool) -> Chain {
    let key = Steps.keyRegister
    let ranges: [NFExpression] = [
      steps.source(key + steps.addressRegisters + 2),
      .lookup(set: SetName.sourceRanges.name(steps.family), key: NFRegister(key)),
    ]
    let then: [NFExpression] =
      isExternal
      ? [.verdict(.goto("external\(steps.suffix)"))] : steps.decide(.inside, of: .frontends, by: .choices)
    var rules = steps.patiently(steps.isFamily + steps.frontend(key) + ranges + then)
    rules.append([.verdict(.drop)])
    return Chain("firewall\(isExternal ? "-external" : "")\(steps.suffix)", rules)
  }

  /// The first packet of a connection whose destination was translated to a program on this machine: nothing but
  /// session affinity is left to do.
  private func arriving(_ steps: Steps) -> Chain { translated("arriving", steps, .arrivals) }

  /// The same on its way out.
  private func leaving(_ steps: Steps) -> Chain { translated("leaving", steps, .departures) }

  /// An address that is no frontend may have been translated as one of the node's own.
  private func translated(_ name: String, _ steps: Steps, _ verdicts: SetName) -> Chain {
    let key = Steps.keyRegister
    let frontend = steps.originalFrontend(key) + steps.decide(.departure, of: .frontends, by: verdicts)
    let nodePort = steps.originalNodePort(key) + steps.decide(.departure, of: .nodePorts, by: verdicts)
    return Chain(
      "\(name)\(steps.suffix)",
      steps.patiently(steps.isFamily + frontend) + steps.patiently(steps.isFamily + nodePort))
  }

  static func byPlace(_ family: IPAddress.Family) -> String { "by-place\(family.rawValue)" }

  /// Who is masqueraded because of where it comes from.
  private func byPlace(_ steps: Steps) -> Chain {
    let family = steps.family
    let masquerade = NFExpression.masquerade(.fullyRandom)
    func has(_ name: SetName, inverted: Bool = false) -> NFExpression {
      .lookup(set: name.name(family), key: 0, inverted: inverted)
    }
    var rules: [[NFExpression]] = [
      steps.isFamily + [steps.source(0), steps.destination(steps.addressRegisters), has(.hairpin), masquerade]
    ]
    let toClusterIP: [NFExpression] = steps.isFamily + [steps.originalDestination(0), has(.clusterIPs)]
    if options.masqueradeAll {
      rules.append(toClusterIP + [masquerade])
    } else if options.localDetector != .clusterCIDRs || options.clusterCIDRs.contains(where: { $0.family == family }) {
      rules.append(toClusterIP + isFromPod(steps, inverted: true) + [masquerade])
    }
    return Chain(Self.byPlace(family), rules)
  }
}
