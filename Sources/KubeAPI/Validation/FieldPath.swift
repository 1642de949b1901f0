/// Where in an object a value stands: `spec.containers[0].image`, `data[key]`.
public struct FieldPath: Sendable, Hashable, CustomStringConvertible {
  public var description: String

  public init(_ text: String = "") { description = text }

  public func child(_ name: String) -> FieldPath { FieldPath(description.isEmpty ? name : "\(description).\(name)") }
  public func index(_ index: Int) -> FieldPath { FieldPath("\(description)[\(index)]") }
  public func key(_ key: String) -> FieldPath { FieldPath("\(description)[\(key)]") }
}
