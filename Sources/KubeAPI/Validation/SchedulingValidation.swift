/// The rules of affinity and topology spread.
enum SchedulingValidation {
  static func affinity(_ affinity: JSONValue?, _ path: FieldPath, _ errors: inout FieldErrors) {
    guard let affinity else { return }
    let node = path.child("nodeAffinity")
    if let required = affinity[path: "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"] {
      let place = node.child("requiredDuringSchedulingIgnoredDuringExecution").child("nodeSelectorTerms")
      let terms = required["nodeSelectorTerms"]?.arrayValue ?? []
      if terms.isEmpty { errors.required(place, "must have at least one node selector term") }
      for (index, term) in terms.enumerated() { nodeTerm(term, place.index(index), &errors) }
    }
    let preferred = affinity[path: "nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution"]?.arrayValue ?? []
    for (index, term) in preferred.enumerated() {
      let place = node.child("preferredDuringSchedulingIgnoredDuringExecution").index(index)
      weight(term, place, &errors)
      nodeTerm(term["preference"] ?? [:], place.child("preference"), &errors)
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
      let place = path.child(kind)
      let required = affinity[path: kind, "requiredDuringSchedulingIgnoredDuringExecution"]?.arrayValue ?? []
      for (index, term) in required.enumerated() {
        podTerm(term, place.child("requiredDuringSchedulingIgnoredDuringExecution").index(index), &errors)
      }
      let preferred = affinity[path: kind, "preferredDuringSchedulingIgnoredDuringExecution"]?.arrayValue ?? []
      for (index, term) in preferred.enumerated() {
        let inner = place.child("preferredDuringSchedulingIgnoredDuringExecution").index(index)
        weight(term, inner, &errors)
        podTerm(term["podAffinityTerm"] ?? [:], inner.child("podAffinityTerm"), &errors)
      }
    }
  }

  private static func weight(_ term: JSONValue, _ path: FieldPath, _ errors: inout FieldErrors) {
    let weight = term["weight"]?.integerValue ?? 0
    if !(1...100).contains(weight) {
      errors.invalid(path.child("weight"), .integer(weight), "must be in the range 1-100")
    }
  }

  private static func nodeTerm(_ term: JSONValue, _ path: FieldPath, _ errors: inout FieldErrors) {
    for (index, expression) in (term["matchExpressions"]?.arrayValue ?? []).enumerated() {
      let place = path.child("matchExpressions").index(index)
      let values = expression["values"]?.arrayValue ?? []
      switch expression["operator"]?.stringValue ?? "" {
      case "In", "NotIn":
        if values.isEmpty {
          errors.required(place.child("values"), "must be specified when `operator` is 'In' or 'NotIn'")
        }
      case "Exists", "DoesNotExist":
        if !values.isEmpty {
          errors.forbidden(place.child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
        }
      case "Gt", "Lt":
        if values.count != 1 {
          errors.required(place.child("values"), "must be specified single value when `operator` is 'Lt' or 'Gt'")
        }
      case let other: errors.invalid(place.child("operator"), .string(other), "not a valid selector operator")
      }
      let key = expression["key"]?.stringValue ?? ""
      errors.check(place.child("key"), key, Names.qualifiedNameProblem(key))
    }
    for (index, expression) in (term["matchFields"]?.arrayValue ?? []).enumerated() {
      let place = path.child("matchFields").index(index)
      let comparison = expression["operator"]?.stringValue ?? ""
      if comparison != "In", comparison != "NotIn" {
        errors.invalid(place.child("operator"), .string(comparison), "not a valid selector operator")
      } else if expression["values"]?.arrayValue?.count != 1 {
        errors.required(
          place.child("values"), "must be only one value when `operator` is 'In' or 'NotIn' for node field selector")
      }
      let key = expression["key"]?.stringValue ?? ""
      if key != "metadata.name" { errors.invalid(place.child("key"), .string(key), "not a valid field selector key") }
    }
  }

  private static func podTerm(_ term: JSONValue, _ path: FieldPath, _ errors: inout FieldErrors) {
    if let selector = term["labelSelector"] {
      Validation.labelSelector(selector, path.child("labelSelector"), &errors)
    }
    if let selector = term["namespaceSelector"] {
      Validation.labelSelector(selector, path.child("namespaceSelector"), &errors)
    }
    let key = term["topologyKey"]?.stringValue ?? ""
    if key.isEmpty {
      errors.required(path.child("topologyKey"), "can not be empty")
    } else {
      errors.check(path.child("topologyKey"), key, Names.qualifiedNameProblem(key))
    }
  }

  static func spread(_ constraints: JSONValue?, _ path: FieldPath, _ errors: inout FieldErrors) {
    for (index, constraint) in (constraints?.arrayValue ?? []).enumerated() {
      let place = path.index(index)
      let skew = constraint["maxSkew"]?.integerValue ?? 0
      if skew <= 0 { errors.invalid(place.child("maxSkew"), .integer(skew), "must be greater than zero") }
      let key = constraint["topologyKey"]?.stringValue ?? ""
      if key.isEmpty {
        errors.required(place.child("topologyKey"), "can not be empty")
      } else {
        errors.check(place.child("topologyKey"), key, Names.qualifiedNameProblem(key))
      }
      let action = constraint["whenUnsatisfiable"]?.stringValue ?? ""
      if !["DoNotSchedule", "ScheduleAnyway"].contains(action) {
        errors.notSupported(place.child("whenUnsatisfiable"), action, ["DoNotSchedule", "ScheduleAnyway"])
      }
      if let selector = constraint["labelSelector"] {
        Validation.labelSelector(selector, place.child("labelSelector"), &errors)
      }
    }
  }
}
