import KubeAPI
import KubeClient

/// Publishes the API server's certificate authority as the ConfigMap `kube-root-ca.crt` of every active namespace.
struct RootCAPublisher: Sendable {
  private let context: ControllerContext
  private let certificate: String
  private let queue = WorkQueue<ObjectKey>()

  /// - Parameter certificate: PEM.
  init(_ context: ControllerContext, certificate: String) {
    self.context = context
    self.certificate = certificate
    let queue = queue
    context.caches.namespaces.onChange { _, new in
      if let key = new?.key { queue.add(key) }
    }
    context.caches.rootCAs.onChange { old, new in
      if let namespace = (new ?? old)?.metadata.namespace { queue.add(ObjectKey(name: namespace)) }
    }
  }

  var loop: ReconcileLoop { ReconcileLoop("root-ca", queue: queue) { try await reconcile($0) } }

  func reconcile(_ key: ObjectKey) async throws -> Duration? {
    guard let namespace = context.caches.namespaces[key], namespace.metadata.deletionTimestamp == nil else {
      return nil
    }
    let existing = context.caches.rootCAs[ObjectKey(namespace: key.name, name: CacheSet.rootCAName)]
    if existing?.data == ["ca.crt": certificate] { return nil }
    var map = existing ?? ConfigMap(CacheSet.rootCAName, in: key.name)
    map.data = ["ca.crt": certificate]
    map.metadata.annotations["kubernetes.io/description"] =
      "The certificate authority of this cluster's API server; a client that trusts it can check the server."
    do {
      if existing == nil {
        try await context.caches.rootCAs.create(map)
      } else {
        try await context.caches.rootCAs.update(map)
      }
    } catch let error as APIError
      where error.isAlreadyExists || error.isNamespaceTerminating || error.isNotFound
    {
      // Its event is on the way, or the namespace is going.
    }
    return nil
  }
}
