import KubeAPI
import KubeClient
import NIOCore

extension APIServer {
  func delete(_ request: ObjectRequest) async throws(StatusError) -> KubeResponse {
    let options = try deleteOptions(request)
    let (object, isGone) = try await remove(request, options)
    if isGone, !Self.returnsDeleted.contains(request.resource.groupResource) {
      return try Self.response(Self.success(object, request), OutputForm.plain)
    }
    return try respond(object.bytes, request)
  }

  /// Deleting one of these answers with the object, deleting any other with a Status.
  private static let returnsDeleted: Set<String> = ["pods", "services", "serviceaccounts"]

  static func success(_ object: CachedObject, _ request: ObjectRequest) -> JSONValue {
    var details = request.name.details(request.path.name)
    details.uid = object.json[path: "metadata", "uid"]?.stringValue
    return [
      "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": details.json,
    ]
  }

  func deleteCollection(_ request: ObjectRequest) async throws(StatusError) -> KubeResponse {
    let options = try deleteOptions(request)
    let selection = try Selection(request)
    let all = cache.list(request.resource.groupResource, prefix: request.prefix)
    var deleted: [CachedObject] = []
    for object in all.objects where selection.isEverything || selection.matches(object.json) {
      var one = request.path
      let parts = object.key.split(separator: "/")
      one.name = parts.last.map(String.init) ?? object.key
      if request.resource.isNamespaced { one.namespace = parts.first.map(String.init) ?? "" }
      let single = ObjectRequest(
        info: request.info, path: one, resource: request.resource, subresource: nil, query: request.query,
        user: request.user, request: request.request)
      do throws(StatusError) {
        deleted.append(try await remove(single, options).object)
      } catch  where error.reason == "NotFound" {
        // Someone else was faster.
      }
    }
    let metadata: JSONValue = ["resourceVersion": .string(String(cache.revision))]
    return KubeResponse(
      status: 200, headers: [(name: "Content-Type", value: "application/json")],
      body: .bytes(Self.listBytes(request.resource, metadata, deleted)))
  }

  /// The options of the body, or of the query where there is no body.
  func deleteOptions(_ request: ObjectRequest) throws(StatusError) -> DeleteOptions {
    var options = DeleteOptions()
    let body = request.body
    if !body.isEmpty {
      options = DeleteOptions(json: try decodeBody(body, request).value)
      if let kind = options.json["kind"]?.stringValue, kind != "DeleteOptions" {
        throw .badRequest("no kind \"\(kind)\" is known for the options of a deletion: it must be DeleteOptions")
      }
    }
    if let seconds = try request.query.integer("gracePeriodSeconds") { options.gracePeriodSeconds = seconds }
    if let policy = request.query["propagationPolicy"] { options.propagationPolicy = policy }
    if request.query["orphanDependents"] != nil { options.orphanDependents = request.query.flag("orphanDependents") }
    let dryRun = request.query.all("dryRun")
    if !dryRun.isEmpty { options.dryRun = dryRun }
    _ = try RequestQuery.isDryRun(options.dryRun)
    if let policy = options.propagationPolicy, !["Foreground", "Background", "Orphan"].contains(policy) {
      throw .invalid(
        ResourceName(group: "", resource: "", kind: "DeleteOptions"), "",
        [
          StatusError.Cause(
            reason: "FieldValueNotSupported",
            message:
              "Unsupported value: \"\(policy)\": supported values: \"Foreground\", \"Background\", \"Orphan\"",
            field: "propagationPolicy")
        ])
    }
    if let seconds = options.gracePeriodSeconds, seconds < 0 { options.gracePeriodSeconds = 1 }
    return options
  }

  /// Deletes an object, or marks it as being deleted where someone must still do something about it.
  func remove(
    _ request: ObjectRequest, _ options: DeleteOptions
  ) async throws(StatusError) -> (object: CachedObject, isGone: Bool) {
    let isDryRun = try RequestQuery.isDryRun(options.dryRun)
    var attempt = 0
    while true {
      attempt += 1
      let current = try found(request)
      let old = current.json
      try checkPreconditions(options, current, old, request)
      try Admission.checkDeletion(request)
      let step = Deletion.step(old, request.resource, options, now: .now())
      do throws(StatusError) {
        switch step {
        case .nothing: return (current, false)
        case .mark(let marked):
          let stored = ObjectEncoding.stored(marked)
          if isDryRun {
            return (
              CachedObject(
                key: current.key, revision: current.revision,
                bytes: ObjectEncoding.served(stored, revision: current.revision)), false
            )
          }
          let revision = try await write(request, request.path.name) { store, key in
            try await store.update(key, stored, expected: current.revision)
          }
          return (
            CachedObject(
              key: current.key, revision: revision, bytes: ObjectEncoding.served(stored, revision: revision)), false
          )
        case .remove(let last):
          if isDryRun { return (current, true) }
          let stored = ObjectEncoding.stored(last)
          let revision = try await write(request, request.path.name) { store, key in
            try await store.delete(key, last: stored, expected: current.revision)
          }
          removed(last, request.resource)
          return (
            CachedObject(
              key: current.key, revision: revision, bytes: ObjectEncoding.served(stored, revision: revision)), true
          )
        }
      } catch {
        if error.reason == "Conflict", attempt < 16 { continue }
        throw error
      }
    }
  }

  private func checkPreconditions(
    _ options: DeleteOptions, _ current: CachedObject, _ old: JSONValue, _ request: ObjectRequest
  ) throws(StatusError) {
    guard let preconditions = options.preconditions else { return }
    let uid = old[path: "metadata", "uid"]?.stringValue ?? ""
    if let wanted = preconditions.uid, wanted != uid {
      throw .conflict(
        request.name, request.path.name,
        "Precondition failed: UID in precondition: \(wanted), UID in object meta: \(uid)")
    }
    if let wanted = preconditions.resourceVersion, wanted != String(current.revision) {
      throw .conflict(
        request.name, request.path.name,
        "Precondition failed: ResourceVersion in precondition: \(wanted), ResourceVersion in object meta: \(current.revision)"
      )
    }
  }
}
