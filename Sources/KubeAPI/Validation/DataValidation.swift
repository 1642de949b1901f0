/// The rules of config maps and secrets.
enum DataValidation {
  /// The most that all values may have together.
  static let maximumBytes = 1024 * 1024

  static func configMap(_ object: JSONValue, _ errors: inout FieldErrors) {
    var size = 0
    let data = object["data"]?.objectValue ?? JSONObject()
    for (key, value) in data {
      errors.check(FieldPath("data").key(key), key, Names.configKeyProblem(key))
      size += value.stringValue?.utf8.count ?? 0
    }
    for (key, value) in object["binaryData"]?.objectValue ?? JSONObject() {
      let path = FieldPath("binaryData").key(key)
      errors.check(path, key, Names.configKeyProblem(key))
      if data.contains(key) {
        errors.invalid(FieldPath("data").key(key), .string(key), "duplicate of key present in binaryData")
      }
      size += decodedCount(value)
    }
    if size > maximumBytes { errors.tooLong(FieldPath(), maximum: maximumBytes) }
  }

  static func secret(_ object: JSONValue, _ errors: inout FieldErrors) {
    var size = 0
    let data = object["data"]?.objectValue ?? JSONObject()
    for (key, value) in data {
      errors.check(FieldPath("data").key(key), key, Names.configKeyProblem(key))
      size += decodedCount(value)
    }
    if size > maximumBytes { errors.tooLong(FieldPath("data"), maximum: maximumBytes) }
    func require(_ key: String) {
      if !data.contains(key) { errors.required(FieldPath("data").key(key)) }
    }
    switch object["type"]?.stringValue ?? "" {
    case "kubernetes.io/tls":
      require("tls.crt")
      require("tls.key")
    case "kubernetes.io/ssh-auth": require("ssh-privatekey")
    case "kubernetes.io/dockerconfigjson": json(data, ".dockerconfigjson", &errors)
    case "kubernetes.io/dockercfg": json(data, ".dockercfg", &errors)
    case "kubernetes.io/basic-auth":
      if !data.contains("username"), !data.contains("password") {
        require("username")
        require("password")
      }
    case "kubernetes.io/service-account-token":
      let name = object[path: "metadata", "annotations"]?["kubernetes.io/service-account.name"]?.stringValue ?? ""
      if name.isEmpty {
        errors.required(FieldPath("metadata.annotations").key("kubernetes.io/service-account.name"))
      }
    default: break
    }
  }

  private static func json(_ data: JSONObject, _ key: String, _ errors: inout FieldErrors) {
    let path = FieldPath("data").key(key)
    guard let value = data[key] else {
      errors.required(path)
      return
    }
    guard let bytes = Base64Data(jsonValue: value)?.bytes, (try? JSONValue(parsing: bytes)) != nil else {
      errors.invalid(path, "<secret contents redacted>", "is no valid JSON")
      return
    }
  }

  private static func decodedCount(_ value: JSONValue) -> Int {
    let text = value.stringValue ?? ""
    let digits = text.utf8.count { $0 != UInt8(ascii: "=") && $0 != 0x0A && $0 != 0x0D }
    return digits * 3 / 4
  }

  static func update(_ object: JSONValue, from old: JSONValue, isSecret: Bool, _ errors: inout FieldErrors) {
    if isSecret { errors.immutable(object["type"], old["type"], FieldPath("type")) }
    guard old["immutable"]?.boolValue == true else { return }
    let detail = "field is immutable when `immutable` is set"
    if object["immutable"]?.boolValue != true { errors.forbidden(FieldPath("immutable"), detail) }
    for field in isSecret ? ["data"] : ["data", "binaryData"] where object[field] ?? [:] != old[field] ?? [:] {
      errors.forbidden(FieldPath(field), detail)
    }
  }
}
