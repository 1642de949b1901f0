public import KubeAPI

/// A refusal, as the API server tells it: the `Status` object of an error response.
public struct StatusError: Error, Sendable, CustomStringConvertible {
  public var code: Int
  /// A word from a fixed list by which clients tell errors apart: `NotFound`, `Conflict`.
  public var reason: String
  public var message: String
  public var details: StatusDetails?
  /// Where the rest of a list can be had from, for an expired token.
  var continueToken: String?

  public init(code: Int, reason: String, message: String, details: StatusDetails? = nil) {
    self.code = code
    self.reason = reason
    self.message = message
    self.details = details
  }

  public var description: String { message }

  var status: Status {
    var metadata: JSONValue = [:]
    metadata["continue"] = continueToken.map { .string($0) }
    var json: JSONValue = [
      "kind": "Status", "apiVersion": "v1", "metadata": metadata, "status": "Failure", "message": .string(message),
    ]
    if !reason.isEmpty { json["reason"] = .string(reason) }
    if let details { json["details"] = details.json }
    json["code"] = .integer(Int64(code))
    return Status(json: json)
  }
}

/// A resource as messages name it, apart from the objects in it.
public struct ResourceName: Sendable, Hashable {
  public var group: String
  /// `pods`.
  public var resource: String
  public var kind: String

  public init(group: String, resource: String, kind: String) {
    self.group = group
    self.resource = resource
    self.kind = kind
  }

  init(_ resource: Schema.Resource) {
    self.init(group: resource.group, resource: resource.name, kind: resource.kind)
  }

  var groupResource: String { group.isEmpty ? resource : "\(resource).\(group)" }
  var groupKind: String { group.isEmpty ? kind : "\(kind).\(group)" }

  /// Details as most errors have them: their `kind` is the resource.
  func details(_ name: String) -> StatusDetails {
    StatusDetails {
      if !name.isEmpty { $0.name = name }
      if !group.isEmpty { $0.group = group }
      $0.kind = resource
    }
  }
}

extension StatusError {
  static func notFound(_ resource: ResourceName, _ name: String) -> StatusError {
    StatusError(
      code: 404, reason: "NotFound", message: "\(resource.groupResource) \"\(name)\" not found",
      details: resource.details(name))
  }

  /// No resource of the API is at this path.
  static func unknownPath() -> StatusError {
    StatusError(
      code: 404, reason: "NotFound", message: "the server could not find the requested resource",
      details: StatusDetails())
  }

  static func alreadyExists(_ resource: ResourceName, _ name: String) -> StatusError {
    StatusError(
      code: 409, reason: "AlreadyExists", message: "\(resource.groupResource) \"\(name)\" already exists",
      details: resource.details(name))
  }

  static func conflict(_ resource: ResourceName, _ name: String, _ why: String) -> StatusError {
    StatusError(
      code: 409, reason: "Conflict",
      message: "Operation cannot be fulfilled on \(resource.groupResource) \"\(name)\": \(why)",
      details: resource.details(name))
  }

  static func modified(_ resource: ResourceName, _ name: String) -> StatusError {
    conflict(
      resource, name,
      "the object has been modified; please apply your changes to the latest version and try again")
  }

  static func forbidden(_ resource: ResourceName, _ name: String, _ why: String) -> StatusError {
    let object = name.isEmpty ? resource.groupResource : "\(resource.groupResource) \"\(name)\""
    return StatusError(
      code: 403, reason: "Forbidden", message: "\(object) is forbidden: \(why)", details: resource.details(name))
  }

  static func unauthorized() -> StatusError {
    StatusError(code: 401, reason: "Unauthorized", message: "Unauthorized")
  }

  static func badRequest(_ message: String) -> StatusError {
    StatusError(code: 400, reason: "BadRequest", message: message)
  }

  static func methodNotAllowed(_ resource: ResourceName?) -> StatusError {
    StatusError(
      code: 405, reason: "MethodNotAllowed",
      message: "the server does not allow this method on the requested resource",
      details: resource?.details("") ?? StatusDetails())
  }

  static func notAcceptable(_ accepted: [String]) -> StatusError {
    StatusError(
      code: 406, reason: "NotAcceptable",
      message: "only the following media types are accepted: \(accepted.joined(separator: ", "))")
  }

  static func unsupportedMediaType(_ accepted: [String]) -> StatusError {
    StatusError(
      code: 415, reason: "UnsupportedMediaType",
      message: "the body of the request was in an unknown format - accepted media types include: "
        + accepted.joined(separator: ", "))
  }

  /// One problem of an object's field.
  struct Cause: Sendable {
    /// `FieldValueInvalid`, `FieldValueRequired`, ….
    var reason: String
    /// `Invalid value: "x": why`.
    var message: String
    var field: String

    static func invalid(_ field: String, _ value: String, _ why: String) -> Cause {
      Cause(reason: "FieldValueInvalid", message: "Invalid value: \(value): \(why)", field: field)
    }

    static func required(_ field: String, _ why: String = "") -> Cause {
      Cause(reason: "FieldValueRequired", message: "Required value" + (why.isEmpty ? "" : ": \(why)"), field: field)
    }

    static func forbidden(_ field: String, _ why: String) -> Cause {
      Cause(reason: "FieldValueForbidden", message: "Forbidden: \(why)", field: field)
    }
  }

  static func invalid(_ resource: ResourceName, _ name: String, _ causes: [Cause]) -> StatusError {
    let texts = causes.map { $0.field.isEmpty ? $0.message : "\($0.field): \($0.message)" }
    let list = texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
    var details = resource.details(name)
    details.kind = resource.kind
    details.causes = causes.map { cause in
      StatusCause {
        $0.reason = cause.reason
        $0.message = cause.message
        $0.field = cause.field
      }
    }
    return StatusError(
      code: 422, reason: "Invalid", message: "\(resource.groupKind) \"\(name)\" is invalid: \(list)", details: details)
  }

  static func expired(_ message: String) -> StatusError {
    StatusError(code: 410, reason: "Expired", message: message)
  }

  static func tooLargeResourceVersion(_ requested: Int64, current: Int64) -> StatusError {
    StatusError(
      code: 504, reason: "Timeout",
      message: "Timeout: Too large resource version: \(requested), current: \(current)",
      details: StatusDetails {
        $0.causes = [
          StatusCause {
            $0.reason = "ResourceVersionTooLarge"
            $0.message = "Too large resource version"
          }
        ]
        $0.retryAfterSeconds = 1
      })
  }

  static func tooLarge(_ limit: Int) -> StatusError {
    StatusError(
      code: 413, reason: "RequestEntityTooLarge",
      message: "Request entity too large: limit is \(limit)")
  }

  static func internalError(_ message: String) -> StatusError {
    StatusError(
      code: 500, reason: "InternalError", message: "Internal error occurred: \(message)",
      details: StatusDetails { $0.causes = [StatusCause { $0.message = message }] })
  }

  static func unavailable(_ message: String) -> StatusError {
    StatusError(code: 503, reason: "ServiceUnavailable", message: message)
  }
}
