/// A resource of the API, as its URL names it, with the kind of the objects it holds.
public struct GroupVersionResource: Sendable, Hashable, CustomStringConvertible {
  /// Empty for the core group.
  public var group: String
  public var version: String
  /// The plural name, `endpointslices`.
  public var resource: String
  public var kind: String
  public var isNamespaced: Bool

  public init(group: String, version: String, resource: String, kind: String, isNamespaced: Bool) {
    self.group = group
    self.version = version
    self.resource = resource
    self.kind = kind
    self.isNamespaced = isNamespaced
  }

  /// `v1`, `apps/v1`.
  public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

  /// `pods`, `deployments.apps`.
  public var groupResource: String { group.isEmpty ? resource : "\(resource).\(group)" }

  public var description: String { "\(apiVersion) \(resource)" }

  /// The path of the collection, of one object in it, or of a subresource of that object.
  public func path(namespace: String? = nil, name: String? = nil, subresource: String? = nil) -> String {
    var path = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
    if isNamespaced, let namespace, !namespace.isEmpty { path += "/namespaces/\(namespace)" }
    path += "/\(resource)"
    if let name { path += "/\(name)" }
    if let subresource { path += "/\(subresource)" }
    return path
  }
}
