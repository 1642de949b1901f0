/// A JSON document or a part of one (RFC 8259).
///
/// Objects keep the order of their members, and numbers keep their exact value: an integer that fits
/// is an `Int64`, every other number keeps the text it was written with.
public enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// A number that is not an `Int64`, as the text of its literal (`1.50`, `1e400`, `18446744073709551616`).
  case decimal(String)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(JSONObject(elements))
  }
  public init(nilLiteral: ()) { self = .null }
}

extension JSONValue {
  public var isNull: Bool { if case .null = self { true } else { false } }
  public var stringValue: String? { if case .string(let value) = self { value } else { nil } }
  public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var arrayValue: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
  public var objectValue: JSONObject? { if case .object(let value) = self { value } else { nil } }

  /// The number as an integer, also where it was written with a fraction or an exponent that adds nothing (`1e3`, `2.0`).
  public var integerValue: Int64? {
    switch self {
    case .integer(let value): value
    case .decimal(let literal): Double(literal).flatMap { Int64(exactly: $0) }
    default: nil
    }
  }

  public var doubleValue: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .decimal(let literal): Double(literal)
    default: nil
    }
  }

  /// The member `key` of an object; `nil` where this is no object or has no such member.
  ///
  /// Setting `nil` removes the member; setting a value in `null` makes an object of it. Setting a member of any
  /// other value replaces that value by an object.
  public subscript(key: String) -> JSONValue? {
    get { if case .object(let object) = self { object[key] } else { nil } }
    _modify {
      var object: JSONObject
      if case .object(let existing) = self { object = existing } else { object = JSONObject() }
      self = .null  // the one reference now is `object`, so that it is changed in place
      defer { self = .object(object) }
      yield &object[key]
    }
    set {
      var object: JSONObject
      if case .object(let existing) = self { object = existing } else { object = JSONObject() }
      self = .null
      object[key] = newValue
      self = .object(object)
    }
  }

  /// The value at a path of object members; `nil` where one is missing.
  public subscript(path first: String, _ rest: String...) -> JSONValue? {
    var value = self[first]
    for key in rest { value = value?[key] }
    return value
  }
}
