import KubeAPI
import KubeClient

/// Rolls Deployments out over ReplicaSets.
struct DeploymentController: Sendable {
  private let context: ControllerContext
  private let queue = WorkQueue<ObjectKey>()

  init(_ context: ControllerContext) {
    self.context = context
    let (queue, caches) = (queue, context.caches)
    caches.deployments.onChange { old, new in
      if let key = (new ?? old)?.key { queue.add(key) }
    }
    caches.replicaSets.onChange { old, new in
      for set in [old, new] {
        guard let set else { continue }
        let namespace = set.metadata.namespace ?? ""
        if let owner = set.metadata.controllerRef {
          if owner.kind == Deployment.resource.kind, let name = owner.name {
            queue.add(ObjectKey(namespace: namespace, name: name))
          }
        } else {
          for deployment in caches.deployments.all(in: namespace)
          where deployment.spec.selector?.matches(set.metadata.labels) == true {
            queue.add(deployment.key)
          }
        }
      }
    }
    // With the strategy Recreate, the last old pod's end lets the new ones begin.
    caches.pods.onChange { old, new in
      guard let old, new == nil || new?.isFinished == true, let owner = old.metadata.controllerRef,
        owner.kind == ReplicaSet.resource.kind, let name = owner.name
      else { return }
      let set = caches.replicaSets[ObjectKey(namespace: old.metadata.namespace ?? "", name: name)]
      if let parent = set?.metadata.controllerRef?.name {
        queue.add(ObjectKey(namespace: old.metadata.namespace ?? "", name: parent))
      }
    }
  }

  var loop: ReconcileLoop { ReconcileLoop("deployment", queue: queue, workers: 4) { try await reconcile($0) } }

  func reconcile(_ key: ObjectKey) async throws -> Duration? {
    let sets = context.caches.replicaSets
    guard let deployment = context.caches.deployments[key] else { return nil }
    let candidates =
      sets.indexed(CacheSet.byOwner, deployment.metadata.uid ?? "")
      + sets.indexed(CacheSet.byOwner, "orphan/\(key.namespace)")
    var running: Set<String> = []
    if deployment.spec.strategy?.type == "Recreate" {
      for set in candidates {
        let uid = set.metadata.uid ?? ""
        if context.caches.pods.indexed(CacheSet.byOwner, uid).contains(where: { !$0.isFinished }) {
          running.insert(uid)
        }
      }
    }
    var plan = try DeploymentPlan(deployment, candidates: candidates, running: running, now: context.now())
    try await carryOut(&plan, deployment)
    return plan.next
  }

  private func carryOut(_ plan: inout DeploymentPlan, _ deployment: Deployment) async throws {
    let sets = context.caches.replicaSets
    if !plan.adopt.isEmpty {
      let live = try await context.client.get(Deployment.self, deployment.key)
      guard live.metadata.uid == deployment.metadata.uid, live.metadata.deletionTimestamp == nil else { return }
    }
    for set in plan.adopt {
      let body = Ownership.adoption(
        OwnerReference(controller: deployment), existing: set.metadata.ownerReferences, uid: set.metadata.uid)
      try await sets.patch(set.key, body)
    }
    for set in plan.release {
      let body = Ownership.release(
        of: deployment.metadata.uid, existing: set.metadata.ownerReferences, uid: set.metadata.uid)
      try await sets.patch(set.key, body)
    }
    if let creation = plan.creation { try await create(creation, for: deployment, &plan) }
    // What was adopted has a new version, which the conflict tells: the next pass goes on.
    for set in plan.annotations { try await sets.update(set) }
    for scaling in plan.scalings {
      try await sets.update(scaling.set)
      guard scaling.from != scaling.to else { continue }
      let word = scaling.to > scaling.from ? "up" : "down"
      context.events.record(
        on: deployment, type: .normal, reason: "ScalingReplicaSet",
        message: "Scaled \(word) replica set \(scaling.set.metadata.name ?? "") "
          + "from \(scaling.from) to \(scaling.to)")
    }
    for set in plan.deletions { try await sets.delete(set, propagationPolicy: "Background") }
    try await write(plan, deployment)
  }

  private func create(
    _ set: ReplicaSet, for deployment: Deployment, _ plan: inout DeploymentPlan
  ) async throws {
    do {
      try await context.caches.replicaSets.create(set)
      let count = set.spec.replicas ?? 0
      if count > 0 {
        context.events.record(
          on: deployment, type: .normal, reason: "ScalingReplicaSet",
          message: "Scaled up replica set \(set.metadata.name ?? "") from 0 to \(count)")
      }
    } catch let error as APIError where error.isAlreadyExists {
      let existing = try await context.client.get(ReplicaSet.self, set.key)
      let isOwn =
        existing.metadata.controllerRef?.uid == deployment.metadata.uid
        && TemplateHash.isSame(existing.spec.template, set.spec.template)
      if !isOwn {
        // Another template has the same hash: the count of collisions goes into the next one.
        var status = deployment.status
        status.collisionCount = (status.collisionCount ?? 0) + 1
        var changed = deployment
        changed.status = status
        try await context.caches.deployments.update(changed, subresource: "status")
        plan.status.collisionCount = status.collisionCount
      }
      throw error
    } catch {
      context.events.record(
        on: deployment, type: .warning, reason: "ReplicaSetCreateError",
        message: "Failed to create new replica set \"\(set.metadata.name ?? "")\": \(error)")
      throw error
    }
  }

  private func write(_ plan: DeploymentPlan, _ deployment: Deployment) async throws {
    var deployment = deployment
    do {
      if let revision = plan.revision,
        deployment.metadata.annotations[DeploymentAnnotations.revision] != revision
      {
        let body: JSONValue = [
          "metadata": ["annotations": .object([DeploymentAnnotations.revision: .string(revision)])]
        ]
        deployment = try await context.caches.deployments.patch(deployment.key, body)
      }
      guard deployment.status != plan.status else { return }
      deployment.status = plan.status
      try await context.caches.deployments.update(deployment, subresource: "status")
    } catch let error as APIError where error.isNotFound {
      // Deleted meanwhile.
    }
  }
}
