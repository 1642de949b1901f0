import KubeAPI
import KubeClient

/// Questions that a client asks about itself.
extension APIServer {
  func review(_ request: ObjectRequest) async throws(StatusError) -> KubeResponse {
    guard request.info.verb == .create else { throw .methodNotAllowed(request.name) }
    var review = try decode(request).object
    if review["metadata"] == nil { review["metadata"] = ["creationTimestamp": .null] }
    switch request.resource.name {
    case "selfsubjectreviews":
      review["status"] = [
        "userInfo": [
          "username": .string(request.user.name), "groups": .array(request.user.groups.map { .string($0) }),
        ]
      ]
    default:
      let asked = try Self.request(in: review["spec"] ?? [:])
      let allowed = await authorizer.allows(request.user, asked) ?? false
      review["status"] = ["allowed": .bool(allowed)]
    }
    return try respond(review, request, status: 201)
  }

  /// The request that an access review asks about.
  private static func request(in spec: JSONValue) throws(StatusError) -> RequestInfo {
    let methods = [
      "get": "GET", "list": "GET", "watch": "GET", "create": "POST", "update": "PUT", "patch": "PATCH",
      "delete": "DELETE", "deletecollection": "DELETE",
    ]
    if let attributes = spec["nonResourceAttributes"] {
      let verb = attributes["verb"]?.stringValue ?? "get"
      return try RequestInfo(
        method: methods[verb] ?? "GET", path: attributes["path"]?.stringValue ?? "/", isWatch: false)
    }
    guard let attributes = spec["resourceAttributes"] else {
      throw .badRequest("spec: exactly one of nonResourceAttributes or resourceAttributes must be specified")
    }
    func field(_ name: String) -> String { attributes[name]?.stringValue ?? "" }
    var path = field("group").isEmpty ? "/api/v1" : "/apis/\(field("group"))/v1"
    if !field("namespace").isEmpty { path += "/namespaces/\(field("namespace"))" }
    path += "/\(field("resource").isEmpty ? "*" : field("resource"))"
    if !field("name").isEmpty { path += "/\(field("name"))" }
    return try RequestInfo(method: methods[field("verb")] ?? "POST", path: path, isWatch: field("verb") == "watch")
  }
}
