/// A Swift value with a JSON form. Reading is lenient: what does not fit reads as `nil`, because the API server has
/// checked every object against the schema before anyone reads it through a view.
public protocol JSONRepresentable: Sendable {
  init?(jsonValue: JSONValue)
  var jsonValue: JSONValue { get }
}

/// A typed view of a JSON object. The view adds names and types and holds nothing but the document, so that fields
/// which the schema does not know survive a read, a change and a write.
public protocol JSONView: JSONRepresentable, Hashable, CustomStringConvertible {
  var json: JSONValue { get set }
  init(json: JSONValue)
}

extension JSONView {
  public init() { self.init(json: .object(JSONObject())) }

  /// Makes a view and fills it: `Container { $0.name = "web" }`.
  public init(_ fill: (inout Self) -> Void) {
    self.init()
    fill(&self)
  }

  public init?(jsonValue: JSONValue) {
    guard case .object = jsonValue else { return nil }
    self.init(json: jsonValue)
  }

  public var jsonValue: JSONValue { json }
  public var description: String { json.text }
}

extension JSONValue {
  public func field<T: JSONRepresentable>(_ name: String) -> T? {
    self[name].flatMap { T(jsonValue: $0) }
  }

  /// A nested view; an empty one where the member is missing.
  public func field<T: JSONView>(_ name: String) -> T {
    self[name].flatMap { T(jsonValue: $0) } ?? T()
  }

  public func field<T: JSONRepresentable>(_ name: String) -> [T] {
    self[name]?.arrayValue?.compactMap { T(jsonValue: $0) } ?? []
  }

  public func field<T: JSONRepresentable>(_ name: String) -> [String: T] {
    guard let object = self[name]?.objectValue else { return [:] }
    var result: [String: T] = [:]
    for (key, value) in object { result[key] = T(jsonValue: value) }
    return result
  }

  public mutating func setField<T: JSONRepresentable>(_ name: String, _ value: T?) {
    self[name] = value?.jsonValue
  }

  public mutating func setField<T: JSONView>(_ name: String, _ value: T) {
    self[name] = value.json
  }

  /// An empty list is written as no member, as Go's `omitempty` does.
  public mutating func setField<T: JSONRepresentable>(_ name: String, _ value: [T]) {
    self[name] = value.isEmpty ? nil : .array(value.map(\.jsonValue))
  }

  /// Members are written in the order of their keys. An empty map is written as no member.
  public mutating func setField<T: JSONRepresentable>(_ name: String, _ value: [String: T]) {
    guard !value.isEmpty else {
      self[name] = nil
      return
    }
    self[name] = .object(JSONObject(value.sorted { $0.key < $1.key }.map { ($0.key, $0.value.jsonValue) }))
  }
}

extension JSONValue: JSONRepresentable {
  public init?(jsonValue: JSONValue) { self = jsonValue }
  public var jsonValue: JSONValue { self }
}

extension String: JSONRepresentable {
  public init?(jsonValue: JSONValue) {
    guard case .string(let value) = jsonValue else { return nil }
    self = value
  }
  public var jsonValue: JSONValue { .string(self) }
}

extension Bool: JSONRepresentable {
  public init?(jsonValue: JSONValue) {
    guard case .bool(let value) = jsonValue else { return nil }
    self = value
  }
  public var jsonValue: JSONValue { .bool(self) }
}

extension Int32: JSONRepresentable {
  public init?(jsonValue: JSONValue) {
    guard let value = jsonValue.integerValue else { return nil }
    self.init(exactly: value)
  }
  public var jsonValue: JSONValue { .integer(Int64(self)) }
}

extension Int64: JSONRepresentable {
  public init?(jsonValue: JSONValue) {
    guard let value = jsonValue.integerValue else { return nil }
    self = value
  }
  public var jsonValue: JSONValue { .integer(self) }
}

extension Double: JSONRepresentable {
  public init?(jsonValue: JSONValue) {
    guard let value = jsonValue.doubleValue else { return nil }
    self = value
  }
  public var jsonValue: JSONValue { .decimal("\(self)") }
}
