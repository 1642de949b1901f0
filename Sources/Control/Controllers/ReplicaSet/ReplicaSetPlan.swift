import KubeAPI

/// What is to be done for one ReplicaSet, decided from its objects alone.
struct ReplicaSetPlan: Sendable, Hashable {
  /// How many pods are created or deleted at most in one pass.
  static let burst = 500

  var adopt: [Pod] = []
  var release: [Pod] = []
  var creations = 0
  /// The pods to delete, those that are missed least first.
  var deletions: [Pod] = []
  /// The pods that are the set's own, those to be adopted included.
  var owned: [Pod] = []
  /// When the next pod becomes available though nothing else happens.
  var next: Duration?

  /// - Parameters:
  ///   - candidates: the set's pods and those of its namespace that nobody owns.
  ///   - siblings: for the ranking of deletions, how many active pods of related sets a node has.
  init(
    _ set: ReplicaSet, candidates: [Pod], siblings: [String: Int] = [:], now: Time
  ) throws(SelectorError) {
    let selector = try LabelQuery(set.spec.selector ?? LabelSelector())
    for pod in candidates {
      switch Ownership.verdict(on: pod.metadata, of: set.metadata, selector: selector) {
      case .owned: owned.append(pod)
      case .adopt where pod.isActive:
        adopt.append(pod)
        owned.append(pod)
      case .release: release.append(pod)
      case .adopt, .other: break
      }
    }
    let active = owned.filter(\.isActive)
    let minReadySeconds = set.spec.minReadySeconds ?? 0
    if minReadySeconds > 0 {
      let times = active.compactMap { $0.availableSince(minReadySeconds: minReadySeconds) }.filter { $0 > now }
      next = times.min().map { .seconds($0.seconds - now.seconds) }
    }
    guard set.metadata.deletionTimestamp == nil else { return }
    let wanted = Int(set.spec.replicas ?? 1)
    if active.count < wanted {
      creations = min(wanted - active.count, Self.burst)
    } else if active.count > wanted {
      let ranked = PodRanking.sorted(active, siblings: siblings)
      deletions = Array(ranked.prefix(min(active.count - wanted, Self.burst)))
    }
  }

  /// The status that the owned pods amount to.
  static func status(of set: ReplicaSet, owned: [Pod], failure: ReplicaSetCondition?, now: Time) -> ReplicaSetStatus {
    var status = ReplicaSetStatus()
    let active = owned.filter(\.isActive)
    let template = LabelQuery(labels: set.spec.template?.metadata.labels ?? [:])
    let minReadySeconds = set.spec.minReadySeconds ?? 0
    status.replicas = Int32(active.count)
    func count(_ holds: (Pod) -> Bool) -> Int32? {
      let count = active.count(where: holds)
      return count == 0 ? nil : Int32(count)
    }
    status.fullyLabeledReplicas = count { template.matches($0.metadata.labels) }
    status.readyReplicas = count(\.isReady)
    status.availableReplicas = count { $0.isAvailable(minReadySeconds: minReadySeconds, now: now) }
    let terminating = owned.count { $0.isTerminating && !$0.isFinished }
    status.terminatingReplicas = Int32(terminating)
    status.observedGeneration = set.metadata.generation
    var conditions = set.status.conditions.filter { $0.type != "ReplicaFailure" }
    if var failure {
      // The time of the transition stays while the failure does.
      if let known = set.status.conditions.first(where: { $0.type == "ReplicaFailure" }),
        known.reason == failure.reason
      {
        failure.lastTransitionTime = known.lastTransitionTime
      }
      conditions.append(failure)
    }
    status.conditions = conditions
    return status
  }

  /// The pod that the set's template describes.
  static func pod(of set: ReplicaSet) -> Pod {
    let template = set.spec.template ?? PodTemplateSpec()
    var pod = Pod()
    pod.metadata = ObjectMeta {
      $0.generateName = "\(set.metadata.name ?? "")-"
      $0.namespace = set.metadata.namespace
      $0.labels = template.metadata.labels
      $0.annotations = template.metadata.annotations
      $0.finalizers = template.metadata.finalizers
      $0.ownerReferences = [OwnerReference(controller: set)]
    }
    pod.spec = template.spec
    return pod
  }
}
