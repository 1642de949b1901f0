import KubeAPI
import KubeClient
import NIOCore

/// Actions on pods that write the pod itself.
extension APIServer {
  /// Puts a pod on a node.
  func bind(_ request: ObjectRequest) async throws(StatusError) -> KubeResponse {
    let binding = try decode(request).object
    let node = binding[path: "target", "name"]?.stringValue ?? ""
    let kind = binding[path: "target", "kind"]?.stringValue ?? ""
    if node.isEmpty || !(kind.isEmpty || kind == "Node") {
      throw .invalid(
        ResourceName(group: "", resource: "bindings", kind: "Binding"), request.path.name,
        [node.isEmpty ? .required("target.name") : .invalid("target.kind", "\"\(kind)\"", "must be Node")])
    }
    let whole = pod(request)
    _ = try await modify(whole, expected: nil, isDryRun: try request.query.isDryRun()) { current throws(StatusError) in
      var pod = Pod(json: current)
      func refuse(_ why: String) -> StatusError {
        .conflict(ResourceName(group: "", resource: "pods/binding", kind: "Binding"), request.path.name, why)
      }
      if pod.metadata.deletionTimestamp != nil {
        throw refuse("pod \(request.path.name) is being deleted, cannot be assigned to a host")
      }
      if let there = pod.spec.nodeName, !there.isEmpty {
        throw refuse("pod \(request.path.name) is already assigned to node \"\(there)\"")
      }
      if let uid = binding[path: "metadata", "uid"]?.stringValue, !uid.isEmpty, uid != pod.metadata.uid {
        throw refuse("the binding is for the pod with uid \(uid), not \(pod.metadata.uid ?? "")")
      }
      pod.spec.nodeName = node
      var conditions = pod.status.conditions.filter { $0.type != "PodScheduled" }
      conditions.append(
        PodCondition {
          $0.type = "PodScheduled"
          $0.status = "True"
          $0.lastTransitionTime = .now()
        })
      pod.status.conditions = conditions
      return pod.json
    }
    return try Self.response(
      ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "code": 201], .plain, status: 201)
  }

  /// Deletes a pod at the wish of someone who would rather not break what it is part of.
  func evict(_ request: ObjectRequest) async throws(StatusError) -> KubeResponse {
    let eviction = try decode(request).object
    var options = DeleteOptions(json: eviction["deleteOptions"] ?? [:])
    if try request.query.isDryRun() { options.dryRun = ["All"] }
    _ = try await remove(pod(request), options)
    return try Self.response(
      ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "code": 201], .plain, status: 201)
  }

  /// The pod itself, where the request names a part of it. A binding writes specification and status at once.
  private func pod(_ request: ObjectRequest) -> ObjectRequest {
    ObjectRequest(
      info: request.info, path: request.path, resource: request.resource, subresource: request.subresource,
      query: request.query, user: request.user, request: request.request)
  }
}
