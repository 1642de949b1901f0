import KubeAPI
import KubeClient

/// Keeps as many pods of each ReplicaSet as it asks for.
struct ReplicaSetController: Sendable {
  private let context: ControllerContext
  private let queue = WorkQueue<ObjectKey>()

  init(_ context: ControllerContext) {
    self.context = context
    let (queue, sets) = (queue, context.caches.replicaSets)
    sets.onChange { old, new in
      if let key = (new ?? old)?.key { queue.add(key) }
    }
    context.caches.pods.onChange { old, new in
      let namespace = (new ?? old)?.metadata.namespace ?? ""
      var owners: Set<String> = []
      for pod in [old, new] {
        guard let pod else { continue }
        if let owner = pod.metadata.controllerRef {
          if owner.kind == ReplicaSet.resource.kind, let name = owner.name { owners.insert(name) }
        } else {
          // Nobody's: whoever selects it may take it.
          let selecting = sets.all(in: namespace).filter { $0.spec.selector?.matches(pod.metadata.labels) == true }
          for set in selecting { if let name = set.metadata.name { owners.insert(name) } }
        }
      }
      for name in owners { queue.add(ObjectKey(namespace: namespace, name: name)) }
    }
  }

  var loop: ReconcileLoop { ReconcileLoop("replicaset", queue: queue, workers: 4) { try await reconcile($0) } }

  func reconcile(_ key: ObjectKey) async throws -> Duration? {
    let pods = context.caches.pods
    guard let set = context.caches.replicaSets[key] else { return nil }
    let own = pods.indexed(CacheSet.byOwner, set.metadata.uid ?? "")
    let orphans = pods.indexed(CacheSet.byOwner, "orphan/\(key.namespace)")
    let now = context.now()
    var plan = try ReplicaSetPlan(set, candidates: own + orphans, siblings: siblings(of: set), now: now)
    if !plan.adopt.isEmpty, try await !isStillThere(set) { return nil }
    for pod in plan.adopt {
      let body = Ownership.adoption(
        OwnerReference(controller: set), existing: pod.metadata.ownerReferences, uid: pod.metadata.uid)
      try await pods.patch(pod.key, body)
    }
    for pod in plan.release {
      let body = Ownership.release(
        of: set.metadata.uid, existing: pod.metadata.ownerReferences, uid: pod.metadata.uid)
      do {
        try await pods.patch(pod.key, body)
      } catch let error as APIError where error.isNotFound || error.isInvalid || error.isConflict {
        // It is gone, or another one of that name.
      }
    }
    let failure = await scale(set, plan)
    let uid = set.metadata.uid ?? ""
    plan.owned = pods.indexed(CacheSet.byOwner, uid)
    var condition: ReplicaSetCondition?
    if let failure {
      condition = ReplicaSetCondition {
        $0.type = "ReplicaFailure"
        $0.status = "True"
        $0.reason = plan.creations > 0 ? "FailedCreate" : "FailedDelete"
        $0.message = failure.apiError?.message ?? "\(failure)"
        $0.lastTransitionTime = now
      }
    }
    try await writeStatus(set, ReplicaSetPlan.status(of: set, owned: plan.owned, failure: condition, now: now))
    // A namespace that goes away takes the set with it: trying again would only be refused again.
    if let failure, failure.apiError?.isNamespaceTerminating != true { throw failure }
    return plan.next
  }

  /// The active pods a node, of all sets that have the same owner.
  private func siblings(of set: ReplicaSet) -> [String: Int] {
    guard let owner = set.metadata.controllerRef?.uid else { return [:] }
    var counts: [String: Int] = [:]
    for related in context.caches.replicaSets.indexed(CacheSet.byOwner, owner) {
      for pod in context.caches.pods.indexed(CacheSet.byOwner, related.metadata.uid ?? "") where pod.isActive {
        if let node = pod.nodeName { counts[node, default: 0] += 1 }
      }
    }
    return counts
  }

  /// Asks the server, before pods are taken: a set that is being deleted must not adopt.
  private func isStillThere(_ set: ReplicaSet) async throws -> Bool {
    do {
      let live = try await context.client.get(ReplicaSet.self, set.key)
      return live.metadata.uid == set.metadata.uid && live.metadata.deletionTimestamp == nil
    } catch let error as APIError where error.isNotFound {
      return false
    }
  }

  /// Creates or deletes pods; the first failure ends it.
  private func scale(_ set: ReplicaSet, _ plan: ReplicaSetPlan) async -> (any Error)? {
    if plan.creations > 0 { return await create(plan.creations, of: set) }
    return await withTaskGroup(of: (any Error)?.self) { group in
      for pod in plan.deletions {
        group.addTask {
          do {
            try await context.caches.pods.delete(pod)
            context.events.record(
              on: set, type: .normal, reason: "SuccessfulDelete", message: "Deleted pod: \(pod.metadata.name ?? "")")
            return nil
          } catch {
            context.events.record(
              on: set, type: .warning, reason: "FailedDelete", message: "Error deleting: \(error)")
            return error
          }
        }
      }
      var failure: (any Error)?
      for await error in group { failure = failure ?? error }
      return failure
    }
  }

  /// In batches of 1, 2, 4, …: where the first is refused, a quota say, not hundreds are tried.
  private func create(_ count: Int, of set: ReplicaSet) async -> (any Error)? {
    let pod = ReplicaSetPlan.pod(of: set)
    var left = count
    var batch = 1
    while left > 0 {
      let size = min(batch, left)
      let failure = await withTaskGroup(of: (any Error)?.self) { group in
        for _ in 0..<size {
          group.addTask {
            do {
              let created = try await context.caches.pods.create(pod)
              context.events.record(
                on: set, type: .normal, reason: "SuccessfulCreate",
                message: "Created pod: \(created.metadata.name ?? "")")
              return nil
            } catch {
              return error
            }
          }
        }
        var failure: (any Error)?
        for await error in group { failure = failure ?? error }
        return failure
      }
      if let failure {
        if failure.apiError?.isNamespaceTerminating != true {
          context.events.record(
            on: set, type: .warning, reason: "FailedCreate",
            message: "Error creating: \(failure.apiError?.message ?? "\(failure)")")
        }
        return failure
      }
      left -= size
      batch *= 2
    }
    return nil
  }

  private func writeStatus(_ set: ReplicaSet, _ status: ReplicaSetStatus) async throws {
    guard set.status != status else { return }
    var changed = set
    changed.status = status
    do {
      try await context.caches.replicaSets.update(changed, subresource: "status")
    } catch let error as APIError where error.isNotFound {
      // Deleted meanwhile.
    }
  }
}
