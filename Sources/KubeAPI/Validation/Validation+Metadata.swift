extension Validation {
  /// The most that keys and values of all annotations may have together.
  static let maximumAnnotationBytes = 256 * 1024

  static func metadata(_ metadata: JSONValue, _ resource: Schema.Resource, _ errors: inout FieldErrors) {
    let path = FieldPath("metadata")
    let name = metadata["name"]?.stringValue ?? ""
    let prefix = metadata["generateName"]?.stringValue ?? ""
    if !prefix.isEmpty {
      // A name that the server makes goes on with letters and digits.
      let trimmed = prefix.hasSuffix("-") ? prefix + "a" : prefix
      errors.check(path.child("generateName"), prefix, nameProblem(trimmed, resource))
    }
    if name.isEmpty {
      if prefix.isEmpty { errors.required(path.child("name"), "name or generateName is required") }
    } else {
      errors.check(path.child("name"), name, nameProblem(name, resource))
    }
    errors.nonNegative(metadata["generation"], path.child("generation"))
    labels(metadata["labels"], path.child("labels"), &errors)
    annotations(metadata["annotations"], path.child("annotations"), &errors)
    owners(metadata["ownerReferences"], path.child("ownerReferences"), &errors)
    for finalizer in metadata["finalizers"]?.arrayValue?.compactMap(\.stringValue) ?? [] {
      if let problem = Names.qualifiedNameProblem(finalizer) {
        errors.check(path.child("finalizers"), finalizer, problem)
      } else if !finalizer.contains("/"), !["kubernetes", "orphan", "foregroundDeletion"].contains(finalizer) {
        errors.invalid(
          path.child("finalizers"), .string(finalizer),
          "name is neither a standard finalizer name nor is it fully qualified")
      }
    }
  }

  private static func nameProblem(_ name: String, _ resource: Schema.Resource) -> String? {
    switch resource.groupResource {
    case "namespaces": Names.dns1123LabelProblem(name)
    case "services": Names.dns1035LabelProblem(name)
    default: Names.dns1123SubdomainProblem(name)
    }
  }

  static func labels(_ labels: JSONValue?, _ path: FieldPath, _ errors: inout FieldErrors) {
    for (key, value) in labels?.objectValue ?? JSONObject() {
      errors.check(path, key, Names.qualifiedNameProblem(key))
      let text = value.stringValue ?? ""
      errors.check(path, text, Names.labelValueProblem(text))
    }
  }

  static func annotations(_ annotations: JSONValue?, _ path: FieldPath, _ errors: inout FieldErrors) {
    var size = 0
    for (key, value) in annotations?.objectValue ?? JSONObject() {
      errors.check(path, key, Names.qualifiedNameProblem(key.lowercased()))
      size += key.utf8.count + (value.stringValue?.utf8.count ?? 0)
    }
    if size > maximumAnnotationBytes { errors.tooLong(path, maximum: maximumAnnotationBytes) }
  }

  private static func owners(_ owners: JSONValue?, _ path: FieldPath, _ errors: inout FieldErrors) {
    var controller: String?
    for (index, owner) in (owners?.arrayValue ?? []).enumerated() {
      let place = path.index(index)
      let words = ["apiVersion": "version must not be empty", "kind": "must not be empty", "name": "must not be empty"]
      for field in ["apiVersion", "kind", "name"] where (owner[field]?.stringValue ?? "").isEmpty {
        errors.invalid(place.child(field), "", words[field] ?? "")
      }
      if (owner["uid"]?.stringValue ?? "").isEmpty { errors.invalid(place.child("uid"), "", "must not be empty") }
      guard owner["controller"]?.boolValue == true else { continue }
      let name = "\(owner["kind"]?.stringValue ?? "")/\(owner["name"]?.stringValue ?? "")"
      if let controller {
        errors.invalid(
          path, owners ?? [],
          "Only one reference can have Controller set to true. Found \"true\" in references for \(controller) and \(name)"
        )
      }
      controller = name
    }
  }

  static func metadataUpdate(_ new: JSONValue, _ old: JSONValue, _ errors: inout FieldErrors) {
    let path = FieldPath("metadata")
    for field in ["name", "namespace", "uid", "creationTimestamp"] {
      errors.immutable(new[field], old[field], path.child(field))
    }
    if let before = old["deletionTimestamp"] {
      errors.immutable(new["deletionTimestamp"], before, path.child("deletionTimestamp"))
      let kept = Set(old["finalizers"]?.arrayValue?.compactMap(\.stringValue) ?? [])
      let added = (new["finalizers"]?.arrayValue?.compactMap(\.stringValue) ?? []).filter { !kept.contains($0) }
      if !added.isEmpty {
        errors.forbidden(
          path.child("finalizers"),
          "no new finalizers can be added if the object is being deleted, found new finalizers \(added)")
      }
    }
  }

  /// A LabelSelector in a specification.
  static func labelSelector(_ selector: JSONValue, _ path: FieldPath, _ errors: inout FieldErrors) {
    labels(selector["matchLabels"], path.child("matchLabels"), &errors)
    for (index, expression) in (selector["matchExpressions"]?.arrayValue ?? []).enumerated() {
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
      case let other: errors.invalid(place.child("operator"), .string(other), "not a valid selector operator")
      }
      let key = expression["key"]?.stringValue ?? ""
      errors.check(place.child("key"), key, Names.qualifiedNameProblem(key))
      for (position, value) in values.enumerated() {
        let text = value.stringValue ?? ""
        errors.check(place.child("values").index(position), text, Names.labelValueProblem(text))
      }
    }
  }
}
