import KubeAPI
import KubeClient
import NIOCore

/// `scale` of deployments and replica sets: the number of replicas alone.
extension APIServer {
  func scale(_ request: ObjectRequest) async throws(StatusError) -> KubeResponse {
    switch request.info.verb {
    case .get: return try respond(Self.scale(of: try found(request).json), request)
    case .update:
      let decoded = try decode(request)
      let scale = decoded.object
      return try await setScale(request) { _ throws(StatusError) in scale }
    default:
      let patch = try ObjectPatch(request)
      return try await setScale(request) { current throws(StatusError) in
        try self.patched(Self.scale(of: current), patch, request).object
      }
    }
  }

  private func setScale(
    _ request: ObjectRequest, _ scale: (JSONValue) async throws(StatusError) -> JSONValue
  ) async throws(StatusError) -> KubeResponse {
    let whole = ObjectRequest(
      info: request.info, path: request.path, resource: request.resource, subresource: nil, query: request.query,
      user: request.user, request: request.request)
    let isDryRun = try request.query.isDryRun()
    let saved = try await modify(whole, expected: nil, isDryRun: isDryRun) { current throws(StatusError) in
      let wanted = try await scale(current)
      let replicas = wanted[path: "spec", "replicas"]?.integerValue ?? 0
      if replicas < 0 {
        throw .invalid(
          ResourceName(group: "autoscaling", resource: "scales", kind: "Scale"), request.path.name,
          [.invalid("spec.replicas", "\(replicas)", "must be greater than or equal to 0")])
      }
      var object = current
      object["metadata"]?["resourceVersion"] = wanted[path: "metadata", "resourceVersion"]
      object["spec"]?["replicas"] = .integer(replicas)
      return object
    }
    return try respond(Self.scale(of: saved.json), request)
  }

  static func scale(of object: JSONValue) -> JSONValue {
    var metadata: JSONValue = [:]
    for key in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
      metadata[key] = object[path: "metadata", key]
    }
    var status: JSONValue = ["replicas": object[path: "status", "replicas"] ?? 0]
    if let selector = object[path: "spec", "selector"],
      let query = try? LabelQuery(LabelSelector(json: selector))
    {
      status["selector"] = .string(query.description)
    }
    return [
      "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata,
      "spec": ["replicas": object[path: "spec", "replicas"] ?? 1], "status": status,
    ]
  }
}
