import KubeAPI
import KubeClient
import NIOCore

extension APIServer {
  /// Replaces an object, or the part of it that the subresource is.
  func update(_ request: ObjectRequest) async throws(StatusError) -> KubeResponse {
    let decoded = try decode(request)
    var object = decoded.object
    let isDryRun = try request.query.isDryRun()
    try checkNamespace(&object, request)
    try checkName(&object, request)
    applyDefaults(&object)
    let version = try Self.givenVersion(object)
    let new = object
    let saved = try await modify(request, expected: version, isDryRun: isDryRun) { _ throws(StatusError) in new }
    return try respond(saved.bytes, request, warnings: decoded.warnings)
  }

  func patch(_ request: ObjectRequest) async throws(StatusError) -> KubeResponse {
    let isDryRun = try request.query.isDryRun()
    let patch = try ObjectPatch(request)
    var warnings: [String] = []
    let saved = try await modify(request, expected: nil, isDryRun: isDryRun) { current throws(StatusError) in
      var (object, found) = try self.patched(current, patch, request)
      warnings = found
      try self.checkNamespace(&object, request)
      try self.checkName(&object, request)
      self.applyDefaults(&object)
      return object
    }
    return try respond(saved.bytes, request, warnings: warnings)
  }

  /// The version that an update expects; `nil` where it replaces whatever is there.
  private static func givenVersion(_ object: JSONValue) throws(StatusError) -> Int64? {
    guard let text = object[path: "metadata", "resourceVersion"]?.stringValue, !text.isEmpty, text != "0" else {
      return nil
    }
    guard let version = Int64(text) else { throw .badRequest("invalid resource version \"\(text)\"") }
    return version
  }

  func checkName(_ object: inout JSONValue, _ request: ObjectRequest) throws(StatusError) {
    let given = object[path: "metadata", "name"]?.stringValue ?? ""
    if given.isEmpty { throw .badRequest("name must be provided") }
    if given != request.path.name {
      throw .badRequest(
        "the name of the object (\(given)) does not match the name on the URL (\(request.path.name))")
    }
  }

  /// Reads an object, changes it, checks it and writes it; begins again where someone else wrote meanwhile, unless the
  /// change is for one version only.
  func modify(
    _ request: ObjectRequest, expected: Int64?, isDryRun: Bool,
    _ change: (JSONValue) async throws(StatusError) -> JSONValue
  ) async throws(StatusError) -> CachedObject {
    var attempt = 0
    while true {
      attempt += 1
      let current = try found(request)
      let old = current.json
      if let expected, expected != current.revision { throw .modified(request.name, request.path.name) }
      var new = try await change(old)
      // A patch can name the version that it is for.
      if expected == nil, let version = new[path: "metadata", "resourceVersion"]?.stringValue, !version.isEmpty,
        version != String(current.revision), version != "0"
      {
        throw .modified(request.name, request.path.name)
      }
      try Self.checkUID(new, old, request)
      do throws(StatusError) {
        return try await save(&new, replacing: current, old, request, isDryRun: isDryRun)
      } catch {
        if error.reason == "Conflict", expected == nil, attempt < 16 { continue }
        throw error
      }
    }
  }

  private static func checkUID(_ new: JSONValue, _ old: JSONValue, _ request: ObjectRequest) throws(StatusError) {
    guard let given = new[path: "metadata", "uid"]?.stringValue, !given.isEmpty,
      let uid = old[path: "metadata", "uid"]?.stringValue, given != uid
    else { return }
    throw .conflict(
      request.name, request.path.name,
      "Precondition failed: UID in precondition: \(given), UID in object meta: \(uid)")
  }

  private func save(
    _ new: inout JSONValue, replacing current: CachedObject, _ old: JSONValue, _ request: ObjectRequest, isDryRun: Bool
  ) async throws(StatusError) -> CachedObject {
    ObjectPreparation.prepareForUpdate(&new, old: old, request.resource, subresource: request.subresource?.name)
    var allocation: ServiceAllocator.Allocation?
    let isService = request.resource.groupResource == "services" && request.subresource == nil
    if isService { allocation = try services.allocate(&new, replacing: old, isDryRun: isDryRun) }
    do throws(StatusError) {
      try checkChanged(new, old: old, request)
      let stored = ObjectEncoding.stored(new)
      let key = current.key
      if ObjectPreparation.isReadyToGo(new) {
        // The last finalizer is gone, and with it the object.
        if isDryRun { return CachedObject(key: key, revision: current.revision, bytes: current.bytes) }
        let revision = try await write(request, request.path.name) { store, key in
          try await store.delete(key, last: stored, expected: current.revision)
        }
        removed(new, request.resource)
        return CachedObject(key: key, revision: revision, bytes: ObjectEncoding.served(stored, revision: revision))
      }
      if ObjectEncoding.served(stored, revision: current.revision) == current.bytes {
        services.release(allocation)
        return current
      }
      if isDryRun {
        services.release(allocation)
        let bytes = ObjectEncoding.served(stored, revision: current.revision)
        return CachedObject(key: key, revision: current.revision, bytes: bytes)
      }
      let revision = try await write(request, request.path.name) { store, key in
        try await store.update(key, stored, expected: current.revision)
      }
      services.commit(allocation)
      return CachedObject(key: key, revision: revision, bytes: ObjectEncoding.served(stored, revision: revision))
    } catch {
      services.release(allocation)
      throw error
    }
  }

  /// Gives back what a removed object held.
  func removed(_ object: JSONValue, _ resource: Schema.Resource) {
    if resource.groupResource == "services" { services.removed(object) }
  }
}
