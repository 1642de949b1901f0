import KubeAPI
import KubeClient

/// Deletes the pods that do not tolerate their node's NoExecute taints, or no longer do.
struct TaintEvictionController: Sendable {
  private let context: ControllerContext
  private let queue = WorkQueue<ObjectKey>()

  init(_ context: ControllerContext) {
    self.context = context
    let (queue, pods) = (queue, context.caches.pods)
    context.caches.nodes.onChange { old, new in
      guard let name = new?.metadata.name, Self.taints(old) != Self.taints(new) else { return }
      for pod in pods.indexed(CacheSet.podsByNode, name) { queue.add(pod.key) }
    }
    pods.onChange { old, new in
      guard let new, new.nodeName != nil else { return }
      if old?.nodeName != new.nodeName || old?.spec.tolerations != new.spec.tolerations { queue.add(new.key) }
    }
  }

  var loop: ReconcileLoop { ReconcileLoop("taint-eviction", queue: queue) { try await reconcile($0) } }

  private static func taints(_ node: Node?) -> [Taint] {
    (node?.spec.taints ?? []).filter { $0.effect == "NoExecute" }
  }

  enum Verdict: Hashable {
    case stay
    case evict
    case wait(seconds: Int64)
  }

  static func verdict(_ tolerations: [Toleration], _ taints: [Taint], now: Time) -> Verdict {
    var first: Int64?
    for taint in taints where taint.effect == "NoExecute" {
      let covering = tolerations.filter { $0.covers(taint) }
      if covering.isEmpty { return .evict }
      let times = covering.compactMap(\.tolerationSeconds)
      guard times.count == covering.count, let shortest = times.min() else { continue }
      let left = (taint.timeAdded ?? now).seconds + max(0, shortest) - now.seconds
      first = min(first ?? left, left)
    }
    guard let first else { return .stay }
    return first <= 0 ? .evict : .wait(seconds: first)
  }

  func reconcile(_ key: ObjectKey) async throws -> Duration? {
    guard let pod = context.caches.pods[key], let node = pod.nodeName, !pod.isTerminating, !pod.isFinished else {
      return nil
    }
    let taints = Self.taints(context.caches.nodes[ObjectKey(name: node)])
    switch Self.verdict(pod.spec.tolerations, taints, now: context.now()) {
    case .stay: return nil
    case .wait(let seconds): return .seconds(seconds)
    case .evict:
      context.events.record(
        on: pod, type: .normal, reason: "TaintManagerEviction", message: "Marking for deletion Pod \(key)")
      try await context.caches.pods.delete(pod)
      return nil
    }
  }
}
