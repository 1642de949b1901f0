import KubeAPI
import KubeClient
import Synchronization

/// The objects of one resource, kept up to date by an informer and shared by all controllers of the process.
///
/// Writes go through it: what the server answered is in the cache before the write returns, and neither an older event
/// that comes later nor a deleted object's last change undoes it. A controller therefore always reads its own writes,
/// and nothing is created twice; there are no expectations to count.
final class ObjectCache<Object: KubeObject>: Sendable {
  /// Called after each change, outside of any lock: the object before and after.
  typealias Handler = @Sendable (_ old: Object?, _ new: Object?) -> Void
  /// The values under which an object is found in an index.
  typealias Indexer = @Sendable (Object) -> [String]

  private struct State {
    var objects: [String: [String: Object]] = [:]
    var indices: [String: [String: Set<ObjectKey>]] = [:]
    /// The uids of objects that were deleted here and whose deletion the informer has not told yet.
    var tombstones: [ObjectKey: String] = [:]
    var isSynced = false
    var waiters: [CheckedContinuation<Void, Never>] = []
    var handlers: [Handler] = []
  }

  private let client: KubeClient
  private let selection: ResourceSelection
  private let indexers: [String: Indexer]
  private let state = Mutex(State())

  init(
    _ client: KubeClient, in namespace: String? = nil, fieldSelector: String? = nil, indexers: [String: Indexer] = [:]
  ) {
    self.client = client
    self.indexers = indexers
    selection = ResourceSelection(resource: Object.resource, namespace: namespace, fieldSelector: fieldSelector)
  }

  func onChange(_ handler: @escaping Handler) { state.withLock { $0.handlers.append(handler) } }

  /// Follows the informer until the task is cancelled.
  func run() async {
    let events = client.events(of: selection) { json in Self.trimmed(Object(json: json)) }
    for await event in events {
      switch event {
      case .replaced(let objects): replace(objects)
      case .changed(_, let object): store(object)
      case .deleted(let key): remove(key)
      }
    }
    let waiters = state.withLock { state in
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Returns when the first list is in (or the cache ended).
  func synced() async {
    await withCheckedContinuation { continuation in
      let isReady = state.withLock { state in
        if !state.isSynced { state.waiters.append(continuation) }
        return state.isSynced
      }
      if isReady { continuation.resume() }
    }
  }

  var isSynced: Bool { state.withLock { $0.isSynced } }

  // MARK: Reading

  subscript(key: ObjectKey) -> Object? { state.withLock { $0.objects[key.namespace]?[key.name] } }

  func all(in namespace: String) -> [Object] { state.withLock { Array($0.objects[namespace, default: [:]].values) } }

  func all() -> [Object] { state.withLock { $0.objects.values.flatMap(\.values) } }

  func keys() -> [ObjectKey] {
    state.withLock {
      $0.objects.flatMap { entry in entry.value.keys.map { ObjectKey(namespace: entry.key, name: $0) } }
    }
  }

  /// The objects that an index lists under a value.
  func indexed(_ index: String, _ value: String) -> [Object] {
    state.withLock { state in
      (state.indices[index]?[value] ?? []).compactMap { state.objects[$0.namespace]?[$0.name] }
    }
  }

  // MARK: Writing

  @discardableResult
  func create(_ object: Object) async throws -> Object { keep(try await client.create(object)) }

  @discardableResult
  func update(_ object: Object, subresource: String? = nil) async throws -> Object {
    keep(try await client.update(object, subresource: subresource))
  }

  @discardableResult
  func patch(
    _ key: ObjectKey, subresource: String? = nil, as kind: PatchKind = .merge, _ body: JSONValue
  ) async throws -> Object {
    keep(try await client.patch(Object.self, key, subresource: subresource, as: kind, body))
  }

  /// Deletes one object if it still is the one with that uid. That it is gone already is no error.
  func delete(_ object: Object, gracePeriodSeconds: Int64? = nil, propagationPolicy: String? = nil) async throws {
    let key = object.key
    let uid = object.metadata.uid
    var body: JSONValue = ["apiVersion": "v1", "kind": "DeleteOptions"]
    if let uid { body["preconditions"] = ["uid": .string(uid)] }
    if let gracePeriodSeconds { body["gracePeriodSeconds"] = .integer(gracePeriodSeconds) }
    if let propagationPolicy { body["propagationPolicy"] = .string(propagationPolicy) }
    do {
      let answer = try await client.request(
        "DELETE", Object.resource.path(namespace: key.namespace, name: key.name), body: body)
      let left = Object(json: answer)
      if answer["kind"]?.stringValue == Object.resource.kind, left.metadata.deletionTimestamp != nil,
        left.metadata.uid == uid, isStillThere(left)
      {
        store(Self.trimmed(left))
      } else {
        bury(key, uid: uid)
      }
    } catch let error as APIError where error.isNotFound || error.isConflict {
      bury(key, uid: uid)
    }
  }

  /// Whether an answer to a deletion shows an object that goes on existing for a while.
  private func isStillThere(_ object: Object) -> Bool {
    !object.metadata.finalizers.isEmpty || (object.metadata.deletionGracePeriodSeconds ?? 0) > 0
  }

  private func keep(_ object: Object) -> Object {
    let object = Self.trimmed(object)
    store(object)
    return object
  }

  // MARK: Changes

  /// Managed fields are a third of many objects, and no controller reads them.
  static func trimmed(_ object: Object) -> Object {
    var object = object
    if object.json[path: "metadata", "managedFields"] != nil { object.json["metadata"]?["managedFields"] = nil }
    return object
  }

  private static func version(_ object: Object) -> Int? { object.metadata.resourceVersion.flatMap { Int($0) } }

  func store(_ object: Object) {
    let key = object.key
    let change: (old: Object?, handlers: [Handler])? = state.withLock { state in
      if state.tombstones[key] != nil {
        if state.tombstones[key] == object.metadata.uid, object.metadata.deletionTimestamp == nil { return nil }
        state.tombstones[key] = nil
      }
      let old = state.objects[key.namespace]?[key.name]
      if let old, let before = Self.version(old), let now = Self.version(object), before >= now { return nil }
      state.objects[key.namespace, default: [:]][key.name] = object
      index(&state, key, old: old, new: object)
      return (old, state.handlers)
    }
    guard let change else { return }
    for handler in change.handlers { handler(change.old, object) }
  }

  private func bury(_ key: ObjectKey, uid: String?) {
    guard self[key]?.metadata.uid == uid else { return }
    remove(key)
    state.withLock { $0.tombstones[key] = uid }
  }

  private func remove(_ key: ObjectKey) {
    let change: (old: Object, handlers: [Handler])? = state.withLock { state in
      state.tombstones[key] = nil
      guard let old = state.objects[key.namespace]?.removeValue(forKey: key.name) else { return nil }
      if state.objects[key.namespace]?.isEmpty == true { state.objects[key.namespace] = nil }
      index(&state, key, old: old, new: nil)
      return (old, state.handlers)
    }
    guard let change else { return }
    for handler in change.handlers { handler(change.old, nil) }
  }

  private func replace(_ objects: [ObjectKey: Object]) {
    state.withLock { $0.tombstones = [:] }
    for key in keys() where objects[key] == nil { remove(key) }
    for object in objects.values { store(object) }
    let waiters = state.withLock { state in
      state.isSynced = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  private func index(_ state: inout State, _ key: ObjectKey, old: Object?, new: Object?) {
    for (name, indexer) in indexers {
      let before = old.map(indexer) ?? []
      let after = new.map(indexer) ?? []
      if before == after { continue }
      for value in before {
        state.indices[name]?[value]?.remove(key)
        if state.indices[name]?[value]?.isEmpty == true { state.indices[name]?[value] = nil }
      }
      for value in after { state.indices[name, default: [:]][value, default: []].insert(key) }
    }
  }
}
