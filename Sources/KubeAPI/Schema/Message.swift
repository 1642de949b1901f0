extension Schema {
  /// An object type: `core.v1.PodSpec`.
  public struct Message: Sendable {
    /// The full name, `core.v1.PodSpec`.
    public let name: String
    /// The fields in the order of their definition; one that is ``Field/isInline`` stands for the fields of its message.
    public var definedFields: [Field]
    /// The members of the JSON form: inline fields are replaced by those of their message.
    public internal(set) var fields: [Field] = [] {
      didSet { index = Dictionary(fields.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first }) }
    }
    /// Whether the JSON form begins with `apiVersion` and `kind`.
    public internal(set) var isTopLevel = false
    /// In JSON the message is the list that its one field holds, without an object around it.
    public var isBareList: Bool
    private var index: [String: Int] = [:]

    init(name: String, definedFields: [Field], isBareList: Bool = false) {
      self.name = name
      let dot = name.lastIndex(of: ".")
      shortName = dot.map { String(name[name.index(after: $0)...]) } ?? name
      package = dot.map { String(name[..<$0]) } ?? ""
      self.definedFields = definedFields
      self.isBareList = isBareList
    }

    /// `PodSpec`.
    public let shortName: String
    /// `core.v1`.
    public let package: String

    public func field(_ name: String) -> Field? { index[name].map { fields[$0] } }
  }
}
