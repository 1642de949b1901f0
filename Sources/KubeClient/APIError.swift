public import KubeAPI

/// A refusal by the API server: what its `Status` said, or what the HTTP status alone says.
///
/// Source: `metav1.Status` and the reasons that Kubernetes' API conventions list.
public struct APIError: Error, Hashable, CustomStringConvertible {
  /// The HTTP status.
  public var code: Int
  /// One word, `NotFound`, `AlreadyExists`, `Conflict`, `Invalid`, …; empty where the server gave none.
  public var reason: String
  public var message: String
  public var details: StatusDetails?

  public init(code: Int, reason: String, message: String, details: StatusDetails? = nil) {
    self.code = code
    self.reason = reason
    self.message = message
    self.details = details
  }

  public init(_ status: Status) {
    self.init(
      code: Int(status.code ?? 500), reason: status.reason ?? "", message: status.message ?? "", details: status.details
    )
  }

  /// The error in an answer's body. A proxy in between may answer with something that is no `Status`.
  init(code: Int, body: some Collection<UInt8>) {
    if let json = try? JSONValue(parsing: body), json["kind"]?.stringValue == "Status" {
      self.init(Status(json: json))
      self.code = code
    } else {
      let text = String(decoding: body.prefix(512), as: UTF8.self)
      self.init(
        code: code, reason: Self.reason(of: code),
        message: text.isEmpty ? "the server answered with HTTP status \(code)" : text)
    }
  }

  static func reason(of code: Int) -> String {
    switch code {
    case 400: "BadRequest"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "NotFound"
    case 405: "MethodNotAllowed"
    case 406: "NotAcceptable"
    case 409: "Conflict"
    case 410: "Expired"
    case 413: "RequestEntityTooLarge"
    case 415: "UnsupportedMediaType"
    case 422: "Invalid"
    case 429: "TooManyRequests"
    case 500: "InternalError"
    case 503: "ServiceUnavailable"
    case 504: "Timeout"
    default: "Unknown"
    }
  }

  public var isNotFound: Bool { code == 404 }
  public var isAlreadyExists: Bool { code == 409 && reason == "AlreadyExists" }
  /// The object was changed by someone else since it was read.
  public var isConflict: Bool { code == 409 && reason != "AlreadyExists" }
  /// The asked resource version is older than what the server keeps: list again.
  public var isGone: Bool { code == 410 }
  public var isUnauthorized: Bool { code == 401 }
  public var isForbidden: Bool { code == 403 }
  public var isInvalid: Bool { code == 422 }
  public var isTooManyRequests: Bool { code == 429 }
  /// Whether the same request may succeed a little later.
  public var isTransient: Bool { code == 429 || code >= 500 }
  /// Whether the namespace of the object that was to be created is being deleted.
  public var isNamespaceTerminating: Bool {
    code == 403 && details?.causes.contains { $0.json["reason"]?.stringValue == "NamespaceTerminating" } == true
  }

  public var description: String {
    let name = reason.isEmpty ? "HTTP status \(code)" : "\(reason) (\(code))"
    return message.isEmpty ? name : "\(name): \(message)"
  }
}

extension Error {
  /// The API server's refusal, where this error is one.
  public var apiError: APIError? { self as? APIError }
}
