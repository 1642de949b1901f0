/// The API described in OpenAPI: version 3, a document a group version, and version 2, one document.
///
/// The documents have the names and extensions that kubectl reads: `x-kubernetes-group-version-kind` on schemas and
/// operations, `x-kubernetes-patch-*` and `x-kubernetes-list-*` on fields, `dryRun` and `fieldValidation` among the
/// parameters of writes. They are made anew at each call; whoever serves them keeps the bytes.
public struct OpenAPI: Sendable {
  public let schema: Schema
  /// The version that the documents state, `v1.36.0`.
  public let version: String

  public init(_ schema: Schema = .builtin, version: String) {
    self.schema = schema
    self.version = version
  }

  enum Dialect { case v2, v3 }

  /// The index at `/openapi/v3`.
  ///
  /// - Parameter hash: the value of the `hash` query parameter for a group version's document, which changes when the
  ///   document does.
  public func index(hash: (GroupVersion) -> String) -> JSONValue {
    var paths = JSONObject()
    for groupVersion in schema.groupVersions {
      let path = Self.path(groupVersion)
      paths[path] = ["serverRelativeURL": .string("/openapi/v3/\(path)?hash=\(hash(groupVersion))")]
    }
    return ["paths": .object(paths)]
  }

  /// `api/v1`, `apis/apps/v1`.
  public static func path(_ groupVersion: GroupVersion) -> String {
    groupVersion.group.isEmpty ? "api/\(groupVersion.version)" : "apis/\(groupVersion)"
  }

  /// The document at `/openapi/v3/api/v1` or `/openapi/v3/apis/GROUP/VERSION`; `nil` where nothing is served.
  public func v3(_ groupVersion: GroupVersion) -> JSONValue? {
    let resources = schema.resources.filter { $0.groupVersion == groupVersion }
    if resources.isEmpty { return nil }
    let operations = OpenAPIPaths(schema: schema, dialect: .v3)
    var writer = OpenAPISchemas(schema: schema, dialect: .v3)
    for resource in resources { writer.add(resource) }
    return [
      "openapi": "3.0.0", "info": info, "paths": .object(operations.paths(of: resources)),
      "components": [
        "schemas": .object(writer.definitions()),
        "securitySchemes": ["BearerToken": ["type": "apiKey", "name": "authorization", "in": "header"]],
      ],
    ]
  }

  /// The document at `/openapi/v2`.
  public func v2() -> JSONValue {
    let operations = OpenAPIPaths(schema: schema, dialect: .v2)
    var writer = OpenAPISchemas(schema: schema, dialect: .v2)
    for resource in schema.resources { writer.add(resource) }
    return [
      "swagger": "2.0", "info": info, "paths": .object(operations.paths(of: schema.resources)),
      "definitions": .object(writer.definitions()),
      "securityDefinitions": ["BearerToken": ["type": "apiKey", "name": "authorization", "in": "header"]],
      "security": [["BearerToken": []]],
    ]
  }

  private var info: JSONValue { ["title": "Kubernetes", "version": .string(version)] }
}
