import KubeAPI
import KubeClient
import NIOCore

extension APIServer {
  func create(_ request: ObjectRequest) async throws(StatusError) -> KubeResponse {
    let decoded = try decode(request)
    var object = decoded.object
    let isDryRun = try request.query.isDryRun()
    try checkNamespace(&object, request)
    if object[path: "metadata", "resourceVersion"]?.stringValue.map({ !$0.isEmpty }) ?? false {
      throw StatusError(code: 500, reason: "", message: "resourceVersion should not be set on objects to be created")
    }
    try await Admission.checkNamespace(ofNew: request, cache: cache)
    applyDefaults(&object)
    try Admission.admitNew(&object, request, cache: cache)
    ObjectPreparation.prepareForCreate(&object, request.resource)
    let generateName = object[path: "metadata", "generateName"]?.stringValue ?? ""
    let isGenerated = (object[path: "metadata", "name"]?.stringValue ?? "").isEmpty && !generateName.isEmpty
    var attempt = 0
    while true {
      attempt += 1
      if isGenerated { object["metadata"]?["name"] = .string(ObjectPreparation.generatedName(generateName)) }
      do throws(StatusError) {
        let created = try await store(new: object, request, isDryRun: isDryRun)
        return try respond(created.bytes, request, status: 201, warnings: decoded.warnings)
      } catch {
        if isGenerated, error.reason == "AlreadyExists", attempt < 8 { continue }
        throw error
      }
    }
  }

  /// Checks and writes an object that is complete but for what is allocated.
  func store(new object: JSONValue, _ request: ObjectRequest, isDryRun: Bool) async throws(StatusError) -> CachedObject
  {
    var object = object
    let name = object[path: "metadata", "name"]?.stringValue ?? ""
    var allocation: ServiceAllocator.Allocation?
    if request.resource.groupResource == "services" {
      allocation = try services.allocate(&object, replacing: nil, isDryRun: isDryRun)
    }
    do throws(StatusError) {
      try checkNew(object, request)
      let stored = ObjectEncoding.stored(object)
      if isDryRun {
        if cache.get(request.resource.groupResource, request.key(name)) != nil {
          throw .alreadyExists(request.name, name)
        }
        services.release(allocation)
        return CachedObject(key: request.key(name), revision: 0, bytes: stored)
      }
      let revision = try await write(request, name) { store, key in try await store.create(key, stored) }
      return CachedObject(
        key: request.key(name), revision: revision, bytes: ObjectEncoding.served(stored, revision: revision))
    } catch {
      services.release(allocation)
      throw error
    }
  }

  /// Runs a write and tells the store's refusals as clients know them.
  func write<T: Sendable>(
    _ request: ObjectRequest, _ name: String, _ body: (any Store, String) async throws -> T
  ) async throws(StatusError) -> T {
    do {
      return try await body(store, request.storeKey(name))
    } catch StoreError.alreadyExists {
      throw .alreadyExists(request.name, name)
    } catch StoreError.notFound {
      throw .notFound(request.name, name)
    } catch StoreError.conflict {
      throw .modified(request.name, name)
    } catch {
      throw Self.storeFailure(error)
    }
  }

  /// The object's namespace is that of the path: a missing one is filled in, another one refused.
  func checkNamespace(_ object: inout JSONValue, _ request: ObjectRequest) throws(StatusError) {
    if object["metadata"]?.objectValue == nil { object["metadata"] = [:] }
    let given = object[path: "metadata", "namespace"]?.stringValue ?? ""
    if !request.resource.isNamespaced {
      object["metadata"]?["namespace"] = nil
      return
    }
    if request.path.namespace.isEmpty {
      throw .badRequest("an empty namespace may not be set during creation")
    }
    if !given.isEmpty, given != request.path.namespace {
      throw .badRequest(
        "the namespace of the provided object does not match the namespace sent on the request")
    }
    object["metadata"]?["namespace"] = .string(request.path.namespace)
  }
}
