import KubeAPI

/// What a request's method and path ask for.
struct RequestInfo: Sendable, Hashable {
  enum Verb: String, Sendable {
    case get, list, watch, create, update, patch, delete, deletecollection
  }

  var verb: Verb
  /// The path as it came.
  var path: String
  /// `nil` where the path is not that of a resource (`/version`, `/apis`).
  var resource: ResourcePath?

  struct ResourcePath: Sendable, Hashable {
    var group: String
    var version: String
    var resource: String
    var namespace = ""
    var name = ""
    var subresource = ""
    /// What is behind the subresource, for proxies.
    var rest = ""
  }

  /// - Throws: ``StatusError`` for a method that the API does not know.
  init(method: String, path: String, isWatch: Bool) throws(StatusError) {
    self.path = path
    let parts = path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
    resource = Self.resource(parts)
    let isNamed = resource.map { !$0.name.isEmpty } ?? true
    switch method {
    case "GET", "HEAD": verb = isWatch && resource?.subresource == "" ? .watch : isNamed ? .get : .list
    case "POST": verb = .create
    case "PUT": verb = .update
    case "PATCH": verb = .patch
    case "DELETE": verb = isNamed ? .delete : .deletecollection
    default: throw .methodNotAllowed(nil)
    }
  }

  private static func resource(_ parts: [String]) -> ResourcePath? {
    var parts = parts[...]
    let group: String
    switch parts.popFirst() {
    case "api": group = ""
    case "apis":
      guard let name = parts.popFirst() else { return nil }
      group = name
    default: return nil
    }
    guard let version = parts.popFirst(), let first = parts.popFirst() else { return nil }
    var path = ResourcePath(group: group, version: version, resource: first)
    if first == "namespaces", let namespace = parts.popFirst() {
      // `namespaces/a/pods` is in namespace a; `namespaces/a` and its subresources are the namespace itself.
      if let next = parts.first, !(group.isEmpty && ["status", "finalize"].contains(next)) {
        path.namespace = namespace
        path.resource = next
        parts = parts.dropFirst()
      } else {
        path.name = namespace
        path.namespace = ""
        if let subresource = parts.popFirst() { path.subresource = subresource }
        return path
      }
    }
    if let name = parts.popFirst() { path.name = name }
    if let subresource = parts.popFirst() { path.subresource = subresource }
    path.rest = parts.joined(separator: "/")
    return path
  }
}
