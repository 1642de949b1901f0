/// An amount of a resource, `100m`, `1.5Gi`, `2e3`, as it was written.
public struct Quantity: JSONRepresentable, Hashable, CustomStringConvertible {
  public var text: String

  public init(_ text: String) { self.text = text }

  public init?(jsonValue: JSONValue) {
    switch jsonValue {
    case .string(let value): text = value
    case .integer(let value): text = String(value)
    case .decimal(let literal): text = literal
    default: return nil
    }
  }

  public var jsonValue: JSONValue { .string(text) }
  public var description: String { text }
}
