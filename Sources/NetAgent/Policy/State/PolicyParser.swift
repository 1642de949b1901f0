import KubeAPI
import Netlink

/// Reads the parts that both kinds of policies have.
enum PolicyParser {
  /// - Throws: where the API server would refuse the selector.
  static func query(_ json: JSONValue, _ path: String) throws(PolicyError) -> LabelQuery {
    guard json.objectValue != nil else { throw PolicyError("\(path) is no object") }
    let selector = LabelSelector(json: json)
    for (index, expression) in selector.matchExpressions.enumerated() {
      let place = "\(path).matchExpressions[\(index)]"
      guard let key = expression.key, !key.isEmpty else { throw PolicyError("\(place) has no key") }
      let takesValues = expression.operator == "In" || expression.operator == "NotIn"
      guard takesValues != expression.values.isEmpty else {
        throw PolicyError("\(place): values do not fit operator \(expression.operator ?? "")")
      }
    }
    do throws(SelectorError) {
      var query = try LabelQuery(selector)
      for index in query.requirements.indices { query.requirements[index].values.sort() }
      // The same requirements in another order are the same selector.
      query.requirements.sort { $0.description < $1.description }
      return query
    } catch {
      throw PolicyError("\(path): \(error.message)")
    }
  }

  static func prefix(_ json: JSONValue?, _ path: String) throws(PolicyError) -> IPPrefix {
    let text = json?.stringValue ?? ""
    guard let prefix = IPPrefix(text) else { throw PolicyError("\(path): '\(text)' is no CIDR") }
    return prefix
  }

  static func port(_ json: JSONValue?, _ path: String) throws(PolicyError) -> UInt16 {
    guard let number = json?.integerValue, (1...65535).contains(number) else {
      throw PolicyError("\(path): \(json?.text ?? "nothing") is no port")
    }
    return UInt16(number)
  }

  /// The members of a list; none where it is missing.
  static func list(_ json: JSONValue?, _ path: String) throws(PolicyError) -> [JSONValue] {
    guard let json, !json.isNull else { return [] }
    guard let list = json.arrayValue else { throw PolicyError("\(path) is no list") }
    return list
  }
}
