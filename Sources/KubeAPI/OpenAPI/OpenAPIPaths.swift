/// Writes the operations of resources as OpenAPI paths.
struct OpenAPIPaths {
  let schema: Schema
  let dialect: OpenAPI.Dialect

  private static let jsonTypes = ["application/json", "application/yaml"]
  private static let patchTypes = [
    "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
  ]

  func paths(of resources: [Schema.Resource]) -> JSONObject {
    var paths = JSONObject()
    for resource in resources {
      let root = "/" + OpenAPI.path(resource.groupVersion)
      let collection =
        resource.isNamespaced ? "\(root)/namespaces/{namespace}/\(resource.name)" : "\(root)/\(resource.name)"
      paths[collection] = collectionItem(resource, isNamespaced: resource.isNamespaced)
      if resource.isNamespaced, resource.verbs.contains("list") {
        paths["\(root)/\(resource.name)"] = collectionItem(resource, isNamespaced: false)
      }
      if resource.verbs.contains("get") {
        paths["\(collection)/{name}"] = objectItem(resource)
      }
      for subresource in resource.subresources {
        paths["\(collection)/{name}/\(subresource.name)"] = subresourceItem(subresource, of: resource)
      }
    }
    return paths
  }

  private func item(_ names: [String], _ operations: [(String, JSONValue)]) -> JSONValue {
    var item = JSONObject()
    for (method, operation) in operations { item[method] = operation }
    var parameters = names.map { name in
      parameter(name, in: "path", type: "string", Schema.descriptions["path.\(name)"] ?? "")
    }
    parameters.append(parameter("pretty", in: "query", type: "string", Schema.descriptions["query.pretty"] ?? ""))
    item["parameters"] = .array(parameters)
    return .object(item)
  }

  private func collectionItem(_ resource: Schema.Resource, isNamespaced: Bool) -> JSONValue {
    let kind = resource.groupVersionKind
    var list = kind
    list.kind += "List"
    var operations: [(String, JSONValue)] = []
    let scope = isNamespaced ? "Namespaced" : resource.isNamespaced ? "ForAllNamespaces" : ""
    if resource.verbs.contains("list") {
      operations.append(("get", operation("list", scope, kind, result: list, query: Self.listQuery)))
    }
    if resource.verbs.contains("create"), isNamespaced == resource.isNamespaced {
      operations.append(("post", operation("post", scope, kind, result: kind, body: kind, query: Self.writeQuery)))
    }
    if resource.verbs.contains("deletecollection"), isNamespaced == resource.isNamespaced {
      operations.append(
        ("delete", operation("deletecollection", scope, kind, result: nil, query: Self.deleteQuery + Self.listQuery)))
    }
    return item(isNamespaced ? ["namespace"] : [], operations)
  }

  private func objectItem(_ resource: Schema.Resource) -> JSONValue {
    let kind = resource.groupVersionKind
    let scope = resource.isNamespaced ? "Namespaced" : ""
    var operations: [(String, JSONValue)] = []
    operations.append(("get", operation("get", scope, kind, result: kind)))
    if resource.verbs.contains("update") {
      operations.append(("put", operation("put", scope, kind, result: kind, body: kind, query: Self.writeQuery)))
    }
    if resource.verbs.contains("delete") {
      operations.append(("delete", operation("delete", scope, kind, result: nil, query: Self.deleteQuery)))
    }
    if resource.verbs.contains("patch") {
      operations.append(("patch", operation("patch", scope, kind, result: kind, query: Self.writeQuery + ["force"])))
    }
    return item(resource.isNamespaced ? ["name", "namespace"] : ["name"], operations)
  }

  private func subresourceItem(_ subresource: Schema.Subresource, of resource: Schema.Resource) -> JSONValue {
    let kind = subresource.groupVersionKind
    let scope = (resource.isNamespaced ? "Namespaced" : "") + resource.kind
    let isConnection = schema.message(kind).map { $0.field("metadata") == nil } ?? true
    var operations: [(String, JSONValue)] = []
    for verb in subresource.verbs {
      if isConnection {
        let method = ["create": "post", "update": "put"][verb] ?? verb
        operations.append((method, operation("connect", scope, kind, result: nil)))
        continue
      }
      switch verb {
      case "create":
        operations.append(("post", operation("post", scope, kind, result: kind, body: kind, query: Self.writeQuery)))
      case "update":
        operations.append(("put", operation("put", scope, kind, result: kind, body: kind, query: Self.writeQuery)))
      case "patch":
        operations.append(("patch", operation("patch", scope, kind, result: kind, query: Self.writeQuery + ["force"])))
      default: operations.append(("get", operation("get", scope, kind, result: kind)))
      }
    }
    // The names of operations are unique: a subresource's ends with its own.
    operations = operations.map { method, value in
      var value = value
      let suffix = subresource.name.prefix(1).uppercased() + subresource.name.dropFirst()
      if let id = value["operationId"]?.stringValue {
        value["operationId"] = .string(id + method.capitalizedASCII + suffix)
      }
      return (method, value)
    }
    return item(resource.isNamespaced ? ["name", "namespace"] : ["name"], operations)
  }

  private static let listQuery = [
    "allowWatchBookmarks", "continue", "fieldSelector", "labelSelector", "limit", "resourceVersion",
    "resourceVersionMatch", "sendInitialEvents", "timeoutSeconds", "watch",
  ]
  private static let writeQuery = ["dryRun", "fieldManager", "fieldValidation"]
  private static let deleteQuery = ["dryRun", "gracePeriodSeconds", "orphanDependents", "propagationPolicy"]
  private static let booleans: Set<String> = [
    "allowWatchBookmarks", "sendInitialEvents", "watch", "force", "orphanDependents",
  ]
  private static let integers: Set<String> = ["limit", "timeoutSeconds", "gracePeriodSeconds"]

  private func parameter(_ name: String, in place: String, type: String, _ description: String) -> JSONValue {
    var parameter: JSONValue = ["name": .string(name), "in": .string(place)]
    if !description.isEmpty { parameter["description"] = .string(description) }
    if place == "path" { parameter["required"] = true }
    if dialect == .v3 {
      parameter["schema"] = ["type": .string(type), "uniqueItems": true]
    } else {
      parameter["type"] = .string(type)
      parameter["uniqueItems"] = true
    }
    return parameter
  }

  private func operation(
    _ action: String, _ scope: String, _ kind: GroupVersionKind, result: GroupVersionKind?,
    body: GroupVersionKind? = nil, query: [String] = []
  ) -> JSONValue {
    let writer = OpenAPISchemas(schema: schema, dialect: dialect)
    func reference(_ kind: GroupVersionKind?) -> JSONValue {
      guard let kind else { return writer.reference("io.k8s.apimachinery.pkg.apis.meta.v1.Status") }
      return schema.message(kind).map { writer.reference(OpenAPISchemas.name($0)) } ?? ["type": "object"]
    }
    let group = Schema.package(ofGroup: kind.group).capitalizedASCII + kind.version.capitalizedASCII
    var operation: JSONValue = ["operationId": .string(action + group + scope + kind.kind)]
    var parameters = query.map { name in
      let type = Self.booleans.contains(name) ? "boolean" : Self.integers.contains(name) ? "integer" : "string"
      return parameter(name, in: "query", type: type, Schema.descriptions["query.\(name)"] ?? "")
    }
    let bodyReference = action == "patch" ? writer.reference(OpenAPISchemas.patch) : reference(body)
    let hasBody = body != nil || action == "patch"
    switch dialect {
    case .v2:
      operation["consumes"] = .array((action == "patch" ? Self.patchTypes : ["*/*"]).map(JSONValue.string))
      operation["produces"] = .array(Self.jsonTypes.map(JSONValue.string))
      if hasBody {
        parameters.append(["name": "body", "in": "body", "required": true, "schema": bodyReference])
      }
      operation["responses"] = ["200": ["description": "OK", "schema": reference(result)]]
    case .v3:
      if hasBody {
        var content = JSONObject()
        for type in action == "patch" ? Self.patchTypes : ["*/*"] { content[type] = ["schema": bodyReference] }
        operation["requestBody"] = ["required": true, "content": .object(content)]
      }
      var content = JSONObject()
      for type in Self.jsonTypes { content[type] = ["schema": reference(result)] }
      operation["responses"] = ["200": ["description": "OK", "content": .object(content)]]
    }
    if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
    operation["x-kubernetes-action"] = .string(action)
    operation["x-kubernetes-group-version-kind"] = [
      "group": .string(kind.group), "version": .string(kind.version), "kind": .string(kind.kind),
    ]
    return operation
  }
}

extension String {
  /// The text with its first letter in upper case.
  var capitalizedASCII: String { prefix(1).uppercased() + dropFirst() }
}
