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

  /// - Throws: 422 with every field that is not as it must be.
  func checkNew(_ object: JSONValue, _ request: ObjectRequest) throws(StatusError) {
    try refuse(Validation.create(object, of: request.resource), object, request)
  }

  /// - Throws: 422 with every field that is not as it must be, or may not change.
  func checkChanged(_ object: JSONValue, old: JSONValue, _ request: ObjectRequest) throws(StatusError) {
    let errors = Validation.update(
      object, from: old, of: request.resource, subresource: request.subresource?.name)
    try refuse(errors, object, request)
  }

  private func refuse(_ errors: [FieldError], _ object: JSONValue, _ request: ObjectRequest) throws(StatusError) {
    if errors.isEmpty { return }
    let name = object[path: "metadata", "name"]?.stringValue ?? ""
    throw .invalid(
      request.name, name,
      errors.map { StatusError.Cause(reason: $0.kind.rawValue, message: $0.body, field: $0.field.description) })
  }

  /// The object after a patch, read again along the schema.
  ///
  /// - Throws: 400 for a patch that cannot be read, 422 for one that does not fit the object.
  func patched(
    _ current: JSONValue, _ patch: ObjectPatch, _ request: ObjectRequest
  ) throws(StatusError) -> (object: JSONValue, warnings: [String]) {
    let changed: JSONValue
    do throws(PatchError) {
      switch patch.kind {
      case .json: changed = try JSONPatch(patch.document).applied(to: current)
      case .merge: changed = current.applying(mergePatch: patch.document)
      case .strategic:
        // Every stored object is of a kind of the schema.
        changed =
          try schema.message(of: current).map { message throws(PatchError) in
            try schema.applying(strategicMergePatch: patch.document, to: current, as: message)
          } ?? current.applying(mergePatch: patch.document)
      }
    } catch {
      if error.kind == .malformed { throw .badRequest(error.message) }
      throw StatusError(
        code: 422, reason: "Invalid",
        message: "the server rejected our request due to an error in our request: \(error.message)",
        details: request.name.details(request.path.name))
    }
    let decoded = try checkFields(changed, duplicates: [], request, expected: GroupVersionKind(of: current))
    return (decoded.object, decoded.warnings)
  }
}
