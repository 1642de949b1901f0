import KubeAPI
import Netlink

@testable import NetAgent

/// Makes worlds and changes them, the same ones for the same seed.
struct PolicyGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// SplitMix64.
  mutating func number(_ bound: Int) -> Int {
    state &+= 0x9e37_79b9_7f4a_7c15
    return Int(StableHash.mix(state) % UInt64(bound))
  }

  mutating func chance(_ percent: Int) -> Bool { number(100) < percent }
  mutating func pick<Element>(_ items: [Element]) -> Element { items[number(items.count)] }

  private static let namespaces = ["red", "green", "blue"]
  private static let labels = ["app": ["a", "b", "c"], "tier": ["front", "back"], "old": ["yes"]]
  static let ports: [UInt16] = [80, 443, 5000, 5005, 8080]
  private static let portNames = ["web", "dns"]

  // MARK: Worlds

  mutating func world(pods: Int = 8, policies: Int = 4, clusterPolicies: Int = 2) -> PolicyWorld {
    var world = PolicyWorld()
    for name in Self.namespaces { world.namespaces[name] = namespaceLabels(name) }
    for index in 0..<pods {
      let pod = pod(index)
      world.pods[pod.key] = pod
    }
    for index in 0..<number(policies + 1) {
      let (key, policy) = networkPolicy(index)
      world.networkPolicies[key] = policy
    }
    for index in 0..<number(clusterPolicies + 1) {
      world.clusterPolicies[ObjectKey(name: "cluster-\(index)")] = clusterPolicy()
    }
    return world
  }

  private mutating func namespaceLabels(_ name: String) -> [String: String] {
    var labels = ["kubernetes.io/metadata.name": name]
    if chance(50) { labels["team"] = pick(["one", "two"]) }
    return labels
  }

  private mutating func podLabels() -> [String: String] {
    var labels: [String: String] = [:]
    for (key, values) in Self.labels.sorted(by: { $0.key < $1.key }) where chance(60) { labels[key] = pick(values) }
    return labels
  }

  mutating func pod(_ index: Int) -> PolicyWorld.Pod {
    var ports: [NamedPort] = []
    for name in Self.portNames where chance(40) {
      ports.append(NamedPort(name: name, transport: pick([.tcp, .udp]), port: pick(Self.ports)))
    }
    let key = ObjectKey(namespace: Self.namespaces[index % 3], name: "pod-\(index)")
    let byte = UInt64(index + 1)
    return PolicyWorld.Pod(
      key: key, labels: podLabels(),
      addresses: [
        IPAddress(v4: 0x0af4_0000 | UInt32(index % 2) << 8 | UInt32(byte)),
        IPAddress(number: UInt128(0xfd00_0244_0000_0000) << 64 | UInt128(index % 2) << 16 | UInt128(byte), family: .v6),
      ], isLocal: chance(80), ports: ports)
  }

  /// One change of a random kind.
  mutating func change(_ world: inout PolicyWorld) {
    let pods = world.pods.keys.sorted()
    switch number(8) {
    case 0...2:
      guard !pods.isEmpty else { return }
      world.pods[pick(pods)]?.labels = podLabels()
    case 3:
      let pod = pod(number(9))
      world.pods[pod.key] = world.pods[pod.key] == nil || chance(50) ? pod : nil
    case 4:
      let name = pick(Self.namespaces)
      world.namespaces[name] = namespaceLabels(name)
    case 5, 6:
      let (key, policy) = networkPolicy(number(5))
      world.networkPolicies[key] = world.networkPolicies[key] == nil || chance(60) ? policy : Optional<JSONValue>.none
    default:
      let key = ObjectKey(name: "cluster-\(number(3))")
      world.clusterPolicies[key] =
        world.clusterPolicies[key] == nil || chance(60) ? clusterPolicy() : Optional<JSONValue>.none
    }
  }

  mutating func probe(_ world: PolicyWorld) -> PolicyProbe {
    let addresses = world.pods.values.flatMap(\.addresses).sorted() + PolicyWorld.outside
    while true {
      let probe = PolicyProbe(
        source: pick(addresses), destination: pick(addresses), transport: pick([6, 6, 17, 132, 1, 58]),
        port: chance(80) ? pick(Self.ports) : UInt16(number(65536)))
      if probe.source.family == probe.destination.family { return probe }
    }
  }

  // MARK: Policies

  private mutating func selector(_ keys: [String: [String]]) -> JSONValue {
    var selector: JSONValue = [:]
    if chance(20) { return selector }
    let key = pick(keys.keys.sorted())
    let values = keys[key] ?? []
    if chance(60) {
      selector["matchLabels"] = [key: .string(pick(values))]
    } else {
      var expression: JSONValue = ["key": .string(key)]
      let name = pick(["In", "NotIn", "Exists", "DoesNotExist"])
      expression["operator"] = .string(name)
      if name.hasSuffix("In") {
        expression["values"] = .array((0...number(2)).map { _ in .string(pick(values)) })
      }
      selector["matchExpressions"] = [expression]
    }
    if chance(25) { selector["matchLabels"] = ["app": .string(pick(["a", "b"]))] }
    return selector
  }

  private mutating func podSelector() -> JSONValue { selector(Self.labels) }

  private mutating func namespaceSelector() -> JSONValue {
    selector(["team": ["one", "two"], "kubernetes.io/metadata.name": Self.namespaces])
  }

  private mutating func block() -> JSONValue {
    switch number(6) {
    case 0: return ["cidr": "0.0.0.0/0", "except": ["10.244.0.0/24", "192.0.2.0/24"]]
    case 1: return ["cidr": "10.244.0.0/23", "except": ["10.244.1.0/28", "10.244.0.4/31"]]
    case 2: return ["cidr": "10.244.0.2/32"]
    case 3: return ["cidr": "::/0", "except": ["2001:db8::/32"]]
    case 4: return ["cidr": "fd00:244::/32"]
    default: return ["cidr": "192.0.2.0/24"]
    }
  }

  private mutating func networkPolicy(_ index: Int) -> (ObjectKey, JSONValue) {
    let key = ObjectKey(namespace: pick(Self.namespaces), name: "policy-\(index)")
    var spec: JSONValue = ["podSelector": podSelector()]
    if chance(70) { spec["ingress"] = .array((0..<number(3)).map { _ in rule("from") }) }
    if chance(50) { spec["egress"] = .array((0..<number(3)).map { _ in rule("to") }) }
    switch number(4) {
    case 0: spec["policyTypes"] = ["Ingress"]
    case 1: spec["policyTypes"] = ["Egress"]
    case 2: spec["policyTypes"] = ["Ingress", "Egress"]
    default: break
    }
    return (
      key, ["metadata": ["namespace": .string(key.namespace), "name": .string(key.name)], "spec": spec]
    )
  }

  private mutating func rule(_ peers: String) -> JSONValue {
    var rule: JSONValue = [:]
    if chance(80) {
      rule[peers] = .array(
        (0..<number(3)).map { _ in
          switch number(5) {
          case 0: ["ipBlock": block()]
          case 1: ["podSelector": podSelector()]
          case 2: ["namespaceSelector": namespaceSelector()]
          default: ["podSelector": podSelector(), "namespaceSelector": namespaceSelector()]
          }
        })
    }
    if chance(60) { rule["ports"] = .array((0..<number(3)).map { _ in port() }) }
    return rule
  }

  private mutating func port() -> JSONValue {
    var port: JSONValue = [:]
    if chance(70) { port["protocol"] = .string(pick(["TCP", "UDP", "SCTP"])) }
    switch number(5) {
    case 0: break
    case 1: port["port"] = .string(pick(Self.portNames))
    case 2:
      let first = pick(Self.ports)
      port["port"] = .integer(Int64(first))
      port["endPort"] = .integer(Int64(first) + Int64(number(500)))
    default: port["port"] = .integer(Int64(pick(Self.ports)))
    }
    return port
  }

  private mutating func clusterPolicy() -> JSONValue {
    var spec: JSONValue = [
      "tier": .string(pick(["Admin", "Baseline"])), "priority": .integer(Int64(number(4))),
      "subject": clusterPods(),
    ]
    if chance(70) { spec["ingress"] = .array((0...number(2)).map { _ in clusterRule("from") }) }
    if chance(60) { spec["egress"] = .array((0...number(2)).map { _ in clusterRule("to") }) }
    return ["metadata": [:], "spec": spec]
  }

  private mutating func clusterPods() -> JSONValue {
    chance(50)
      ? ["namespaces": namespaceSelector()]
      : ["pods": ["namespaceSelector": namespaceSelector(), "podSelector": podSelector()]]
  }

  private mutating func clusterRule(_ peers: String) -> JSONValue {
    var rule: JSONValue = ["action": .string(pick(["Accept", "Deny", "Pass"]))]
    rule[peers] = .array(
      (0...number(1)).map { _ in
        peers == "to" && chance(30)
          ? ["networks": .array((0...number(1)).map { _ in block()["cidr"] ?? "10.0.0.0/8" })] : clusterPods()
      })
    guard chance(60) else { return rule }
    rule["protocols"] = .array(
      (0...number(1)).map { _ in
        if chance(20) { return ["destinationNamedPort": .string(pick(Self.portNames))] }
        let name = pick(["tcp", "udp", "sctp"])
        switch number(3) {
        case 0: return [name: [:]]
        case 1:
          let first = Int64(pick(Self.ports))
          return [
            name: ["destinationPort": ["range": ["start": .integer(first), "end": .integer(first + 20)]]]
          ]
        default: return [name: ["destinationPort": ["number": .integer(Int64(pick(Self.ports)))]]]
        }
      })
    return rule
  }
}
