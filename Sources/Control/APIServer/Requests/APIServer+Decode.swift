import KubeAPI

extension APIServer {
  static let bodyTypes = ["application/json", "application/yaml", ProtobufObject.mediaType]

  struct Decoded: Sendable {
    var object: JSONValue
    var warnings: [String]
  }

  /// How strictly unknown and repeated fields are taken.
  enum FieldValidation: String {
    case strict = "Strict"
    case warn = "Warn"
    case ignore = "Ignore"
  }

  func fieldValidation(_ request: ObjectRequest) throws(StatusError) -> FieldValidation {
    guard let text = request.query["fieldValidation"], !text.isEmpty else { return .warn }
    guard let mode = FieldValidation(rawValue: text) else {
      throw .invalid(
        ResourceName(group: "meta.k8s.io", resource: "", kind: "CreateOptions"), "",
        [
          StatusError.Cause(
            reason: "FieldValueNotSupported",
            message: "Unsupported value: \"\(text)\": supported values: \"Ignore\", \"Strict\", \"Warn\"",
            field: "fieldValidation")
        ])
    }
    return mode
  }

  /// The object in a request's body, of the kind that the path holds, pruned to the fields that there are.
  func decode(_ request: ObjectRequest) throws(StatusError) -> Decoded {
    let body = request.body
    if body.isEmpty { throw .badRequest("the request has no body: an object was expected") }
    let (value, duplicates) = try decodeBody(body, request)
    return try checkFields(value, duplicates: duplicates, request)
  }

  /// JSON, YAML or protobuf, by the Content-Type.
  func decodeBody(
    _ body: [UInt8], _ request: ObjectRequest
  ) throws(StatusError) -> (value: JSONValue, duplicates: [String]) {
    let type = request.contentType
    let value: JSONValue
    var duplicates: [String] = []
    switch type.name {
    case "application/json", "*/*", "":
      do throws(JSONError) {
        (value, duplicates) = try JSONValue.parsingStrictly(body)
      } catch {
        throw .badRequest("the object provided is unrecognized (must be of type \(kind(request).kind)): \(error)")
      }
    case "application/yaml", "text/yaml", "application/x-yaml":
      do throws(YAMLError) {
        value = try JSONValue(yaml: String(decoding: body, as: UTF8.self))
      } catch {
        throw .badRequest("\(error)")
      }
    case ProtobufObject.mediaType:
      do throws(ProtobufObject.Malformed) {
        value = try ProtobufObject(schema: schema).read(body, expected: kind(request))
      } catch {
        throw .badRequest("the object provided is unrecognized (must be of type \(kind(request).kind)): \(error)")
      }
    default: throw .unsupportedMediaType(Self.bodyTypes)
    }
    guard value.objectValue != nil else {
      throw .badRequest("the object provided is unrecognized (must be of type \(kind(request).kind)): it is no object")
    }
    return (value, duplicates)
  }

  /// The kind of what a request writes.
  func kind(_ request: ObjectRequest) -> GroupVersionKind {
    request.subresource?.groupVersionKind ?? request.resource.groupVersionKind
  }

  /// Checks kind and fields. Missing `kind` and `apiVersion` are those of the path.
  func checkFields(
    _ value: JSONValue, duplicates: [String], _ request: ObjectRequest, expected: GroupVersionKind? = nil
  ) throws(StatusError) -> Decoded {
    var object = value
    let expected = expected ?? kind(request)
    if let text = value["apiVersion"]?.stringValue, !text.isEmpty, text != "\(expected.groupVersion)" {
      throw .badRequest(
        "the API version in the data (\(text)) does not match the expected API version (\(expected.groupVersion))")
    }
    if let text = value["kind"]?.stringValue, !text.isEmpty, text != expected.kind {
      throw .badRequest(
        "\(text) in version \"\(expected.groupVersion)\" cannot be handled as a \(expected.kind): no kind \"\(text)\" "
          + "is registered at this path")
    }
    object["apiVersion"] = .string("\(expected.groupVersion)")
    object["kind"] = .string(expected.kind)
    let mode = try fieldValidation(request)
    let warnings = try prune(&object, expected, duplicates: duplicates, mode)
    return Decoded(object: object, warnings: warnings)
  }
}
