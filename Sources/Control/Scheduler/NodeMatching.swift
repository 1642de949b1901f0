import KubeAPI

extension Toleration {
  /// Whether this toleration covers a taint.
  func covers(_ taint: Taint) -> Bool {
    if let effect, !effect.isEmpty, effect != taint.effect { return false }
    if let key, !key.isEmpty {
      if key != taint.key { return false }
    } else if `operator` != "Exists" {
      return false
    }
    switch `operator` ?? "Equal" {
    case "Exists": return true
    case "", "Equal": return (value ?? "") == (taint.value ?? "")
    case "Gt", "Lt":
      guard let mine = value.flatMap({ Int64($0) }), let other = taint.value.flatMap({ Int64($0) }) else {
        return false
      }
      return `operator` == "Gt" ? other > mine : other < mine
    default: return false
    }
  }
}

extension NodeSelectorRequirement {
  func holds(_ actual: String?) -> Bool {
    switch `operator` {
    case "In": return actual.map(values.contains) ?? false
    case "NotIn": return actual.map { !values.contains($0) } ?? true
    case "Exists": return actual != nil
    case "DoesNotExist": return actual == nil
    case "Gt", "Lt":
      guard let number = actual.flatMap({ Int64($0) }), let limit = values.first.flatMap({ Int64($0) }) else {
        return false
      }
      return `operator` == "Gt" ? number > limit : number < limit
    default: return false
    }
  }
}

extension NodeSelectorTerm {
  /// Whether all requirements hold. A term without any matches no node.
  func matches(_ node: SchedulingNode.Facts) -> Bool {
    let (expressions, fields) = (matchExpressions, matchFields)
    if expressions.isEmpty, fields.isEmpty { return false }
    return expressions.allSatisfy { $0.holds($0.key.flatMap { node.labels[$0] }) }
      && fields.allSatisfy { $0.holds($0.key == "metadata.name" ? node.name : nil) }
  }
}
