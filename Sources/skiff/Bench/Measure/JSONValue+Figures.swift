import KubeAPI

extension JSONValue {
  /// A number with a fraction.
  static func number(_ value: Double) -> JSONValue { value.jsonValue }

  /// A number, or null for a figure that could not be had.
  static func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }

  static func integer(_ value: Int) -> JSONValue { .integer(Int64(value)) }
}

extension Duration {
  var seconds: Double { self / .seconds(1) }
  var milliseconds: Double { self / .milliseconds(1) }
}
