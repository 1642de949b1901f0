/// Writes the schema's messages as OpenAPI schemas, with all that they refer to.
struct OpenAPISchemas {
  let schema: Schema
  let dialect: OpenAPI.Dialect
  private var wanted: Set<Int> = []
  private var order: [Int] = []

  init(schema: Schema, dialect: OpenAPI.Dialect) {
    self.schema = schema
    self.dialect = dialect
    for name in ["meta.v1.DeleteOptions", "meta.v1.Status", "meta.v1.WatchEvent"] { add(named: name) }
  }

  mutating func add(_ resource: Schema.Resource) {
    add(resource.groupVersionKind)
    if resource.verbs.contains("list") {
      var list = resource.groupVersionKind
      list.kind += "List"
      add(list)
    }
    for subresource in resource.subresources { add(subresource.groupVersionKind) }
  }

  private mutating func add(_ kind: GroupVersionKind) {
    if let message = schema.message(kind) { add(named: message.name) }
  }

  private mutating func add(named name: String) {
    guard let position = schema.messages.firstIndex(where: { $0.name == name }) else { return }
    add(position)
  }

  private mutating func add(_ position: Int) {
    guard wanted.insert(position).inserted else { return }
    order.append(position)
    for field in schema.messages[position].fields {
      if case .message(let inner) = field.kind { add(inner) }
    }
  }

  func definitions() -> JSONObject {
    var definitions = JSONObject()
    for position in order.sorted(by: { schema.messages[$0].name < schema.messages[$1].name })
    where !schema.messages[position].isBareList {
      definitions[Self.name(schema.messages[position])] = definition(schema.messages[position])
    }
    for (name, value) in scalars { definitions[name] = value }
    return definitions
  }

  /// `io.k8s.api.core.v1.Pod`.
  static func name(_ message: Schema.Message) -> String {
    message.package == "meta.v1"
      ? "io.k8s.apimachinery.pkg.apis.\(message.name)" : "io.k8s.api.\(message.name)"
  }

  func reference(_ name: String) -> JSONValue {
    ["$ref": .string((dialect == .v3 ? "#/components/schemas/" : "#/definitions/") + name)]
  }

  private static let quantity = "io.k8s.apimachinery.pkg.api.resource.Quantity"
  private static let intOrString = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
  private static let time = "io.k8s.apimachinery.pkg.apis.meta.v1.Time"
  private static let microTime = "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime"
  private static let rawExtension = "io.k8s.apimachinery.pkg.runtime.RawExtension"
  private static let fieldsV1 = "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1"
  static let patch = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch"

  private var scalars: [(String, JSONValue)] {
    var quantity: JSONValue = ["description": .string(Schema.descriptions["Quantity"] ?? "")]
    var intOrString: JSONValue = ["description": .string(Schema.descriptions["IntOrString"] ?? "")]
    switch dialect {
    case .v2:
      quantity["type"] = "string"
      intOrString["type"] = "string"
      intOrString["format"] = "int-or-string"
    case .v3:
      quantity["oneOf"] = [["type": "string"], ["type": "number"]]
      intOrString["format"] = "int-or-string"
      intOrString["oneOf"] = [["type": "integer"], ["type": "string"]]
    }
    func described(_ key: String, _ members: JSONValue) -> JSONValue {
      var value = members
      if let description = Schema.descriptions[key] { value["description"] = .string(description) }
      return value
    }
    return [
      (Self.quantity, quantity), (Self.intOrString, intOrString),
      (Self.time, described("Time", ["type": "string", "format": "date-time"])),
      (Self.microTime, described("MicroTime", ["type": "string", "format": "date-time"])),
      (Self.rawExtension, described("RawExtension", ["type": "object"])),
      (Self.fieldsV1, described("FieldsV1", ["type": "object"])),
      (Self.patch, described("Patch", ["type": "object"])),
    ]
  }

  private func definition(_ message: Schema.Message) -> JSONValue {
    var definition: JSONValue = [:]
    if let description = Schema.description(of: message) { definition["description"] = .string(description) }
    definition["type"] = "object"
    let required = message.fields.filter(\.isRequired).map { JSONValue.string($0.name) }
    if !required.isEmpty { definition["required"] = .array(required) }
    var properties = JSONObject()
    if message.isTopLevel {
      for name in ["apiVersion", "kind"] {
        var property: JSONValue = ["type": "string"]
        if let description = Schema.descriptions["*.\(name)"] { property["description"] = .string(description) }
        properties[name] = property
      }
    }
    for field in message.fields { properties[field.name] = property(field, of: message) }
    if !properties.isEmpty { definition["properties"] = .object(properties) }
    if message.isTopLevel { definition["x-kubernetes-group-version-kind"] = .array(kinds(of: message)) }
    return definition
  }

  private func kinds(of message: Schema.Message) -> [JSONValue] {
    let kinds: [GroupVersionKind]
    if message.package == "meta.v1" {
      // The envelopes belong to every group version.
      kinds = schema.groupVersions.map {
        GroupVersionKind(group: $0.group, version: $0.version, kind: message.shortName)
      }
    } else {
      kinds = kindsOfResources(message)
    }
    return kinds.map {
      ["group": .string($0.group), "version": .string($0.version), "kind": .string($0.kind)]
    }
  }

  private func kindsOfResources(_ message: Schema.Message) -> [GroupVersionKind] {
    var found: [GroupVersionKind] = []
    for resource in schema.resources {
      var list = resource.groupVersionKind
      list.kind += "List"
      for kind in [resource.groupVersionKind, list] + resource.subresources.map(\.groupVersionKind)
      where !found.contains(kind) && schema.message(kind)?.name == message.name {
        found.append(kind)
      }
    }
    return found
  }

  private func property(_ field: Schema.Field, of message: Schema.Message) -> JSONValue {
    var property: JSONValue
    switch field.shape {
    case .one: property = value(field, isElement: false)
    case .list: property = ["type": "array", "items": value(field, isElement: true)]
    case .map: property = ["type": "object", "additionalProperties": value(field, isElement: true)]
    }
    if let description = Schema.description(of: field, in: message) { property["description"] = .string(description) }
    if let value = field.defaultValue { property["default"] = value }
    switch field.listType {
    case .atomic: property["x-kubernetes-list-type"] = "atomic"
    case .set: property["x-kubernetes-list-type"] = "set"
    case .map(let keys):
      property["x-kubernetes-list-map-keys"] = .array(keys.map(JSONValue.string))
      property["x-kubernetes-list-type"] = "map"
    case nil: break
    }
    if field.isAtomicMap { property["x-kubernetes-map-type"] = "atomic" }
    if let key = field.patchMergeKey { property["x-kubernetes-patch-merge-key"] = .string(key) }
    if !field.patchStrategy.isEmpty {
      let strategies = field.patchStrategy.map(\.rawValue).sorted().joined(separator: ",")
      property["x-kubernetes-patch-strategy"] = .string(strategies)
    }
    return property
  }

  private func value(_ field: Schema.Field, isElement: Bool) -> JSONValue {
    func referring(_ name: String) -> JSONValue {
      // In version 3 nothing may stand beside a reference, so it is wrapped.
      dialect == .v3 ? ["allOf": [reference(name)]] : reference(name)
    }
    switch field.kind {
    case .string: return ["type": "string"]
    case .int32: return ["type": "integer", "format": "int32"]
    case .int64: return ["type": "integer", "format": "int64"]
    case .bool: return ["type": "boolean"]
    case .bytes: return ["type": "string", "format": "byte"]
    case .double: return ["type": "number", "format": "double"]
    case .quantity: return referring(Self.quantity)
    case .intOrString: return referring(Self.intOrString)
    case .time: return referring(Self.time)
    case .microTime: return referring(Self.microTime)
    case .any: return referring(Self.rawExtension)
    case .fieldsV1: return referring(Self.fieldsV1)
    case .message(let position):
      let message = schema.messages[position]
      if message.isBareList { return ["type": "array", "items": ["type": "string"]] }
      return referring(Self.name(message))
    }
  }
}
