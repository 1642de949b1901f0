import KubeAPI
import Netlink

extension NetworkPolicy {
  /// What it says.
  ///
  /// The API server refuses what cannot be read. Should it come all the same, a peer or port that makes no sense
  /// matches nothing, so that less is allowed and not more; without a readable `podSelector` there is no policy.
  var reading: PolicyReading {
    let spec = json["spec"] ?? [:]
    let namespace = metadata.namespace ?? ""
    do throws(PolicyError) {
      let subject = PodTerm(
        namespaces: .named(namespace), pods: try PolicyParser.query(spec["podSelector"] ?? [:], "spec.podSelector"))
      var definition = PolicyDefinition(subject: subject)
      let hasEgress = !(spec["egress"]?.arrayValue ?? []).isEmpty
      var types = (spec["policyTypes"]?.arrayValue ?? []).map { $0.stringValue ?? "" }
      for type in types where type != "Ingress" && type != "Egress" {
        definition.problems.append("spec.policyTypes: '\(type)' is unknown")
      }
      if types.isEmpty { types = hasEgress ? ["Ingress", "Egress"] : ["Ingress"] }
      if types.contains("Ingress") {
        definition.ingress = rules(spec["ingress"], "ingress", "from", namespace, &definition.problems)
      }
      if types.contains("Egress") {
        definition.egress = rules(spec["egress"], "egress", "to", namespace, &definition.problems)
      }
      return .policy(definition)
    } catch {
      return .unusable(error.text)
    }
  }

  private func rules(
    _ json: JSONValue?, _ name: String, _ peers: String, _ namespace: String, _ problems: inout [String]
  ) -> [PolicyDefinition.Rule] {
    var rules: [PolicyDefinition.Rule] = []
    guard let items = try? PolicyParser.list(json, name) else {
      problems.append("spec.\(name) is no list")
      return []
    }
    for (index, item) in items.enumerated() {
      let path = "spec.\(name)[\(index)]"
      rules.append(
        PolicyDefinition.Rule(
          peers: each(item[peers], "\(path).\(peers)", &problems) { (json, path) throws(PolicyError) in
            try Self.peer(json, path, namespace)
          }, ports: each(item["ports"], "\(path).ports", &problems, Self.port)))
    }
    return rules
  }

  /// The terms of a list; nil for one that is empty or missing, which means all. What cannot be read is left out.
  private func each<Term>(
    _ json: JSONValue?, _ path: String, _ problems: inout [String],
    _ read: (JSONValue, String) throws(PolicyError) -> Term
  ) -> [Term]? {
    do throws(PolicyError) {
      let items = try PolicyParser.list(json, path)
      if items.isEmpty { return nil }
      var terms: [Term] = []
      for (index, item) in items.enumerated() {
        do throws(PolicyError) { terms.append(try read(item, "\(path)[\(index)]")) } catch {
          problems.append(error.text)
        }
      }
      return terms
    } catch {
      problems.append(error.text)
      return []
    }
  }

  private static func peer(_ json: JSONValue, _ path: String, _ namespace: String) throws(PolicyError) -> PeerTerm {
    let (block, pods, namespaces) = (json["ipBlock"], json["podSelector"], json["namespaceSelector"])
    if let block {
      guard pods == nil, namespaces == nil else { throw PolicyError("\(path) has an ipBlock and a selector") }
      let prefix = try PolicyParser.prefix(block["cidr"], "\(path).ipBlock.cidr")
      var except: [IPPrefix] = []
      for (index, item) in try PolicyParser.list(block["except"], "\(path).ipBlock.except").enumerated() {
        let place = "\(path).ipBlock.except[\(index)]"
        let part = try PolicyParser.prefix(item, place)
        guard prefix.contains(part), part != prefix else { throw PolicyError("\(place) is no part of \(prefix)") }
        except.append(part)
      }
      return .block(prefix, except: except)
    }
    guard pods != nil || namespaces != nil else { throw PolicyError("\(path) names nobody") }
    let query = try pods.map { (json) throws(PolicyError) in try PolicyParser.query(json, "\(path).podSelector") }
    guard let namespaces else {
      return .pods(PodTerm(namespaces: .named(namespace), pods: query ?? .everything))
    }
    return .pods(
      PodTerm(
        namespaces: .matching(try PolicyParser.query(namespaces, "\(path).namespaceSelector")),
        pods: query ?? .everything))
  }

  private static func port(_ json: JSONValue, _ path: String) throws(PolicyError) -> PortTerm {
    guard let transport = Transport(name: json["protocol"]?.stringValue ?? "TCP") else {
      throw PolicyError("\(path).protocol: '\(json["protocol"]?.text ?? "")' is unknown")
    }
    let last = json["endPort"]
    guard let port = json["port"] else {
      guard last == nil else { throw PolicyError("\(path) has endPort without port") }
      return .all(transport)
    }
    if let name = port.stringValue {
      guard last == nil else { throw PolicyError("\(path) has endPort with a named port") }
      guard !name.isEmpty else { throw PolicyError("\(path).port is empty") }
      return .named(name, transport)
    }
    let first = try PolicyParser.port(port, "\(path).port")
    guard let last else { return .range(transport, first...first) }
    let end = try PolicyParser.port(last, "\(path).endPort")
    guard end >= first else { throw PolicyError("\(path): endPort \(end) is less than port \(first)") }
    return .range(transport, first...end)
  }
}
