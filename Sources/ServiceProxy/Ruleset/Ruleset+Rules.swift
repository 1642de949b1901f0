import Netlink

extension Ruleset {
  /// A chain and its rules.
  struct Chain: Sendable, Hashable {
    var chain: NFChain
    var rules: [NFRule]

    init(_ name: String, base: NFBaseChain? = nil, _ rules: [[NFExpression]]) {
      chain = NFChain(name, in: Ruleset.table, base: base)
      self.rules = rules.map { NFRule(in: name, of: Ruleset.table, $0) }
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
    for family in IPAddress.Family.allCases {
      let steps = Steps(family)
      chains += [
        external(steps, nodePort: false), external(steps, nodePort: true), firewall(steps), services(steps),
        sticky(steps), translated(steps),
      ]
    }
    let families = IPAddress.Family.allCases.map { Steps($0) }
    // IPS_DST_NAT: someone has translated the destination; whether it was this table is seen by the tuple.
    let isTranslated: [NFExpression] = [
      .conntrack(.status, into: 0), .bitwise(from: 0, into: 0, mask: native(1 << 5), xor: native(0)),
      .compare(0, .notEqual, native(0)),
    ]
    func entrance(_ chain: String, _ condition: [NFExpression] = []) -> [[NFExpression]] {
      families.map { condition + $0.isFamily + [.verdict(.goto("\(chain)\($0.suffix)"))] }
    }
    chains += [
      Chain("prerouting", base: NFBaseChain(.nat, hook: .prerouting, priority: -100), entrance("services")),
      Chain("output", base: NFBaseChain(.nat, hook: .output, priority: -100), entrance("services")),
      Chain("input", base: NFBaseChain(.nat, hook: .input, priority: 100), entrance("sticky", isTranslated)),
      Chain(
        "postrouting", base: NFBaseChain(.nat, hook: .postrouting, priority: 100),
        entrance("translated", isTranslated)),
    ]
    return chains
  }

  private func native(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number) { Array($0) } }

  /// The first packet of a connection, before its route is chosen.
  private func services(_ steps: Steps) -> Chain {
    let isLocal: [NFExpression] = [
      .fib(.destination, .addressType, into: 0), .compare(0, .equal, native(Steps.localAddressType)),
    ]
    var rules: [[NFExpression]] = [
      steps.isFamily + steps.frontend + [.verdictMap(SetName.dispatch.name(steps.family), key: 0)],
      steps.isFamily + [
        steps.destination(0), .lookup(set: SetName.clusterIPs.name(steps.family), key: 0),
        .verdict(.goto("refuse")),
      ],
      steps.isFamily + [
        steps.destination(0), .lookup(set: SetName.serviceCIDRs.name(steps.family), key: 0), .verdict(.drop),
      ],
    ]
    if let onNode = onNode(steps) {
      rules.append(
        steps.isFamily + onNode + isLocal + steps.nodePort
          + [.verdictMap(SetName.nodePorts.name(steps.family), key: 0)])
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
    func choose(_ vip: SetName, _ node: SetName) -> [NFExpression] {
      (nodePort ? steps.nodePort : steps.frontend)
        + [.verdictMap((nodePort ? node : vip).name(steps.family), key: 0)]
    }
    let wide = choose(.wide, .nodePortWide)
    return Chain(
      (nodePort ? "nodeport-external" : "external") + steps.suffix,
      [
        steps.isFamily + isFromPod(steps) + wide,
        steps.isFamily + steps.isFromNode + wide,
        steps.isFamily + choose(.local, .nodePortLocal),
      ])
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
  private func firewall(_ steps: Steps) -> Chain {
    let ranges = NFExpression.lookup(set: SetName.sourceRanges.name(steps.family), key: 0)
    let allowed = NFExpression.verdictMap(SetName.allowed.name(steps.family), key: 0)
    return Chain(
      "firewall\(steps.suffix)",
      [
        steps.isFamily + steps.frontend + [steps.source(steps.addressRegisters + 2), ranges, allowed],
        [.verdict(.drop)],
      ])
  }

  /// Remembers which endpoint a client of a sticky frontend got. The packet's destination says it by now, on its way
  /// out as well as to a program on this machine.
  private func sticky(_ steps: Steps) -> Chain {
    Chain(
      "sticky\(steps.suffix)",
      [
        steps.isFamily + steps.originalFrontend + [.verdictMap(SetName.sticky.name(steps.family), key: 0)],
        steps.originalNodePort + [.verdictMap(SetName.nodePortSticky.name(steps.family), key: 0)],
      ])
  }

  /// The first packet of a connection whose destination was translated, on its way out.
  private func translated(_ steps: Steps) -> Chain {
    let family = steps.family
    let masquerade = NFExpression.masquerade(.fullyRandom)
    func has(_ name: SetName, inverted: Bool = false) -> NFExpression {
      .lookup(set: name.name(family), key: 0, inverted: inverted)
    }
    var rules: [[NFExpression]] = [
      [.verdict(.jump("sticky\(steps.suffix)"))],
      steps.isFamily + [
        steps.source(0), steps.destination(steps.addressRegisters), has(.hairpin), masquerade,
      ],
    ]
    let toClusterIP: [NFExpression] = steps.isFamily + [steps.originalDestination(0), has(.clusterIPs)]
    if options.masqueradeAll {
      rules.append(toClusterIP + [masquerade])
    } else if options.localDetector != .clusterCIDRs || options.clusterCIDRs.contains(where: { $0.family == family }) {
      rules.append(toClusterIP + isFromPod(steps, inverted: true) + [masquerade])
    }
    rules += [
      toClusterIP + [.verdict(.return)],
      steps.isFamily + steps.originalFrontend + [has(.masquerade), masquerade],
      steps.isFamily + steps.isFromNode + steps.originalFrontend + [has(.masqueradeOwn), masquerade],
      // So that an external address is not taken for a node port of the same number.
      steps.isFamily + steps.originalFrontend + [has(.masqueradeOwn), .verdict(.return)],
      steps.originalNodePort + [has(.nodePortMasquerade), masquerade],
      steps.isFamily + steps.isFromNode + steps.originalNodePort + [has(.nodePortMasqueradeOwn), masquerade],
    ]
    return Chain("translated\(steps.suffix)", rules)
  }
}
