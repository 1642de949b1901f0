extension Schema {
  /// A member of a message.
  public struct Field: Sendable, Hashable {
    /// The JSON name.
    public var name: String
    /// The protobuf field number.
    public var number: Int
    public var shape: Shape
    /// The type of the value, or of each of the values where ``shape`` is a list or a map.
    public var kind: Kind
    public var isRequired = false
    /// The fields of this field's message stand directly in the parent's JSON.
    public var isInline = false
    /// Has no JSON form.
    public var isHidden = false
    /// How server-side apply merges a list.
    public var listType: ListType?
    /// Maps are granular where nothing else is said.
    public var isAtomicMap = false
    public var patchStrategy: Set<PatchStrategy> = []
    /// The member by which strategic merge patch tells the elements of a list from each other.
    public var patchMergeKey: String?
    /// A value that is put in where the field is missing, as JSON.
    public var defaultValue: JSONValue?

    public enum Shape: Sendable, Hashable { case one, list, map }

    public enum Kind: Sendable, Hashable {
      case string, int32, int64, bool, bytes, double
      case quantity, intOrString, time, microTime
      /// Any object (`RawExtension`).
      case any
      case fieldsV1
      /// A position in ``Schema/messages``.
      case message(Int)
    }

    public enum ListType: Sendable, Hashable {
      case atomic, set
      case map(keys: [String])
    }

    public enum PatchStrategy: String, Sendable, Hashable { case merge, replace, retainKeys }
  }
}
