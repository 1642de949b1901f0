/// Something in an object that is not as it must be, with its place.
public struct FieldError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds, by the reason that a Status states for each.
  public enum Kind: String, Sendable, Hashable {
    case required = "FieldValueRequired"
    case invalid = "FieldValueInvalid"
    case duplicate = "FieldValueDuplicate"
    case notSupported = "FieldValueNotSupported"
    case notFound = "FieldValueNotFound"
    case forbidden = "FieldValueForbidden"
    case tooLong = "FieldValueTooLong"
    case tooMany = "FieldValueTooMany"
    case typeInvalid = "FieldValueTypeInvalid"

    /// The words that a message begins with.
    var title: String {
      switch self {
      case .required: "Required value"
      case .invalid, .typeInvalid: "Invalid value"
      case .duplicate: "Duplicate value"
      case .notSupported: "Unsupported value"
      case .notFound: "Not found"
      case .forbidden: "Forbidden"
      case .tooLong: "Too long"
      case .tooMany: "Too many"
      }
    }
  }

  public var kind: Kind
  public var field: FieldPath
  /// The value, where the message shows it.
  public var value: JSONValue?
  public var detail: String

  public init(_ kind: Kind, _ field: FieldPath, value: JSONValue? = nil, detail: String = "") {
    self.kind = kind
    self.field = field
    self.value = value
    self.detail = detail
  }

  /// What is wrong, without the place: `Invalid value: "A": must be …`.
  public var body: String {
    var text = kind.title
    if let value { text += ": \(value.text)" }
    if !detail.isEmpty { text += ": \(detail)" }
    return text
  }

  /// `spec.containers[0].image: Required value`.
  public var description: String { field.description.isEmpty ? body : "\(field): \(body)" }
}

extension [FieldError] {
  /// The message with which an object is refused: `Pod "x" is invalid: spec.containers[0].image: Required value`.
  ///
  /// - Parameter kind: the kind, with the group behind it where there is one: `Deployment.apps`.
  public func message(kind: String, name: String) -> String {
    var seen: Set<String> = []
    let texts = map(\.description).filter { seen.insert($0).inserted }
    let all = texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
    return "\(kind) \"\(name)\" is invalid: \(all)"
  }

  /// The Status with which an object is refused: code 422, reason Invalid, a cause for each error.
  public func status(_ kind: GroupVersionKind, name: String) -> JSONValue {
    var details: JSONValue = ["name": .string(name)]
    if !kind.group.isEmpty { details["group"] = .string(kind.group) }
    details["kind"] = .string(kind.kind)
    let causes: [JSONValue] = map { error in
      [
        "reason": .string(error.kind.rawValue), "message": .string(error.body),
        "field": .string(error.field.description),
      ]
    }
    details["causes"] = .array(causes)
    let qualified = kind.group.isEmpty ? kind.kind : "\(kind.kind).\(kind.group)"
    return [
      "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure",
      "message": .string(message(kind: qualified, name: name)), "reason": "Invalid", "details": details, "code": 422,
    ]
  }
}
