import KubeAPI

/// Writes the source of a typed view for each message of the schema.
struct ViewSources {
  let schema: Schema

  /// The sources by their path under `Sources/KubeAPI/Views`.
  func all() -> [String: String] {
    var sources: [String: String] = [:]
    for message in schema.messages where !message.isBareList {
      sources["\(capitalized(package(message)))/\(typeName(message)).swift"] = source(message)
    }
    return sources
  }

  private static let keywords: Set<String> = [
    "Self", "Type", "Protocol", "default", "operator", "protocol", "continue", "as", "in", "is", "import", "init",
    "where", "repeat", "return", "case", "class", "for", "func", "if", "else", "switch", "self", "true", "false",
    "internal", "public", "private", "var", "let", "static", "struct", "enum", "extension", "throw", "throws", "try",
    "catch", "while", "do", "break", "nil", "super", "guard", "defer",
  ]

  private func package(_ message: Schema.Message) -> String {
    String(message.package.prefix { $0 != "." })
  }

  private func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

  /// Messages of the core package keep their names; others get their package's before it where two are alike.
  private func typeName(_ message: Schema.Message) -> String {
    // A server has a `UserInfo` of its own, and tests see both.
    let isAlone =
      message.shortName != "UserInfo" && schema.messages.count { $0.shortName == message.shortName } == 1
    return isAlone || package(message) == "core"
      ? message.shortName : capitalized(package(message)) + message.shortName
  }

  private func source(_ message: Schema.Message) -> String {
    let resource = schema.resources.first { schema.message($0.groupVersionKind)?.name == message.name }
    var lines = [
      "/// `\(message.shortName)` of `\(message.package)`.",
      "public struct \(typeName(message)): \(resource == nil ? "JSONView" : "KubeObject") {",
      "  public var json: JSONValue", "", "  public init(json: JSONValue) { self.json = json }",
    ]
    if let resource {
      let names =
        "    group: \"\(resource.group)\", version: \"\(resource.version)\", resource: \"\(resource.name)\","
      let kind = "kind: \"\(resource.kind)\","
      lines += ["", "  public static let resource = GroupVersionResource("]
      lines += names.count + kind.count < 120 ? ["\(names) \(kind)"] : [names, "    \(kind)"]
      lines.append("    isNamespaced: \(resource.isNamespaced))")
    }
    for field in message.fields where resource == nil || field.name != "metadata" {
      let name = Self.keywords.contains(field.name) ? "`\(field.name)`" : field.name
      lines += [
        "", "  public var \(name): \(type(field)) {", "    get { json.field(\"\(field.name)\") }",
        "    set { json.setField(\"\(field.name)\", newValue) }", "  }",
      ]
    }
    return (lines + ["}", ""]).joined(separator: "\n")
  }

  private func type(_ field: Schema.Field) -> String {
    let inner = schema.message(field.kind)
    if inner?.isBareList == true { return field.shape == .one ? "[String]" : "[String: JSONValue]" }
    let name = inner.map(typeName) ?? scalar(field.kind)
    switch field.shape {
    case .list: return "[\(name)]"
    case .map: return "[String: \(name)]"
    case .one: return inner != nil && ["metadata", "spec", "status"].contains(field.name) ? name : name + "?"
    }
  }

  private func scalar(_ kind: Schema.Field.Kind) -> String {
    switch kind {
    case .string: "String"
    case .int32: "Int32"
    case .int64: "Int64"
    case .bool: "Bool"
    case .bytes: "Base64Data"
    case .double: "Double"
    case .quantity: "Quantity"
    case .intOrString: "IntOrString"
    case .time: "Time"
    case .microTime: "MicroTime"
    case .any, .fieldsV1, .message: "JSONValue"
    }
  }
}
