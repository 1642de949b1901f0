import KubeAPI
import KubeClient

/// Empties a namespace that is being deleted, and then lets go of it.
struct NamespaceController: Sendable {
  static let finalizer = "kubernetes"
  /// When an emptied namespace is looked at again although no event said that its last object has gone.
  private static let safetyNet: Duration = .seconds(5)

  private let context: ControllerContext
  private let queue = WorkQueue<ObjectKey>()
  /// Namespaced resources that can be listed and deleted.
  private let resources: [GroupVersionResource]

  init(_ context: ControllerContext, graph: ObjectGraph, resources: [GroupVersionResource]) {
    self.context = context
    self.resources = resources.filter(\.isNamespaced)
    let (queue, namespaces) = (queue, context.caches.namespaces)
    namespaces.onChange { _, new in
      if let new, new.metadata.deletionTimestamp != nil { queue.add(new.key) }
    }
    graph.onRemoval { name in
      let key = ObjectKey(name: name)
      if namespaces[key]?.metadata.deletionTimestamp != nil { queue.add(key) }
    }
  }

  var loop: ReconcileLoop { ReconcileLoop("namespace", queue: queue, workers: 4) { try await reconcile($0) } }

  func reconcile(_ key: ObjectKey) async throws -> Duration? {
    guard let namespace = context.caches.namespaces[key], namespace.metadata.deletionTimestamp != nil,
      namespace.spec.finalizers.contains(Self.finalizer)
    else { return nil }
    // What is refused or goes at its own pace is there in the second round, and its event brings us back.
    try await empty(key.name)
    guard try await isEmpty(key.name) else { return Self.safetyNet }
    var finalized = namespace
    let left = namespace.spec.finalizers.filter { $0 != Self.finalizer }
    finalized.spec.finalizers = left
    do {
      try await context.caches.namespaces.update(finalized, subresource: "finalize")
      if left.isEmpty { try await context.client.delete(Namespace.self, key) }
    } catch let error as APIError where error.isNotFound {
      // That was the last of it.
    } catch let error as APIError where error.isConflict && context.caches.namespaces[key] == nil {
      // Likewise.
    }
    return nil
  }

  private func objects(_ resource: GroupVersionResource, in namespace: String) async throws -> [ObjectMeta] {
    var all: [ObjectMeta] = []
    var token: String?
    repeat {
      let page = try await context.client.listPage(
        ResourceSelection(resource: resource, namespace: namespace, metadataOnly: true), continueToken: token)
      all += page.items.map { ObjectMeta(json: $0["metadata"] ?? [:]) }
      token = page.continueToken
    } while token != nil
    return all
  }

  private func empty(_ namespace: String) async throws {
    for resource in resources {
      let objects = try await objects(resource, in: namespace).filter { $0.deletionTimestamp == nil }
      try await withThrowingTaskGroup(of: Void.self) { group in
        var running = 0
        for object in objects {
          if running >= 16 {
            try await group.next()
            running -= 1
          }
          running += 1
          let key = ObjectKey(namespace: namespace, name: object.name ?? "")
          group.addTask {
            do {
              try await context.client.delete(resource, key)
            } catch let error as APIError where error.isNotFound || error.isConflict {
              // Someone else was first.
            }
          }
        }
        try await group.waitForAll()
      }
    }
  }

  private func isEmpty(_ namespace: String) async throws -> Bool {
    for resource in resources {
      let page = try await context.client.listPage(
        ResourceSelection(resource: resource, namespace: namespace, metadataOnly: true), limit: 1)
      if !page.items.isEmpty { return false }
    }
    return true
  }
}
