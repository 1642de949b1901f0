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
        "reject",
        [
          [.meta(.transportProtocol, into: 0), .compare(0, .equal, [6]), .reject(.tcpReset)],
          // Port unreachable.
          [.reject(.icmpAnyFamily(1))],
        ])
    ]
    for family in IPAddress.Family.allCases {
      let steps = Steps(family)
      chains += [
        firewall(steps), external(steps, nodePort: false), external(steps, nodePort: true), services(steps),
        masquerade(steps),
      ]
    }
    let families = IPAddress.Family.allCases.map { Steps($0) }
    let entrance = families.map { $0.isFamily + [.verdict(.goto("services\($0.suffix)"))] }
    let exit = families.map { steps in
      // IPS_DST_NAT: someone has translated the destination; whether it was this table is seen by the tuple.
      let translated: [NFExpression] = [
        .conntrack(.status, into: 0), .bitwise(from: 0, into: 0, mask: native(1 << 5), xor: native(0)),
        .compare(0, .notEqual, native(0)),
      ]
      return translated + steps.isFamily + [.verdict(.goto("masquerade\(steps.suffix)"))]
    }
    chains += [
      Chain("prerouting", base: NFBaseChain(.nat, hook: .prerouting, priority: -100), entrance),
      Chain("output", base: NFBaseChain(.nat, hook: .output, priority: -100), entrance),
      Chain("postrouting", base: NFBaseChain(.nat, hook: .postrouting, priority: 100), exit),
    ]
    return chains
  }

  private func native(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number) { Array($0) } }

  /// The first packet of a connection, before its route is chosen.
  private func services(_ steps: Steps) -> Chain {
    let (width, suffix) = (steps.addressRegisters, steps.suffix)
    let isLocal: [NFExpression] = [
      .fib(.destination, .addressType, into: 0), .compare(0, .equal, native(Steps.localAddressType)),
    ]
    var onNode: [NFExpression]
    if options.nodePortAddresses.contains(where: { $0.family == steps.family }) {
      onNode = [steps.destination(0), .lookup(set: SetName.nodePortAddresses.name(steps.family), key: 0)]
    } else if !options.nodePortAddresses.isEmpty {
      // Addresses of the other family are named, so none of this one.
      onNode = [.verdict(.return)]
    } else if steps.family == .v4 {
      onNode = [
        .payload(.network, offset: 16, length: 1, into: 0), .compare(0, .notEqual, [127]),
      ]
    } else {
      onNode = [
        steps.destination(0), .compare(0, .notEqual, [UInt8](repeating: 0, count: 15) + [1]),
      ]
    }
    if onNode != [.verdict(.return)] {
      onNode += isLocal + [steps.transport(0), steps.port(1)]
      onNode += [.lookup(set: SetName.nodePorts.name(steps.family), key: 0, into: 0), steps.act(0)]
    }
    return Chain(
      "services\(suffix)",
      [
        steps.isFamily + [
          steps.destination(0), steps.transport(width), steps.port(width + 1),
          .lookup(set: SetName.dispatch.name(steps.family), key: 0, into: 0), steps.act(0),
        ],
        steps.isFamily + [
          steps.destination(0), .lookup(set: SetName.clusterIPs.name(steps.family), key: 0),
          .verdict(.goto("reject")),
        ],
        steps.isFamily + [
          steps.destination(0), .lookup(set: SetName.serviceCIDRs.name(steps.family), key: 0), .verdict(.drop),
        ],
        steps.isFamily + onNode,
      ])
  }

  /// `externalTrafficPolicy: Local`: pods and the node itself reach all endpoints, everyone else those here.
  private func external(_ steps: Steps, nodePort: Bool) -> Chain {
    func choose(_ vip: SetName, _ node: SetName) -> [NFExpression] {
      let width = steps.addressRegisters
      let key: [NFExpression] =
        nodePort
        ? [steps.transport(0), steps.port(1)]
        : [steps.destination(0), steps.transport(width), steps.port(width + 1)]
      let set = (nodePort ? node : vip).name(steps.family)
      return key + [.lookup(set: set, key: 0, into: 0), steps.act(0)]
    }
    let wide = choose(.wide, .nodePortWide)
    return Chain(
      (nodePort ? "nodeport-external" : "external") + steps.suffix,
      [
        steps.isFamily + [steps.source(0), .lookup(set: SetName.podCIDRs.name(steps.family), key: 0)] + wide,
        steps.isFamily + steps.isFromNode + wide,
        steps.isFamily + choose(.local, .nodePortLocal),
      ])
  }

  /// `loadBalancerSourceRanges`
  private func firewall(_ steps: Steps) -> Chain {
    let width = steps.addressRegisters
    return Chain(
      "firewall\(steps.suffix)",
      [
        steps.isFamily + [
          steps.destination(0), steps.transport(width), steps.port(width + 1), steps.source(width + 2),
          .lookup(set: SetName.sourceRanges.name(steps.family), key: 0),
          .lookup(set: SetName.allowed.name(steps.family), key: 0, into: 0), steps.act(0),
        ],
        [.verdict(.drop)],
      ])
  }

  /// The first packet of a connection whose destination was translated, on its way out.
  private func masquerade(_ steps: Steps) -> Chain {
    let (width, family) = (steps.addressRegisters, steps.family)
    let masquerade = NFExpression.masquerade(.fullyRandom)
    let frontend: [NFExpression] = [
      steps.originalDestination(0), steps.transport(width), steps.originalPort(width + 1),
    ]
    let nodePort: [NFExpression] = [steps.transport(0), steps.originalPort(1)]
    func has(_ name: SetName, inverted: Bool = false) -> NFExpression {
      .lookup(set: name.name(family), key: 0, inverted: inverted)
    }
    var rules: [[NFExpression]] = [
      steps.isFamily + [steps.source(0), steps.destination(width), has(.hairpin), masquerade]
    ]
    let toClusterIP: [NFExpression] = steps.isFamily + [steps.originalDestination(0), has(.clusterIPs)]
    if options.masqueradeAll {
      rules.append(toClusterIP + [masquerade])
    } else if options.clusterCIDRs.contains(where: { $0.family == family }) {
      rules.append(toClusterIP + [steps.source(0), has(.podCIDRs, inverted: true), masquerade])
    }
    rules += [
      toClusterIP + [.verdict(.return)],
      steps.isFamily + frontend + [has(.masquerade), masquerade],
      steps.isFamily + steps.isFromNode + frontend + [has(.masqueradeOwn), masquerade],
      // So that an external address is not taken for a node port of the same number.
      steps.isFamily + frontend + [has(.masqueradeOwn), .verdict(.return)],
      nodePort + [has(.nodePortMasquerade), masquerade],
      steps.isFamily + steps.isFromNode + nodePort + [has(.nodePortMasqueradeOwn), masquerade],
    ]
    return Chain("masquerade\(steps.suffix)", rules)
  }
}
