import KubeAPI

/// The class of a pod by its requests and limits.
enum QualityOfService: String {
  case guaranteed = "Guaranteed"
  case burstable = "Burstable"
  case bestEffort = "BestEffort"

  static func of(_ pod: Pod) -> QualityOfService {
    let containers = pod.spec.containers + pod.spec.initContainers
    let counted = ["cpu", "memory"]
    var isBestEffort = true
    var isGuaranteed = true
    for container in containers {
      let resources = container.json["resources"]
      for name in counted {
        let request = quantity(resources?[path: "requests", name])
        let limit = quantity(resources?[path: "limits", name])
        if request != nil || limit != nil { isBestEffort = false }
        // A request that is not said is the limit.
        if limit == nil || (request ?? limit) != limit { isGuaranteed = false }
      }
    }
    return isBestEffort ? .bestEffort : isGuaranteed ? .guaranteed : .burstable
  }

  private static func quantity(_ value: JSONValue?) -> Quantity.Amount? {
    guard let value, let quantity = Quantity(jsonValue: value), let amount = quantity.amount, amount != .zero else {
      return nil
    }
    return amount
  }
}
