/// A label selector ready for use: a list of requirements that must all hold.
///
/// It is made of a ``LabelSelector`` or of the text form (`app=web,tier in (a,b),!old`), and matches labels.
public struct LabelQuery: Sendable, Hashable, CustomStringConvertible {
  public struct Requirement: Sendable, Hashable, CustomStringConvertible {
    public enum Comparison: Sendable, Hashable {
      case equals, notEquals, isIn, isNotIn, exists, doesNotExist, greaterThan, lessThan
    }

    public var key: String
    public var comparison: Comparison
    public var values: [String]

    public init(key: String, _ comparison: Comparison, values: [String] = []) {
      self.key = key
      self.comparison = comparison
      self.values = values
    }
  }

  public var requirements: [Requirement]

  public init(_ requirements: [Requirement]) { self.requirements = requirements }

  /// Labels that must be there with these values.
  public init(labels: [String: String]) {
    requirements = labels.sorted { $0.key < $1.key }.map { Requirement(key: $0.key, .equals, values: [$0.value]) }
  }

  /// Matches every object.
  public static let everything = LabelQuery([])

  public var isEmpty: Bool { requirements.isEmpty }

  public func matches(_ labels: [String: String]) -> Bool { requirements.allSatisfy { $0.holds(labels[$0.key]) } }

  /// Whether an object's `metadata.labels` match.
  public func matches(_ object: JSONValue) -> Bool {
    if requirements.isEmpty { return true }
    let labels = object[path: "metadata", "labels"]
    return requirements.allSatisfy { $0.holds(labels?[$0.key]?.stringValue) }
  }

  public var description: String { requirements.map(\.description).joined(separator: ",") }
}

extension LabelQuery.Requirement {
  /// Whether the requirement holds for the value of its key, which is `nil` where the label is missing.
  public func holds(_ value: String?) -> Bool {
    switch comparison {
    case .equals, .isIn: return value.map { values.contains($0) } ?? false
    case .notEquals, .isNotIn: return value.map { !values.contains($0) } ?? true
    case .exists: return value != nil
    case .doesNotExist: return value == nil
    case .greaterThan, .lessThan:
      guard let value, let number = Int64(value), let bound = values.first.flatMap({ Int64($0) }) else { return false }
      return comparison == .greaterThan ? number > bound : number < bound
    }
  }

  public var description: String {
    let list = values.sorted().joined(separator: ",")
    switch comparison {
    case .equals: return "\(key)=\(list)"
    case .notEquals: return "\(key)!=\(list)"
    case .isIn: return "\(key) in (\(list))"
    case .isNotIn: return "\(key) notin (\(list))"
    case .exists: return key
    case .doesNotExist: return "!\(key)"
    case .greaterThan: return "\(key)>\(list)"
    case .lessThan: return "\(key)<\(list)"
    }
  }
}

/// A selector that cannot be read.
public struct SelectorError: Error, Hashable, CustomStringConvertible {
  public var selector: String
  public var message: String

  public init(selector: String, message: String) {
    self.selector = selector
    self.message = message
  }

  public var description: String { "unable to parse requirement: \(message)" }
}

extension LabelQuery {
  /// Makes a query of the selector in an object's specification. An empty selector matches everything; that a missing
  /// one matches nothing is for the caller to say.
  /// - Throws: ``SelectorError`` for an operator that is none.
  public init(_ selector: LabelSelector) throws(SelectorError) {
    var requirements = Self(labels: selector.matchLabels).requirements
    for expression in selector.matchExpressions {
      let comparison: Requirement.Comparison
      switch expression.operator {
      case "In": comparison = .isIn
      case "NotIn": comparison = .isNotIn
      case "Exists": comparison = .exists
      case "DoesNotExist": comparison = .doesNotExist
      default:
        throw SelectorError(
          selector: expression.json.text,
          message: "\"\(expression.operator ?? "")\" is not a valid label selector operator")
      }
      requirements.append(
        Requirement(key: expression.key ?? "", comparison, values: expression.values))
    }
    self.requirements = requirements.sorted { $0.key < $1.key }
  }
}

extension LabelSelector {
  /// Whether the selector holds for labels. An empty selector holds for all; one with an unknown operator for none.
  public func matches(_ labels: [String: String]) -> Bool {
    guard let query = try? LabelQuery(self) else { return false }
    return query.matches(labels)
  }

  /// Reads the text form, `app=web,tier in (a,b)`.
  public init(parsing text: String) throws(SelectorError) {
    self.init()
    for requirement in try LabelQuery(parsing: text).requirements {
      let name: String
      switch requirement.comparison {
      case .equals where matchLabels[requirement.key] == nil:
        matchLabels[requirement.key] = requirement.values.first ?? ""
        continue
      case .equals, .isIn: name = "In"
      case .notEquals, .isNotIn: name = "NotIn"
      case .exists: name = "Exists"
      case .doesNotExist: name = "DoesNotExist"
      case .greaterThan, .lessThan:
        throw SelectorError(selector: text, message: "a LabelSelector has no operator for \(requirement)")
      }
      matchExpressions.append(
        LabelSelectorRequirement {
          $0.key = requirement.key
          $0.operator = name
          $0.values = requirement.values
        })
    }
  }
}
