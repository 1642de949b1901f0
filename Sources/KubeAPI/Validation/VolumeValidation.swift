/// The rules of volumes.
enum VolumeValidation {
  /// Looks through the volumes and returns their names.
  static func volumes(_ value: JSONValue?, _ path: FieldPath, _ errors: inout FieldErrors) -> Set<String> {
    var names: Set<String> = []
    for (index, volume) in (value?.arrayValue ?? []).enumerated() {
      let place = path.index(index)
      if let name = errors.nonEmpty(volume["name"], place.child("name")) {
        errors.check(place.child("name"), name, Names.dns1123LabelProblem(name))
        if !names.insert(name).inserted { errors.duplicate(place.child("name"), .string(name)) }
      }
      source(volume, place, &errors)
    }
    return names
  }

  private static func source(_ volume: JSONValue, _ path: FieldPath, _ errors: inout FieldErrors) {
    let sources = (volume.objectValue ?? JSONObject()).filter { $0.key != "name" }
    if sources.isEmpty { errors.required(path, "must specify a volume type") }
    for (position, (kind, source)) in sources.enumerated() {
      let place = path.child(kind)
      if position > 0 {
        errors.forbidden(place, "may not specify more than 1 volume type")
        continue
      }
      switch kind {
      case "configMap": reference(source, "name", place, &errors)
      case "secret": reference(source, "secretName", place, &errors)
      case "persistentVolumeClaim": _ = errors.nonEmpty(source["claimName"], place.child("claimName"))
      case "hostPath": hostPath(source, place, &errors)
      case "nfs":
        _ = errors.nonEmpty(source["server"], place.child("server"))
        if let target = errors.nonEmpty(source["path"], place.child("path")), !target.hasPrefix("/") {
          errors.invalid(place.child("path"), .string(target), "must be an absolute path")
        }
      case "csi": _ = errors.nonEmpty(source["driver"], place.child("driver"))
      case "image": _ = errors.nonEmpty(source["reference"], place.child("reference"))
      case "downwardAPI":
        mode(source["defaultMode"], place.child("defaultMode"), &errors)
        files(source["items"], place.child("items"), &errors)
      case "emptyDir":
        if let size = source["sizeLimit"].flatMap({ Quantity(jsonValue: $0)?.amount }), size.nanos < 0 {
          errors.forbidden(place.child("sizeLimit"), "SizeLimit field must be a valid resource quantity")
        }
      case "projected": projected(source, place, &errors)
      default: break
      }
    }
  }

  private static func reference(
    _ source: JSONValue, _ field: String, _ path: FieldPath, _ errors: inout FieldErrors
  ) {
    _ = errors.nonEmpty(source[field], path.child(field))
    mode(source["defaultMode"], path.child("defaultMode"), &errors)
    keys(source["items"], path.child("items"), &errors)
  }

  private static func mode(_ value: JSONValue?, _ path: FieldPath, _ errors: inout FieldErrors) {
    guard let mode = value?.integerValue, !(0...0o777).contains(mode) else { return }
    errors.invalid(path, .integer(mode), "must be a number between 0 and 0777 (octal), both inclusive")
  }

  private static func keys(_ items: JSONValue?, _ path: FieldPath, _ errors: inout FieldErrors) {
    for (index, item) in (items?.arrayValue ?? []).enumerated() {
      let place = path.index(index)
      _ = errors.nonEmpty(item["key"], place.child("key"))
      if let target = errors.nonEmpty(item["path"], place.child("path")) {
        localPath(target, place.child("path"), &errors)
      }
      mode(item["mode"], place.child("mode"), &errors)
    }
  }

  private static func files(_ items: JSONValue?, _ path: FieldPath, _ errors: inout FieldErrors) {
    for (index, item) in (items?.arrayValue ?? []).enumerated() {
      let place = path.index(index)
      if let target = errors.nonEmpty(item["path"], place.child("path")) {
        localPath(target, place.child("path"), &errors)
      }
      switch (item["fieldRef"], item["resourceFieldRef"]) {
      case (nil, nil): errors.required(place, "one of fieldRef and resourceFieldRef is required")
      case (_?, _?):
        errors.invalid(place, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously")
      default: break
      }
      mode(item["mode"], place.child("mode"), &errors)
    }
  }

  private static func projected(_ source: JSONValue, _ path: FieldPath, _ errors: inout FieldErrors) {
    mode(source["defaultMode"], path.child("defaultMode"), &errors)
    for (index, part) in (source["sources"]?.arrayValue ?? []).enumerated() {
      let place = path.child("sources").index(index)
      for (kind, content) in part.objectValue ?? JSONObject() {
        let inner = place.child(kind)
        switch kind {
        case "configMap", "secret":
          _ = errors.nonEmpty(content["name"], inner.child("name"))
          keys(content["items"], inner.child("items"), &errors)
        case "downwardAPI": files(content["items"], inner.child("items"), &errors)
        case "serviceAccountToken":
          if let target = errors.nonEmpty(content["path"], inner.child("path")) {
            localPath(target, inner.child("path"), &errors)
          }
          if let seconds = content["expirationSeconds"]?.integerValue, seconds < 600 {
            errors.invalid(
              inner.child("expirationSeconds"), .integer(seconds), "may not specify a duration less than 10 minutes")
          }
        default: break
        }
      }
    }
  }

  private static func hostPath(_ source: JSONValue, _ path: FieldPath, _ errors: inout FieldErrors) {
    if let target = errors.nonEmpty(source["path"], path.child("path")) {
      noBackSteps(target, path.child("path"), &errors)
    }
    errors.oneOf(
      source["type"], path.child("type"),
      ["", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"])
  }

  /// A path inside a volume.
  static func localPath(_ target: String, _ path: FieldPath, _ errors: inout FieldErrors) {
    if target.hasPrefix("/") { errors.invalid(path, .string(target), "must be a relative path") }
    noBackSteps(target, path, &errors)
    if target.hasPrefix("..") { errors.invalid(path, .string(target), "must not start with '..'") }
  }

  static func noBackSteps(_ target: String, _ path: FieldPath, _ errors: inout FieldErrors) {
    if target.split(separator: "/").contains("..") { errors.invalid(path, .string(target), "must not contain '..'") }
  }
}
