import Netlink

/// The tables `inet skiff-pods` and `arp skiff-pods`: what pods' interfaces may not send, and the node's ports that lead
/// to pods. Chains, rules and sets are the same whatever pods there are; elements come and go with them.
struct PodRules: Sendable, Hashable {
  static let table = NFTableName(.inet, "skiff-pods")
  static let arpTable = NFTableName(.arp, "skiff-pods")

  /// The sets of one address family.
  enum SetName: String, Sendable, CaseIterable {
    /// Protocol and port to the pod's address and port, for ports that answer at every address of the node.
    case ports
    /// The same with one address of the node before it.
    case addressedPorts = "addressed-ports"
    /// A pod with ports of the node, and itself: it may come back to itself by them.
    case hairpin

    func name(_ family: IPAddress.Family) -> String { "\(rawValue)\(family.rawValue)" }
  }

  /// What pods may not send: the comment of the rules that drop it, and a name for metrics.
  enum Forbidden: String, CaseIterable {
    case arp = "pods have nobody to ask"
    case neighbours = "neighbours and routers that a pod invents"
    case groups = "pods are in no group of the node's"
    case redirects = "routes that a pod invents"
    case loopback = "the node's loopback is not for pods"

    var name: String {
      switch self {
      case .arp: "arp"
      case .neighbours: "neighbours"
      case .groups: "groups"
      case .redirects: "redirects"
      case .loopback: "loopback"
      }
    }
  }

  var inet: TableContents
  var arp: TableContents

  /// - Parameter sources: the address, by family, that the node speaks to pods from.
  init(_ leases: [AddressLease], sources: [IPAddress.Family: IPAddress]) {
    inet = TableContents(Self.table)
    inet.chains = [
      NFChain("guard", in: Self.table, base: NFBaseChain(.filter, hook: .prerouting, priority: -311)),
      NFChain("ports", in: Self.table),
      NFChain("prerouting", in: Self.table, base: NFBaseChain(.nat, hook: .prerouting, priority: -99)),
      NFChain("output", in: Self.table, base: NFBaseChain(.nat, hook: .output, priority: -99)),
      NFChain("postrouting", in: Self.table, base: NFBaseChain(.nat, hook: .postrouting, priority: 99)),
    ]
    inet.rules = Self.guardRules
    for family in IPAddress.Family.allCases {
      inet.sets += SetName.allCases.map { Self.set($0, family) }
      inet.rules += Self.portRules(family) + Self.returnRules(family, source: sources[family])
    }
    inet.rules += ["prerouting", "output"].map { Self.entrance($0) }
    for name in inet.sets.map(\.name) { inet.elements[name] = [] }
    for lease in leases {
      for (set, element) in Self.elements(of: lease) { inet.elements[set, default: []].insert(element) }
    }
    arp = TableContents(Self.arpTable)
    arp.chains = [NFChain("guard", in: Self.arpTable, base: NFBaseChain(.filter, hook: .arpInput, priority: 0))]
    arp.rules = [
      NFRule(
        in: "guard", of: Self.arpTable, comment: Forbidden.arp.rawValue,
        PodLink.isSender + [.counter(), .verdict(.drop)])
    ]
  }

  static func set(_ name: SetName, _ family: IPAddress.Family) -> NFSet {
    let address: NFDataType = family == .v4 ? .ipv4Address : .ipv6Address
    let target = NFSet.Content.values([address, .inetService])
    func set(_ key: [NFDataType], _ content: NFSet.Content, _ comment: String) -> NFSet {
      NFSet(name.name(family), in: table, key: key, content: content, comment: comment)
    }
    switch name {
    case .ports: return set([.inetProtocol, .inetService], target, "hostPort to pod")
    case .addressedPorts: return set([address, .inetProtocol, .inetService], target, "hostIP and hostPort to pod")
    case .hairpin: return set([address, address], .keys, "pods that may meet themselves")
    }
  }

  /// The elements that a pod's ports of the node are, by set.
  static func elements(of lease: AddressLease) -> [(set: String, element: NFElement)] {
    var elements: [(set: String, element: NFElement)] = []
    for address in lease.addresses {
      let family = address.family
      let ports = lease.hostPorts.filter { $0.covers(family) }
      for port in ports {
        let key = NFWord.port(port.port, of: port.transport.rawValue)
        let data = NFData.value(address.bytes + NFWord.port(port.target))
        if let single = port.single {
          elements.append((SetName.addressedPorts.name(family), NFElement(single.bytes + key, data: data)))
        } else {
          elements.append((SetName.ports.name(family), NFElement(key, data: data)))
        }
      }
      if !ports.isEmpty {
        elements.append((SetName.hairpin.name(family), NFElement(address.bytes + address.bytes)))
      }
    }
    return elements
  }

  /// How many packets the rules of tables that were read have dropped, by reason.
  static func dropped(_ tables: [TableContents?]) -> [Forbidden: UInt64] {
    var counts: [Forbidden: UInt64] = [:]
    for rule in tables.compactMap({ $0 }).flatMap(\.rules) {
      guard let reason = rule.comment.flatMap({ Forbidden(rawValue: $0) }) else { continue }
      counts[reason, default: 0] += rule.countedPackets
    }
    return counts
  }

  // MARK: Rules

  /// What the node would believe of a pod, and should not. A pod's neighbour entries, and the node's for it, are
  /// permanent: neither side ever asks.
  private static var guardRules: [NFRule] {
    func rule(_ reason: Forbidden, _ family: IPAddress.Family, _ what: [NFExpression]) -> NFRule {
      NFRule(
        in: "guard", of: table, comment: reason.rawValue,
        PodLink.isSender + NFExpression.isFamily(family) + what + [.counter(), .verdict(.drop)])
    }
    func icmp(_ number: UInt8, _ types: ClosedRange<UInt8>) -> [NFExpression] {
      [
        .meta(.transportProtocol, into: 0), .compare(0, .equal, [number]),
        .payload(.transport, offset: 0, length: 1, into: 0),
        types.count == 1
          ? .compare(0, .equal, [types.lowerBound]) : .range(0, from: [types.lowerBound], to: [types.upperBound]),
      ]
    }
    return [
      // Solicitations, advertisements, redirects.
      rule(.neighbours, .v6, icmp(58, 133...137)),
      rule(.groups, .v6, icmp(58, 130...132)),
      rule(.groups, .v6, icmp(58, 143...143)),
      rule(.redirects, .v4, icmp(1, 5...5)),
      // Their links take such addresses where programs of the node reach a pod at 127.0.0.1.
      rule(
        .loopback, .v4,
        [.payload(.network, offset: 16, length: 1, into: 0), .compare(0, .equal, [127])]),
    ]
  }

  /// Into the ports, for what is addressed to this node.
  private static func entrance(_ chain: String) -> NFRule {
    NFRule(in: chain, of: table, NFExpression.isLocal(.destination) + [.verdict(.goto("ports"))])
  }

  private static func portRules(_ family: IPAddress.Family) -> [NFRule] {
    let isV4 = family == .v4
    let width = isV4 ? 1 : 4  // registers of an address
    let kind: NFFamily = isV4 ? .ipv4 : .ipv6
    let isFamily = NFExpression.isFamily(family)
    func port(_ first: Int) -> [NFExpression] {
      [
        .meta(.transportProtocol, into: NFRegister(first)),
        .payload(.transport, offset: 2, length: 2, into: NFRegister(first + 1)),
      ]
    }
    func translate(_ set: SetName) -> [NFExpression] {
      [
        .lookup(set: set.name(family), key: 0, into: 0),
        .nat(.destination, kind, address: 0, port: NFRegister(width)),
      ]
    }
    return [
      NFRule(
        in: "ports", of: table, isFamily + [.destination(family, into: 0)] + port(width) + translate(.addressedPorts)),
      NFRule(in: "ports", of: table, isFamily + port(0) + translate(.ports)),
    ]
  }

  /// What must come back by this node: a pod that reached itself, and the node's own programs that asked 127.0.0.1.
  private static func returnRules(_ family: IPAddress.Family, source: IPAddress?) -> [NFRule] {
    let isV4 = family == .v4
    let leave: [NFExpression] =
      source.map {
        [.immediate($0.bytes, into: 0), .nat(.source, isV4 ? .ipv4 : .ipv6, address: 0)]
      } ?? [.masquerade()]
    let isFamily = NFExpression.isFamily(family)
    let itself = NFRule(
      in: "postrouting", of: table, comment: "a pod that reached itself by the node's port",
      isFamily + [
        .source(family, into: 0), .destination(family, into: isV4 ? 1 : 4),
        .lookup(set: SetName.hairpin.name(family), key: 0),
      ] + leave)
    guard isV4 else { return [itself] }
    let loopback = NFRule(
      in: "postrouting", of: table, comment: "the node's programs that asked 127.0.0.1",
      PodLink.isReceiver + isFamily + [
        .payload(.network, offset: 12, length: 1, into: 0), .compare(0, .equal, [127]),
      ] + leave)
    return [itself, loopback]
  }
}
