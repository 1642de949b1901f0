/// The rules of nodes.
enum NodeValidation {
  static func node(_ node: JSONValue, _ errors: inout FieldErrors) {
    let path = FieldPath("spec.taints")
    var seen: Set<String> = []
    for (index, taint) in (node[path: "spec", "taints"]?.arrayValue ?? []).enumerated() {
      let place = path.index(index)
      let key = taint["key"]?.stringValue ?? ""
      errors.check(place.child("key"), key, Names.qualifiedNameProblem(key))
      let value = taint["value"]?.stringValue ?? ""
      errors.check(place.child("value"), value, Names.labelValueProblem(value))
      errors.oneOf(
        taint["effect"], place.child("effect"), ["NoSchedule", "PreferNoSchedule", "NoExecute"], isRequired: true)
      if !seen.insert("\(key):\(taint["effect"]?.stringValue ?? "")").inserted {
        errors.duplicate(place, taint)
      }
    }
    let ranges = node[path: "spec", "podCIDRs"]?.arrayValue ?? []
    for (index, range) in ranges.enumerated() where CIDRText(range.stringValue ?? "") == nil {
      errors.invalid(FieldPath("spec.podCIDRs").index(index), range, CIDRText.problem)
    }
  }

  static func update(_ node: JSONValue, from old: JSONValue, _ errors: inout FieldErrors) {
    for field in ["podCIDR", "podCIDRs", "providerID"] {
      guard let before = old["spec"]?[field] else { continue }
      if node["spec"]?[field] != before {
        errors.forbidden(
          FieldPath("spec").child(field), "node updates may not change \(field) except from \"\" to valid")
      }
    }
  }
}
