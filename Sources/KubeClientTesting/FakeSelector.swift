import KubeAPI
import KubeClient

/// A label or field selector in the grammar of query parameters: `a=b,c!=d,e in (f,g),h,!i`.
struct FakeSelector {
  enum Requirement {
    case within(String, [String])
    case notWithin(String, [String])
    case exists(String)
    case missing(String)
  }

  var requirements: [Requirement] = []

  init(_ text: String) throws(APIError) {
    var terms: [String] = []
    var depth = 0
    var term = ""
    for character in text {
      switch character {
      case "(": depth += 1
      case ")": depth -= 1
      default: break
      }
      if character == ",", depth == 0 {
        terms.append(term)
        term = ""
      } else {
        term.append(character)
      }
    }
    terms.append(term)
    for term in terms {
      let term = term.trimmed
      if term.isEmpty { continue }
      if let (key, values) = Self.set(term, " notin ") {
        requirements.append(.notWithin(key, values))
      } else if let (key, values) = Self.set(term, " in ") {
        requirements.append(.within(key, values))
      } else if let index = term.firstIndex(of: "=") {
        let value = term[term.index(after: index)...].drop { $0 == "=" }
        let key = term[..<index]
        if key.hasSuffix("!") {
          requirements.append(.notWithin(String(key.dropLast()).trimmed, [String(value).trimmed]))
        } else {
          requirements.append(.within(String(key).trimmed, [String(value).trimmed]))
        }
      } else if term.hasPrefix("!") {
        requirements.append(.missing(String(term.dropFirst()).trimmed))
      } else if term.contains(" ") || term.contains("(") {
        throw APIError(code: 400, reason: "BadRequest", message: "cannot read the selector \(text)")
      } else {
        requirements.append(.exists(term))
      }
    }
  }

  private static func set(_ term: String, _ word: String) -> (String, [String])? {
    guard let parenthesis = term.firstIndex(of: "("), term.hasSuffix(")") else { return nil }
    let head = term[..<parenthesis]
    let spaced = String(head) + " "
    guard spaced.trimmed.hasSuffix(word.trimmed), head.contains(" ") else { return nil }
    let key = String(spaced.trimmed.dropLast(word.trimmed.count))
    guard key.hasSuffix(" ") else { return nil }
    let values = term[term.index(after: parenthesis)...].dropLast().split(separator: ",").map { String($0).trimmed }
    return (key.trimmed, values)
  }

  func matches(_ value: (String) -> String?) -> Bool {
    requirements.allSatisfy { requirement in
      switch requirement {
      case .within(let key, let values): value(key).map { values.contains($0) } ?? false
      case .notWithin(let key, let values): value(key).map { !values.contains($0) } ?? true
      case .exists(let key): value(key) != nil
      case .missing(let key): value(key) == nil
      }
    }
  }

  /// A field by its path; one that is missing counts as empty.
  static func field(_ path: String, of object: JSONValue) -> String {
    var value: JSONValue? = object
    for part in path.split(separator: ".") { value = value?[String(part)] }
    return switch value {
    case .string(let text)?: text
    case .integer(let number)?: String(number)
    case .bool(let flag)?: String(flag)
    default: ""
    }
  }
}

extension String {
  fileprivate var trimmed: String {
    var text = Substring(self)
    while text.first == " " { text = text.dropFirst() }
    while text.last == " " { text = text.dropLast() }
    return String(text)
  }
}
