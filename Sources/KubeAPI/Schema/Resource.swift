/// A group and a version of it: `apps/v1`.
public struct GroupVersion: Sendable, Hashable, CustomStringConvertible {
  public var group: String
  public var version: String

  public init(group: String, version: String) {
    self.group = group
    self.version = version
  }

  /// Reads `v1` or `apps/v1`.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    switch parts.count {
    case 1 where !parts[0].isEmpty: self.init(group: "", version: String(parts[0]))
    case 2: self.init(group: String(parts[0]), version: String(parts[1]))
    default: return nil
    }
  }

  public var description: String { group.isEmpty ? version : "\(group)/\(version)" }
}

/// A kind of object in a version of a group.
public struct GroupVersionKind: Sendable, Hashable, CustomStringConvertible {
  public var group: String
  public var version: String
  public var kind: String

  public init(group: String, version: String, kind: String) {
    self.group = group
    self.version = version
    self.kind = kind
  }

  /// What an object says of itself; `nil` where it has no `apiVersion` or no `kind`.
  public init?(of object: JSONValue) {
    guard let apiVersion = object["apiVersion"]?.stringValue, let groupVersion = GroupVersion(apiVersion),
      let kind = object["kind"]?.stringValue, !kind.isEmpty
    else { return nil }
    self.init(group: groupVersion.group, version: groupVersion.version, kind: kind)
  }

  public var groupVersion: GroupVersion { GroupVersion(group: group, version: version) }
  /// `apps/v1, Kind=Deployment`.
  public var description: String { "\(groupVersion), Kind=\(kind)" }
}

extension Schema {
  /// A resource that the API serves.
  public struct Resource: Sendable, Hashable {
    public var group: String
    public var version: String
    /// The plural name of the URL, `pods`.
    public var name: String
    public var singular: String
    public var kind: String
    public var isNamespaced: Bool
    public var verbs: [String]
    public var shortNames: [String] = []
    public var categories: [String] = []
    public var subresources: [Subresource] = []
    /// The field labels that a field selector may name.
    public var selectableFields: [String] = []

    public var groupVersion: GroupVersion { GroupVersion(group: group, version: version) }
    public var groupVersionKind: GroupVersionKind { GroupVersionKind(group: group, version: version, kind: kind) }
    public var groupVersionResource: GroupVersionResource {
      GroupVersionResource(group: group, version: version, resource: name, kind: kind, isNamespaced: isNamespaced)
    }
    /// `pods`, `deployments.apps`: as messages name it.
    public var groupResource: String { group.isEmpty ? name : "\(name).\(group)" }

    public func subresource(_ name: String) -> Subresource? { subresources.first { $0.name == name } }
  }

  /// A part or an action of a resource's objects: `status`, `scale`, `log`.
  public struct Subresource: Sendable, Hashable {
    public var name: String
    /// The kind that is read or written, which may be of another group.
    public var groupVersionKind: GroupVersionKind
    public var verbs: [String]
  }
}
