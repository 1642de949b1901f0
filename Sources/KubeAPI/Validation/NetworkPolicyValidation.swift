/// The rules of network policies.
enum NetworkPolicyValidation {
  static func policy(_ policy: JSONValue, _ errors: inout FieldErrors) {
    let spec = FieldPath("spec")
    Validation.labelSelector(policy[path: "spec", "podSelector"] ?? [:], spec.child("podSelector"), &errors)
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
      for (index, rule) in (policy[path: "spec", direction]?.arrayValue ?? []).enumerated() {
        let path = spec.child(direction).index(index)
        for (position, port) in (rule["ports"]?.arrayValue ?? []).enumerated() {
          self.port(port, path.child("ports").index(position), &errors)
        }
        for (position, peer) in (rule[peers]?.arrayValue ?? []).enumerated() {
          self.peer(peer, path.child(peers).index(position), &errors)
        }
      }
    }
    let types = policy[path: "spec", "policyTypes"]?.arrayValue ?? []
    guard types.count <= 2 else {
      errors.invalid(spec.child("policyTypes"), .array(types), "may not specify more than two policyTypes")
      return
    }
    for (index, type) in types.enumerated() {
      errors.oneOf(type, spec.child("policyTypes").index(index), ["Ingress", "Egress"], isRequired: true)
    }
  }

  private static func port(_ port: JSONValue, _ path: FieldPath, _ errors: inout FieldErrors) {
    errors.oneOf(port["protocol"], path.child("protocol"), ["SCTP", "TCP", "UDP"])
    guard let first = port["port"] else {
      if port["endPort"] != nil { errors.required(path.child("port"), "must be specified when `endPort` is specified") }
      return
    }
    errors.portNumberOrName(first, path.child("port"))
    guard let last = port["endPort"] else { return }
    guard let number = first.integerValue else {
      errors.invalid(path.child("endPort"), last, "may not be specified when `port` is non-numeric")
      return
    }
    if let end = last.integerValue, end < number {
      errors.invalid(path.child("endPort"), last, "must be greater than or equal to `port`")
    }
    errors.portNumber(last, path.child("endPort"))
  }

  private static func peer(_ peer: JSONValue, _ path: FieldPath, _ errors: inout FieldErrors) {
    let selectors = ["podSelector", "namespaceSelector"].filter { peer[$0] != nil }
    for name in selectors { Validation.labelSelector(peer[name] ?? [:], path.child(name), &errors) }
    guard let block = peer["ipBlock"] else {
      if selectors.isEmpty { errors.required(path, "must specify a peer") }
      return
    }
    if !selectors.isEmpty {
      errors.forbidden(path, "may not specify both ipBlock and another peer")
    }
    let place = path.child("ipBlock")
    guard let text = errors.nonEmpty(block["cidr"], place.child("cidr")) else { return }
    let range = CIDRText(text)
    if range == nil { errors.invalid(place.child("cidr"), .string(text), CIDRText.problem) }
    for (index, except) in (block["except"]?.arrayValue ?? []).enumerated() {
      let place = place.child("except").index(index)
      guard let inner = CIDRText(except.stringValue ?? "") else {
        errors.invalid(place, except, CIDRText.problem)
        continue
      }
      if let range, !range.isStrictlyAbove(inner) {
        errors.invalid(place, except, "must be a strict subset of `cidr`")
      }
    }
  }
}
