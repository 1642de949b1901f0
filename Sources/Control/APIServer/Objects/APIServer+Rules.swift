import KubeAPI

/// What the schema says of an object.
extension APIServer {
  /// Puts in what an object leaves unsaid.
  func applyDefaults(_ object: inout JSONValue) {
    if let message = schema.message(of: object) { schema.applyDefaults(to: &object, as: message) }
  }

  /// Checks the types of all fields, and takes away those that the kind does not have.
  /// - Returns: warnings, a field each.
  /// - Throws: 400 for a value of a wrong type, and for a lost field where the request wants none to be lost.
  func prune(
    _ object: inout JSONValue, _ kind: GroupVersionKind, duplicates: [String], _ mode: FieldValidation
  ) throws(StatusError) -> [String] {
    guard let message = schema.message(kind) else { throw .internalError("there is no schema of \(kind)") }
    let decoded: Schema.Decoded
    do throws(Schema.DecodingError) {
      decoded = try schema.decode(object, as: message)
    } catch {
      throw .badRequest(error.refusal(of: kind))
    }
    object = decoded.value
    if mode == .ignore { return [] }
    let complaints = decoded.complaints(duplicates: duplicates)
    if mode == .strict, !complaints.isEmpty {
      throw .badRequest(Schema.DecodingError.strictRefusal(of: kind, complaints: complaints))
    }
    return complaints
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
