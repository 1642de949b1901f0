import KubeAPI
import Netlink

/// `ClusterNetworkPolicy` of `policy.networking.k8s.io/v1alpha2` (kubernetes-sigs/network-policy-api).
struct ClusterNetworkPolicy: KubeObject {
  var json: JSONValue

  static let resource = GroupVersionResource(
    group: "policy.networking.k8s.io", version: "v1alpha2", resource: "clusternetworkpolicies",
    kind: "ClusterNetworkPolicy", isNamespaced: false)

  init(json: JSONValue) { self.json = json }

  /// What it says.
  ///
  /// A rule that cannot be read, or that has peers of a kind that is unknown here (nodes, domain names), fails closed as
  /// the API demands: one that accepts matches nothing, any other denies everything.
  var reading: PolicyReading {
    let spec = json["spec"] ?? [:]
    do throws(PolicyError) {
      var definition = PolicyDefinition(subject: try Self.subject(spec["subject"]))
      switch spec["tier"]?.stringValue {
      case "Admin": definition.tier = .admin
      case "Baseline": definition.tier = .baseline
      default: throw PolicyError("spec.tier: \(spec["tier"]?.text ?? "nothing") is unknown")
      }
      guard let priority = spec["priority"]?.integerValue, (0...1000).contains(priority) else {
        throw PolicyError("spec.priority: \(spec["priority"]?.text ?? "nothing") is not 0 to 1000")
      }
      definition.priority = Int(priority)
      definition.ingress = try Self.rules(spec, "ingress", "from", &definition.problems)
      definition.egress = try Self.rules(spec, "egress", "to", &definition.problems)
      return .policy(definition)
    } catch {
      return .unusable(error.text)
    }
  }

  private static func subject(_ json: JSONValue?) throws(PolicyError) -> PodTerm {
    guard let json, json.objectValue?.count == 1, let term = try pods(json, "spec.subject") else {
      throw PolicyError("spec.subject must have one of namespaces and pods")
    }
    return term
  }

  /// The pods that `namespaces` or `pods` of a subject or peer means; nil where it has neither.
  private static func pods(_ json: JSONValue, _ path: String) throws(PolicyError) -> PodTerm? {
    if let namespaces = json["namespaces"] {
      return PodTerm(
        namespaces: .matching(try PolicyParser.query(namespaces, "\(path).namespaces")), pods: .everything)
    }
    guard let pods = json["pods"] else { return nil }
    guard let selector = pods["podSelector"] else { throw PolicyError("\(path).pods has no podSelector") }
    return PodTerm(
      namespaces: .matching(try PolicyParser.query(pods["namespaceSelector"] ?? [:], "\(path).pods.namespaceSelector")),
      pods: try PolicyParser.query(selector, "\(path).pods.podSelector"))
  }

  /// nil where there are none: the policy says nothing about the direction.
  private static func rules(
    _ spec: JSONValue, _ name: String, _ peers: String, _ problems: inout [String]
  ) throws(PolicyError) -> [PolicyDefinition.Rule]? {
    let items = try PolicyParser.list(spec[name], "spec.\(name)")
    if items.isEmpty { return nil }
    var rules: [PolicyDefinition.Rule] = []
    for (index, item) in items.enumerated() {
      let path = "spec.\(name)[\(index)]"
      do throws(PolicyError) {
        rules.append(try rule(item, path, peers))
      } catch {
        problems.append(error.text)
        if item["action"]?.stringValue != "Accept" { rules.append(.denyAll) }
      }
    }
    return rules
  }

  private static func rule(_ json: JSONValue, _ path: String, _ name: String) throws(PolicyError)
    -> PolicyDefinition.Rule
  {
    var rule = PolicyDefinition.Rule()
    switch json["action"]?.stringValue {
    case "Accept": rule.action = .accept
    case "Deny": rule.action = .deny
    case "Pass": rule.action = .pass
    default: throw PolicyError("\(path).action: \(json["action"]?.text ?? "nothing") is unknown")
    }
    var peers: [PeerTerm] = []
    for (index, item) in try PolicyParser.list(json[name], "\(path).\(name)").enumerated() {
      let place = "\(path).\(name)[\(index)]"
      guard item.objectValue?.count == 1 else { throw PolicyError("\(place) must have one member") }
      if let networks = item["networks"], name == "to" {
        for (index, text) in try PolicyParser.list(networks, "\(place).networks").enumerated() {
          peers.append(.block(try PolicyParser.prefix(text, "\(place).networks[\(index)]"), except: []))
        }
      } else if let term = try pods(item, place) {
        peers.append(.pods(term))
      } else {
        throw PolicyError("\(place): peers of this kind are not known here")
      }
    }
    guard !peers.isEmpty else { throw PolicyError("\(path).\(name) is empty") }
    rule.peers = peers
    let protocols = try PolicyParser.list(json["protocols"], "\(path).protocols")
    if protocols.isEmpty { return rule }
    var ports: [PortTerm] = []
    for (index, item) in protocols.enumerated() { ports.append(try port(item, "\(path).protocols[\(index)]")) }
    rule.ports = ports
    return rule
  }

  private static func port(_ json: JSONValue, _ path: String) throws(PolicyError) -> PortTerm {
    guard let object = json.objectValue, object.count == 1, let (kind, value) = object.first(where: { _ in true })
    else {
      throw PolicyError("\(path) must have one member")
    }
    let transport: Transport
    switch kind {
    case "destinationNamedPort":
      guard let name = value.stringValue, !name.isEmpty else { throw PolicyError("\(path).\(kind) is no name") }
      return .named(name, nil)
    case "tcp": transport = .tcp
    case "udp": transport = .udp
    case "sctp": transport = .sctp
    default: throw PolicyError("\(path): '\(kind)' is unknown")
    }
    guard let port = value["destinationPort"] else {
      guard value.objectValue?.isEmpty == true else { throw PolicyError("\(path).\(kind) has an unknown member") }
      return .all(transport)
    }
    let place = "\(path).\(kind).destinationPort"
    if let range = port["range"] {
      guard port.objectValue?.count == 1 else { throw PolicyError("\(place) has a number and a range") }
      let first = try PolicyParser.port(range["start"], "\(place).range.start")
      let last = try PolicyParser.port(range["end"], "\(place).range.end")
      guard first < last else { throw PolicyError("\(place).range: \(last) is not after \(first)") }
      return .range(transport, first...last)
    }
    let number = try PolicyParser.port(port["number"], "\(place).number")
    return .range(transport, number...number)
  }
}
