import KubeAPI

/// What the schema says of an object.
extension APIServer {
  func applyDefaults(_ object: inout JSONValue) {}

  /// Takes away the fields that a kind does not have, and repeated ones.
  /// - Returns: warnings, a field each.
  /// - Throws: 400 where the request wants no field to be lost.
  func prune(
    _ object: inout JSONValue, _ kind: GroupVersionKind, duplicates: [String], _ mode: FieldValidation
  ) throws(StatusError) -> [String] {
    let problems = duplicates.map { "duplicate field \"\($0)\"" }
    switch mode {
    case .ignore: return []
    case .warn: return problems
    case .strict:
      if problems.isEmpty { return [] }
      throw .badRequest(
        "\(kind.kind) in version \"\(kind.groupVersion)\" cannot be handled as a \(kind.kind): strict decoding error: "
          + problems.joined(separator: ", "))
    }
  }

  func checkNew(_ object: JSONValue, _ request: ObjectRequest) throws(StatusError) {
    let name = object[path: "metadata", "name"]?.stringValue ?? ""
    if name.isEmpty {
      throw .invalid(request.name, "", [.required("metadata.name", "name or generateName is required")])
    }
    if let problem = Names.dns1123SubdomainProblem(name) {
      throw .invalid(request.name, name, [.invalid("metadata.name", "\"\(name)\"", problem)])
    }
  }

  func checkChanged(_ object: JSONValue, old: JSONValue, _ request: ObjectRequest) throws(StatusError) {}

  /// The object after a patch.
  func patched(
    _ current: JSONValue, _ patch: ObjectPatch, _ request: ObjectRequest
  ) throws(StatusError) -> (object: JSONValue, warnings: [String]) {
    throw .unsupportedMediaType(ObjectPatch.accepted)
  }
}
