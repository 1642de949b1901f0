import KubeAPI

/// Who may do what.
protocol Authorizer: Sendable {
  /// Whether the user may do this; `nil` where this authorizer has no opinion.
  func allows(_ user: User, _ request: RequestInfo) async -> Bool?
}

/// What holds before roles are asked: `system:masters` may do everything, a name with a certificate of the cluster may
/// do what components do, and everyone may ask for health and version.
struct BaseAuthorizer: Authorizer {
  static let publicPaths: Set<String> = ["/healthz", "/livez", "/readyz", "/version", "/version/"]

  func allows(_ user: User, _ request: RequestInfo) async -> Bool? {
    if user.groups.contains("system:masters") { return true }
    if request.resource == nil, request.verb == .get {
      if Self.publicPaths.contains(request.path) { return true }
      for probe in ["/healthz/", "/livez/", "/readyz/"] where request.path.hasPrefix(probe) { return true }
    }
    if user.isAnonymous { return nil }
    if user.groups.contains("system:nodes") || Self.components.contains(user.name) { return true }
    // Discovery is open to whoever the server knows.
    if request.resource == nil, request.verb == .get { return true }
    return nil
  }

  private static let components: Set<String> = [
    "system:kube-scheduler", "system:kube-controller-manager", "system:kube-proxy", "system:skiff-node",
  ]
}

/// The first opinion counts; without one the answer is no.
struct AuthorizerChain: Authorizer {
  var authorizers: [any Authorizer]

  func allows(_ user: User, _ request: RequestInfo) async -> Bool? {
    for authorizer in authorizers {
      if let opinion = await authorizer.allows(user, request) { return opinion }
    }
    return nil
  }
}

extension StatusError {
  static func denied(_ user: User, _ request: RequestInfo) -> StatusError {
    guard let path = request.resource else {
      return StatusError(
        code: 403, reason: "Forbidden",
        message: "forbidden: User \"\(user.name)\" cannot \(request.verb.rawValue) path \"\(request.path)\"",
        details: StatusDetails())
    }
    let resource = ResourceName(group: path.group, resource: path.resource, kind: path.resource)
    let what = path.subresource.isEmpty ? path.resource : "\(path.resource)/\(path.subresource)"
    let place = path.namespace.isEmpty ? "at the cluster scope" : "in the namespace \"\(path.namespace)\""
    return .forbidden(
      resource, path.name,
      "User \"\(user.name)\" cannot \(request.verb.rawValue) resource \"\(what)\" in API group \"\(path.group)\" \(place)"
    )
  }
}
