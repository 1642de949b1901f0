import KubeAPI
import KubeClient

/// Keeps the EndpointSlices and the Endpoints of every service that has a selector.
struct EndpointsController: Sendable {
  static let zoneLabel = "topology.kubernetes.io/zone"

  private let context: ControllerContext
  private let queue = WorkQueue<ObjectKey>()

  init(_ context: ControllerContext) {
    self.context = context
    let (queue, caches) = (queue, context.caches)
    caches.services.onChange { old, new in
      if let key = (new ?? old)?.key { queue.add(key) }
    }
    caches.pods.onChange { old, new in
      if let old, let new, Self.isAlike(old, new) { return }
      let pods = [old, new].compactMap(\.self)
      guard pods.contains(where: { !ServiceEndpoints.addresses($0).isEmpty }) else { return }
      for service in caches.services.all(in: pods.first?.metadata.namespace ?? "") {
        let selector = service.spec.selector
        if !selector.isEmpty, pods.contains(where: { Self.selects(selector, $0) }) { queue.add(service.key) }
      }
    }
    // Slices and Endpoints that someone else changed or deleted are put right again.
    caches.slices.onChange { old, new in
      guard let slice = new ?? old,
        slice.metadata.labels[EndpointSlicePlan.managedByLabel] == EndpointSlicePlan.manager,
        let name = slice.metadata.labels[CacheSet.serviceNameLabel]
      else { return }
      queue.add(ObjectKey(namespace: slice.metadata.namespace ?? "", name: name))
    }
    caches.endpoints.onChange { old, new in
      if let key = (new ?? old)?.key, caches.services[key] != nil { queue.add(key) }
    }
    caches.nodes.onChange { old, new in
      let zone = new?.metadata.labels[Self.zoneLabel]
      guard old?.metadata.labels[Self.zoneLabel] != zone, let name = (new ?? old)?.metadata.name else { return }
      for pod in caches.pods.indexed(CacheSet.podsByNode, name) {
        for service in caches.services.all(in: pod.metadata.namespace ?? "")
        where Self.selects(service.spec.selector, pod) {
          queue.add(service.key)
        }
      }
    }
  }

  var loop: ReconcileLoop { ReconcileLoop("endpoints", queue: queue, workers: 4) { try await reconcile($0) } }

  static func selects(_ selector: [String: String], _ pod: Pod) -> Bool {
    guard !selector.isEmpty else { return false }
    let labels = pod.metadata.labels
    return selector.allSatisfy { labels[$0] == $1 }
  }

  /// Whether two versions of a pod make the same endpoint.
  private static func isAlike(_ old: Pod, _ new: Pod) -> Bool {
    old.status.podIPs == new.status.podIPs && old.status.podIP == new.status.podIP && old.isReady == new.isReady
      && old.isTerminating == new.isTerminating && old.isFinished == new.isFinished
      && old.metadata.labels == new.metadata.labels && old.nodeName == new.nodeName
      && old.metadata.uid == new.metadata.uid
  }

  func reconcile(_ key: ObjectKey) async throws -> Duration? {
    let caches = context.caches
    let slices = caches.slices.indexed(CacheSet.slicesByService, key.description)
      .filter { $0.metadata.labels[EndpointSlicePlan.managedByLabel] == EndpointSlicePlan.manager }
    guard let service = caches.services[key], service.metadata.deletionTimestamp == nil else {
      for slice in slices { try await caches.slices.delete(slice) }
      if let endpoints = caches.endpoints[key], endpoints.metadata.labels[EndpointsPlan.managedByLabel] != nil {
        try await caches.endpoints.delete(endpoints)
      }
      return nil
    }
    guard !service.spec.selector.isEmpty, service.spec.type != "ExternalName" else { return nil }
    let pods = caches.pods.all(in: key.namespace).filter { Self.selects(service.spec.selector, $0) }
    let wanted = ServiceEndpoints(service, pods: pods) { node in
      caches.nodes[ObjectKey(name: node)]?.metadata.labels[Self.zoneLabel]
    }
    let plan = EndpointSlicePlan(service, wanted, existing: slices)
    do {
      for slice in plan.creations { try await caches.slices.create(slice) }
      for slice in plan.updates { try await caches.slices.update(slice) }
      for slice in plan.deletions { try await caches.slices.delete(slice) }
      let existing = caches.endpoints[key]
      if let endpoints = EndpointsPlan.plan(service, wanted, existing: existing) {
        if existing == nil {
          try await caches.endpoints.create(endpoints)
        } else {
          try await caches.endpoints.update(endpoints)
        }
      }
    } catch let error as APIError where error.isNamespaceTerminating {
      // The service goes away with its namespace.
    }
    return nil
  }
}
