import KubeAPI
import KubeClient
import Logging

/// Removes pods that nobody else will: those of nodes that are gone, and those that were deleted before they had a node.
struct PodCollector: Sendable {
  private let context: ControllerContext
  private let queue = WorkQueue<ObjectKey>()
  /// How long a node may be away before its pods are taken for lost: it may be registering anew.
  private let quarantine: Duration

  init(_ context: ControllerContext, quarantine: Duration = .seconds(40)) {
    self.context = context
    self.quarantine = quarantine
    let (queue, caches) = (queue, context.caches)
    caches.nodes.onChange { old, new in
      guard new == nil, let name = old?.metadata.name else { return }
      for pod in caches.pods.indexed(CacheSet.podsByNode, name) { queue.add(pod.key, after: quarantine) }
    }
    caches.pods.onChange { _, new in
      guard let new else { return }
      if let node = new.nodeName {
        if caches.nodes.isSynced, caches.nodes[ObjectKey(name: node)] == nil { queue.add(new.key, after: quarantine) }
      } else if new.isTerminating {
        queue.add(new.key)
      }
    }
  }

  var loop: ReconcileLoop { ReconcileLoop("pod-gc", queue: queue, workers: 1) { try await reconcile($0) } }

  func reconcile(_ key: ObjectKey) async throws -> Duration? {
    guard let pod = context.caches.pods[key] else { return nil }
    if let node = pod.nodeName {
      guard context.caches.nodes[ObjectKey(name: node)] == nil else { return nil }
      do {
        _ = try await context.client.get(Node.self, ObjectKey(name: node))
        return quarantine
      } catch let error as APIError where error.isNotFound {
        context.logger.info("removing a pod whose node is gone", metadata: ["pod": "\(key)", "node": "\(node)"])
        try await context.caches.pods.delete(pod, gracePeriodSeconds: 0)
      }
    } else if pod.isTerminating {
      try await context.caches.pods.delete(pod, gracePeriodSeconds: 0)
    }
    return nil
  }
}
