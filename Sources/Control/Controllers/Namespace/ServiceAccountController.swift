import KubeAPI
import KubeClient

/// Makes sure that every active namespace has its `default` service account.
struct ServiceAccountController: Sendable {
  private let context: ControllerContext
  private let queue = WorkQueue<ObjectKey>()

  init(_ context: ControllerContext) {
    self.context = context
    let queue = queue
    context.caches.namespaces.onChange { _, new in
      if let key = new?.key { queue.add(key) }
    }
    context.caches.serviceAccounts.onChange { old, new in
      if new == nil, let namespace = old?.metadata.namespace { queue.add(ObjectKey(name: namespace)) }
    }
  }

  var loop: ReconcileLoop { ReconcileLoop("serviceaccount", queue: queue) { try await reconcile($0) } }

  func reconcile(_ key: ObjectKey) async throws -> Duration? {
    guard let namespace = context.caches.namespaces[key], namespace.metadata.deletionTimestamp == nil,
      context.caches.serviceAccounts[ObjectKey(namespace: key.name, name: "default")] == nil
    else { return nil }
    do {
      try await context.caches.serviceAccounts.create(ServiceAccount("default", in: key.name))
    } catch let error as APIError
      where error.isAlreadyExists || error.isNamespaceTerminating || error.isNotFound
    {
      // Someone else was first, or the namespace is going.
    }
    return nil
  }
}
