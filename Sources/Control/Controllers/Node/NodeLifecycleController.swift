import KubeAPI
import KubeClient
import Synchronization

/// Notices nodes that have gone silent, and taints nodes by their conditions.
struct NodeLifecycleController: Sendable {
  private final class Memory: Sendable {
    let heartbeats = Mutex(NodeHeartbeats())
  }

  private let context: ControllerContext
  private let queue = WorkQueue<ObjectKey>()
  private let memory = Memory()
  /// How long a node may be silent.
  private let gracePeriod: Duration

  init(_ context: ControllerContext, gracePeriod: Duration = .seconds(40)) {
    self.context = context
    self.gracePeriod = gracePeriod
    let queue = queue
    context.caches.nodes.onChange { old, new in
      if let key = (new ?? old)?.key { queue.add(key) }
    }
    context.caches.leases.onChange { _, new in
      if let name = new?.metadata.name { queue.add(ObjectKey(name: name)) }
    }
  }

  var loop: ReconcileLoop { ReconcileLoop("node-lifecycle", queue: queue) { try await reconcile($0) } }

  func reconcile(_ key: ObjectKey) async throws -> Duration? {
    let nodes = context.caches.nodes
    guard let node = nodes[key] else {
      memory.heartbeats.withLock { $0.forget(key.name) }
      return nil
    }
    let lease = context.caches.leases[ObjectKey(namespace: "kube-node-lease", name: key.name)]
    let beat = node.status.conditions.compactMap { $0.lastHeartbeatTime?.seconds }.max() ?? 0
    let sign = "\(node.metadata.uid ?? "") \(lease?.spec.renewTime?.microseconds ?? 0) \(beat)"
    let now = ContinuousClock.now
    let heard = memory.heartbeats.withLock { $0.note(key.name, sign: sign, now: now) }
    let silence = now - heard
    let plan = NodeHealthPlan(node, isSilent: silence >= gracePeriod, now: context.now())
    do {
      if let conditions = plan.conditions {
        var changed = node
        changed.status.conditions = conditions
        try await nodes.update(changed, subresource: "status")
        context.events.record(
          on: node, type: .normal, reason: "NodeNotReady",
          message: "Node \(key.name) status is now: NodeNotReady")
      }
      if let taints = plan.taints {
        // The version guards against a taint that someone else writes at the same moment.
        let version = nodes[key]?.metadata.resourceVersion ?? ""
        try await nodes.patch(
          key,
          [
            "metadata": ["resourceVersion": .string(version)],
            "spec": ["taints": taints.isEmpty ? .null : .array(taints.map(\.json))],
          ])
      }
      if plan.marksPods { try await markPods(of: key.name) }
    } catch let error as APIError where error.isNotFound {
      return nil
    }
    return silence >= gracePeriod ? nil : gracePeriod - silence
  }

  /// What runs on a node that is not ready must not be sent traffic.
  private func markPods(of node: String) async throws {
    for pod in context.caches.pods.indexed(CacheSet.podsByNode, node) where pod.isReady {
      let condition = PodCondition {
        $0.type = "Ready"
        $0.status = "False"
        $0.reason = "NodeNotReady"
        $0.lastTransitionTime = context.now()
      }
      do {
        try await context.caches.pods.patch(
          pod.key, subresource: "status", as: .strategic,
          [
            "metadata": ["uid": .string(pod.metadata.uid ?? "")],
            "status": ["conditions": .array([condition.json])],
          ])
        context.events.record(on: pod, type: .warning, reason: "NodeNotReady", message: "Node is not ready")
      } catch let error as APIError where error.isNotFound || error.isConflict {
        // It is gone.
      }
    }
  }
}
