/// An amount of a resource, `100m`, `1.5Gi`, `2e3`, as it was written.
///
/// Two quantities are equal (`==`) when they are written alike; compare ``amount`` to compare what they say.
public struct Quantity: JSONRepresentable, Hashable, CustomStringConvertible {
  public var text: String

  public init(_ text: String) { self.text = text }

  /// The canonical text of an amount.
  public init(_ amount: Amount) { text = amount.description }

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

  /// What the text says; `nil` where it is no quantity.
  public var amount: Amount? { Amount(parsing: text) }

  /// The amount in whole units, rounded up; 0 where the text is no quantity.
  public var value: Int64 { amount?.value ?? 0 }
  /// The amount in thousandths, rounded up; 0 where the text is no quantity.
  public var milliValue: Int64 { amount?.milliValue ?? 0 }
  /// The text as the API server writes it: `0.5` becomes `500m`.
  public var canonical: Quantity { amount.map { Quantity($0) } ?? self }
}
