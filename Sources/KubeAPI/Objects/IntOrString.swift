/// A number or a name: a port, or a count that may be a percentage.
public enum IntOrString: JSONRepresentable, Hashable {
  case int(Int32)
  case string(String)

  public init?(jsonValue: JSONValue) {
    switch jsonValue {
    case .string(let value): self = .string(value)
    default:
      guard let value = Int32(jsonValue: jsonValue) else { return nil }
      self = .int(value)
    }
  }

  public var jsonValue: JSONValue {
    switch self {
    case .int(let value): .integer(Int64(value))
    case .string(let value): .string(value)
    }
  }
}
