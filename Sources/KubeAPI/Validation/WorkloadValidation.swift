/// The rules of deployments and replica sets.
enum WorkloadValidation {
  static func deployment(_ object: JSONValue, _ errors: inout FieldErrors) {
    let path = FieldPath("spec")
    let spec = object["spec"] ?? [:]
    common(spec, path, "deployment", &errors)
    strategy(spec["strategy"] ?? [:], path.child("strategy"), &errors)
    errors.nonNegative(spec["revisionHistoryLimit"], path.child("revisionHistoryLimit"))
    if let deadline = spec["progressDeadlineSeconds"]?.integerValue {
      let place = path.child("progressDeadlineSeconds")
      errors.nonNegative(spec["progressDeadlineSeconds"], place)
      if deadline <= spec["minReadySeconds"]?.integerValue ?? 0 {
        errors.invalid(place, .integer(deadline), "must be greater than minReadySeconds")
      }
    }
  }

  static func replicaSet(_ object: JSONValue, _ errors: inout FieldErrors) {
    common(object["spec"] ?? [:], FieldPath("spec"), "deployment", &errors)
  }

  private static func common(_ spec: JSONValue, _ path: FieldPath, _ name: String, _ errors: inout FieldErrors) {
    errors.nonNegative(spec["replicas"], path.child("replicas"))
    errors.nonNegative(spec["minReadySeconds"], path.child("minReadySeconds"))
    let template = path.child("template")
    if let selector = spec["selector"] {
      Validation.labelSelector(selector, path.child("selector"), &errors)
      let view = LabelSelector(json: selector)
      if view.matchLabels.isEmpty, view.matchExpressions.isEmpty {
        errors.invalid(path.child("selector"), selector, "empty selector is invalid for \(name)")
      } else {
        let labels = spec[path: "template", "metadata", "labels"]
        let texts = labels?.objectValue?.map { ($0.key, $0.value.stringValue ?? "") } ?? []
        if !view.matches(Dictionary(texts) { $1 }) {
          errors.invalid(
            template.child("metadata").child("labels"), labels ?? [:], "`selector` does not match template `labels`")
        }
      }
    } else {
      errors.required(path.child("selector"))
    }
    guard let content = spec["template"] else {
      errors.required(template)
      return
    }
    PodValidation.template(content, template, &errors)
    if let policy = content[path: "spec", "restartPolicy"]?.stringValue, policy != "Always" {
      errors.notSupported(template.child("spec").child("restartPolicy"), policy, ["Always"])
    }
    if content[path: "spec", "activeDeadlineSeconds"] != nil {
      errors.forbidden(
        template.child("spec").child("activeDeadlineSeconds"), "activeDeadlineSeconds in ReplicaSet is not Supported")
    }
  }

  private static func strategy(_ strategy: JSONValue, _ path: FieldPath, _ errors: inout FieldErrors) {
    errors.oneOf(strategy["type"], path.child("type"), ["Recreate", "RollingUpdate"], isRequired: true)
    let place = path.child("rollingUpdate")
    guard strategy["type"] == "RollingUpdate" else {
      if strategy["type"] == "Recreate", strategy["rollingUpdate"] != nil {
        errors.forbidden(place, "may not be specified when strategy `type` is 'Recreate'")
      }
      return
    }
    guard let update = strategy["rollingUpdate"] else {
      errors.required(place, "this should be defaulted and never be nil")
      return
    }
    let unavailable = count(update["maxUnavailable"], place.child("maxUnavailable"), atMost100: true, &errors)
    let surge = count(update["maxSurge"], place.child("maxSurge"), atMost100: false, &errors)
    if unavailable == 0, surge == 0 {
      errors.invalid(
        place.child("maxUnavailable"), update["maxUnavailable"] ?? 0, "may not be 0 when `maxSurge` is 0")
    }
  }

  /// A number or a percentage that is not negative; `nil` where it is neither.
  private static func count(
    _ value: JSONValue?, _ path: FieldPath, atMost100: Bool, _ errors: inout FieldErrors
  ) -> Int64? {
    switch value {
    case .string(let text):
      guard text.hasSuffix("%"), let number = Int64(text.dropLast()), number >= 0 else {
        errors.invalid(
          path, .string(text),
          "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used "
            + "for validation is '[0-9]+%')")
        return nil
      }
      if atMost100, number > 100 { errors.invalid(path, .string(text), "must not be greater than 100%") }
      return number
    case .integer(let number):
      errors.nonNegative(value, path)
      return number
    default: return 0
    }
  }
}
