/// A selection of objects by the values of their fields: `metadata.name=web,status.phase!=Running`.
public struct FieldSelector: Sendable, Hashable, CustomStringConvertible {
  public struct Requirement: Sendable, Hashable {
    /// The field's path, members with dots between them.
    public var field: String
    public var isNegated: Bool
    public var value: String

    public init(field: String, isNegated: Bool = false, value: String) {
      self.field = field
      self.isNegated = isNegated
      self.value = value
    }
  }

  public var requirements: [Requirement]

  public init(_ requirements: [Requirement]) { self.requirements = requirements }

  public static let everything = FieldSelector([])

  public var isEmpty: Bool { requirements.isEmpty }

  /// Reads `field=value`, `field==value` and `field!=value` with commas between them. In a value `\` stands before a
  /// comma, an equals sign or itself.
  /// - Throws: ``SelectorError`` for a part without an operator or with a broken escape.
  public init(parsing text: String) throws(SelectorError) {
    requirements = []
    var field = ""
    var value = ""
    var operation: String?
    var isEscaped = false
    func finish(_ requirements: inout [Requirement]) throws(SelectorError) {
      guard let operation else {
        if field.isEmpty { return }
        throw SelectorError(selector: text, message: "invalid selector: '\(text)'; can't understand '\(field)'")
      }
      let path = field.split(separator: " ").joined()
      requirements.append(Requirement(field: path, isNegated: operation == "!", value: value))
    }
    for character in text.unicodeScalars {
      if isEscaped {
        guard character == "\\" || character == "," || character == "=" else {
          throw SelectorError(
            selector: text, message: "invalid field selector: a value has the unknown escape \\\(character)")
        }
        value.unicodeScalars.append(character)
        isEscaped = false
        continue
      }
      switch character {
      case ",":
        try finish(&requirements)
        field = ""
        value = ""
        operation = nil
      case "=" where operation == nil: operation = "="
      case "=" where operation == "=" && value.isEmpty: operation = "=="
      case "=" where operation == "!?": operation = "!"
      case "!" where operation == nil: operation = "!?"
      case "\\" where operation != nil: isEscaped = true
      default:
        if operation == "!?" {
          throw SelectorError(selector: text, message: "invalid selector: '\(text)'; can't understand '\(field)!'")
        }
        if operation == nil { field.unicodeScalars.append(character) } else { value.unicodeScalars.append(character) }
      }
    }
    if isEscaped || operation == "!?" {
      throw SelectorError(selector: text, message: "invalid selector: '\(text)'; it ends too early")
    }
    try finish(&requirements)
  }

  /// The first field that is not among those that a resource can be selected by.
  public func unsupportedField(of resource: Schema.Resource) -> String? {
    requirements.first { !resource.selectableFields.contains($0.field) }?.field
  }

  /// The value that a field must have, where the selector asks for exactly one (`metadata.name=web`).
  public func required(_ field: String) -> String? {
    requirements.first { $0.field == field && !$0.isNegated }?.value
  }

  /// Whether an object's fields have these values. A missing field has the value "" (`false` for the boolean ones).
  public func matches(_ object: JSONValue) -> Bool {
    requirements.allSatisfy { requirement in
      (Self.value(of: requirement.field, in: object) == requirement.value) != requirement.isNegated
    }
  }

  static func value(of field: String, in object: JSONValue) -> String {
    var path = field.split(separator: ".").map(String.init)
    switch field {
    case "source" where object["involvedObject"] != nil:
      // An Event's source is its component, or who reported it.
      let component = object[path: "source", "component"]?.stringValue ?? ""
      return component.isEmpty ? object["reportingComponent"]?.stringValue ?? "" : component
    case "reportingComponent" where object["involvedObject"] != nil: path = ["reportingComponent"]
    case "spec.serviceAccountName" where object[path: "spec", "serviceAccountName"] == nil:
      path = ["spec", "serviceAccount"]
    default: break
    }
    var value: JSONValue? = object
    for key in path { value = value?[key] }
    switch value {
    case .string(let text): return text
    case .integer(let number): return String(number)
    case .decimal(let literal): return literal
    case .bool(let flag): return String(flag)
    default:
      switch field {
      case "spec.unschedulable", "spec.hostNetwork": return "false"
      case "status.replicas": return "0"
      default: return ""
      }
    }
  }

  public var description: String {
    requirements.map { requirement in
      var escaped = ""
      for character in requirement.value.unicodeScalars {
        if character == "\\" || character == "," || character == "=" { escaped += "\\" }
        escaped.unicodeScalars.append(character)
      }
      return requirement.field + (requirement.isNegated ? "!=" : "=") + escaped
    }.joined(separator: ",")
  }
}
