import KubeAPI

/// What is to be done for one Deployment, decided from its objects alone.
///
/// One pass either creates or annotates the current ReplicaSet, or scales; the change comes back as an event and the
/// next pass goes on from there. Source of the steps and numbers: the behaviour of upstream's deployment controller.
struct DeploymentPlan: Sendable {
  struct Scaling: Sendable {
    var from: Int
    /// With the new count and annotations.
    var set: ReplicaSet
    var to: Int { Int(set.spec.replicas ?? 0) }
  }

  var adopt: [ReplicaSet] = []
  var release: [ReplicaSet] = []
  /// The ReplicaSet for a template that has none yet.
  var creation: ReplicaSet?
  /// Sets whose annotations change and nothing else.
  var annotations: [ReplicaSet] = []
  var scalings: [Scaling] = []
  /// Old sets beyond the revision history's limit.
  var deletions: [ReplicaSet] = []
  /// The revision that the Deployment is to be annotated with.
  var revision: String?
  var status = DeploymentStatus()
  /// When to look again though nothing happens: a progress deadline.
  var next: Duration?

  private let deployment: Deployment
  private let bounds: RolloutBounds
  private let now: Time
  private var current: ReplicaSet?
  private var old: [ReplicaSet] = []

  /// - Parameters:
  ///   - candidates: the Deployment's ReplicaSets and those of its namespace that nobody owns.
  ///   - running: the uids of ReplicaSets that have pods which have not ended.
  init(_ deployment: Deployment, candidates: [ReplicaSet], running: Set<String>, now: Time) throws(SelectorError) {
    self.deployment = deployment
    self.now = now
    bounds = RolloutBounds(deployment.spec)
    let selector = try LabelQuery(deployment.spec.selector ?? LabelSelector())
    var owned: [ReplicaSet] = []
    for set in candidates {
      switch Ownership.verdict(on: set.metadata, of: deployment.metadata, selector: selector) {
      case .owned: owned.append(set)
      case .adopt:
        adopt.append(set)
        owned.append(set)
      case .release: release.append(set)
      case .other: break
      }
    }
    owned.sort { Self.isOlder($0, $1) }
    current = owned.first { TemplateHash.isSame($0.spec.template, deployment.spec.template) }
    old = owned.filter { $0.metadata.uid != current?.metadata.uid }
    status = deployment.status
    guard deployment.metadata.deletionTimestamp == nil else {
      finish()
      return
    }
    notePause()
    if deployment.spec.paused == true || isScaled {
      if current != nil { annotateCurrent() }
      scaleInProportion()
    } else if deployment.spec.strategy?.type == "Recreate" {
      recreate(running)
    } else {
      rollOut()
    }
    if deployment.spec.paused != true || creation == nil { cleanUp() }
    finish()
  }

  private static func isOlder(_ left: ReplicaSet, _ right: ReplicaSet) -> Bool {
    let (a, b) = (left.metadata.creationTimestamp?.seconds ?? 0, right.metadata.creationTimestamp?.seconds ?? 0)
    return a != b ? a < b : (left.metadata.name ?? "") < (right.metadata.name ?? "")
  }

  private static func count(_ set: ReplicaSet) -> Int { Int(set.spec.replicas ?? 1) }

  private static func available(_ set: ReplicaSet) -> Int { Int(set.status.availableReplicas ?? 0) }

  private var all: [ReplicaSet] { old + (current.map { [$0] } ?? []) }

  // MARK: The current ReplicaSet

  private var nextRevision: Int64 { (old.map { DeploymentAnnotations.revision(of: $0.metadata) }.max() ?? 0) + 1 }

  /// Brings the current set's annotations up to date.
  /// - Returns: whether they were.
  @discardableResult
  private mutating func annotateCurrent() -> Bool {
    guard var set = current else { return true }
    let annotations = DeploymentAnnotations.merged(
      into: set.metadata.annotations, from: deployment.metadata.annotations, revision: nextRevision)
    let shown = annotations[DeploymentAnnotations.revision]
    if deployment.metadata.annotations[DeploymentAnnotations.revision] != shown { revision = shown }
    if progress == nil {
      setProgress("True", "FoundNewReplicaSet", "Found new replica set \"\(set.metadata.name ?? "")\"")
    }
    let minReady = deployment.spec.minReadySeconds
    if annotations == set.metadata.annotations, (set.spec.minReadySeconds ?? 0) == (minReady ?? 0) { return true }
    set.metadata.annotations = annotations
    set.spec.minReadySeconds = minReady
    self.annotations.append(set)
    current = set
    return false
  }

  /// Plans the set for a new template, with as many pods as it may have at once.
  private mutating func createCurrent() {
    let hash = TemplateHash.of(
      deployment.spec.template ?? PodTemplateSpec(), collisions: deployment.status.collisionCount ?? 0)
    let name = "\(deployment.metadata.name ?? "")-\(hash)"
    var template = deployment.spec.template ?? PodTemplateSpec()
    template.metadata.labels[TemplateHash.label] = hash
    var set = ReplicaSet(name, in: deployment.metadata.namespace)
    set.metadata.labels = template.metadata.labels
    set.metadata.ownerReferences = [OwnerReference(controller: deployment)]
    set.metadata.annotations = DeploymentAnnotations.scaled(
      DeploymentAnnotations.merged(into: [:], from: deployment.metadata.annotations, revision: nextRevision), bounds)
    var selector = deployment.spec.selector ?? LabelSelector()
    selector.matchLabels[TemplateHash.label] = hash
    set.spec.selector = selector
    set.spec.template = template
    set.spec.minReadySeconds = deployment.spec.minReadySeconds
    set.spec.replicas = Int32(growth(from: 0))
    creation = set
    revision = String(nextRevision)
    setProgress("True", "NewReplicaSetCreated", "Created new replica set \"\(name)\"")
  }

  /// How many pods the current set may have, when it has `count` now.
  private func growth(from count: Int) -> Int {
    if deployment.spec.strategy?.type == "Recreate" { return bounds.replicas }
    let total = old.reduce(0) { $0 + Self.count($1) } + count
    guard total < bounds.maxTotal else { return count }
    return count + min(bounds.maxTotal - total, max(0, bounds.replicas - count))
  }

  // MARK: Strategies

  private mutating func rollOut() {
    guard let set = current else { return createCurrent() }
    guard annotateCurrent() else { return }
    let count = Self.count(set)
    let wanted = count > bounds.replicas ? bounds.replicas : growth(from: count)
    if wanted != count { return scale(set, to: wanted) }
    shrinkOld(set)
  }

  private mutating func shrinkOld(_ set: ReplicaSet) {
    let oldTotal = old.reduce(0) { $0 + Self.count($1) }
    guard oldTotal > 0 else { return }
    let total = oldTotal + Self.count(set)
    let coming = max(0, Self.count(set) - Self.available(set))
    var budget = total - bounds.minAvailable - coming
    guard budget > 0 else { return }
    var counts: [Int] = old.map { Self.count($0) }
    // First the pods that serve nobody: they are taken whatever the others are.
    for (index, set) in old.enumerated() where counts[index] > Self.available(set) {
      let step = min(budget, counts[index] - Self.available(set))
      counts[index] -= step
      budget -= step
      if budget == 0 { break }
    }
    // Then those that serve, as long as enough stay.
    var spare = all.reduce(0) { $0 + Self.available($1) } - bounds.minAvailable
    spare = min(spare, counts.reduce(0, +) + Self.count(set) - bounds.minAvailable - coming)
    for index in old.indices where spare > 0 && counts[index] > 0 {
      let step = min(spare, counts[index])
      counts[index] -= step
      spare -= step
    }
    for (index, set) in old.enumerated() { scale(set, to: counts[index]) }
  }

  private mutating func recreate(_ running: Set<String>) {
    let active = old.filter { Self.count($0) > 0 }
    if !active.isEmpty {
      annotateCurrent()
      for set in active { scale(set, to: 0) }
      return
    }
    if old.contains(where: { running.contains($0.metadata.uid ?? "") }) { return }
    guard let set = current else { return createCurrent() }
    guard annotateCurrent() else { return }
    scale(set, to: bounds.replicas)
  }

  // MARK: Scaling

  private mutating func scale(_ set: ReplicaSet, to count: Int) {
    let annotations = DeploymentAnnotations.scaled(set.metadata.annotations, bounds)
    let from = Self.count(set)
    guard count != from || annotations != set.metadata.annotations else { return }
    var changed = set
    changed.spec.replicas = Int32(count)
    changed.metadata.annotations = annotations
    self.annotations.removeAll { $0.metadata.uid == set.metadata.uid }
    scalings.append(Scaling(from: from, set: changed))
  }

  /// Whether the Deployment was scaled since its ReplicaSets were.
  private var isScaled: Bool {
    all.contains { set in
      Self.count(set) > 0
        && DeploymentAnnotations.count(DeploymentAnnotations.desiredReplicas, of: set.metadata)
          .map { $0 != bounds.replicas } ?? false
    }
  }

  /// Spreads a change of the count over the sets of an unfinished rollout in proportion to their sizes.
  private mutating func scaleInProportion() {
    let active = all.filter { Self.count($0) > 0 }
    if active.count <= 1 {
      guard let set = active.first ?? current ?? old.last else { return }
      if Self.count(set) != bounds.replicas { scale(set, to: bounds.replicas) }
      return
    }
    if let set = current, Self.count(set) == bounds.replicas, Self.available(set) == bounds.replicas,
      DeploymentAnnotations.count(DeploymentAnnotations.desiredReplicas, of: set.metadata) == bounds.replicas
    {
      for set in old where Self.count(set) > 0 { scale(set, to: 0) }
      return
    }
    guard deployment.spec.strategy?.type != "Recreate" else { return }
    let total = active.reduce(0) { $0 + Self.count($1) }
    let toAdd = (bounds.replicas > 0 ? bounds.maxTotal : 0) - total
    let grows = toAdd > 0
    let ordered = active.sorted { left, right in
      let (a, b) = (Self.count(left), Self.count(right))
      if a != b { return a > b }
      return grows ? Self.isOlder(right, left) : Self.isOlder(left, right)
    }
    var added = 0
    var counts = ordered.map { Self.count($0) }
    for (index, set) in ordered.enumerated() where toAdd != 0 {
      let share = share(of: set)
      let left = toAdd - added
      let step = grows ? min(share, left) : max(share, left)
      counts[index] += step
      added += step
    }
    // What rounding left over goes to the largest.
    if let first = counts.first { counts[0] = max(0, first + toAdd - added) }
    for (index, set) in ordered.enumerated() { scale(set, to: counts[index]) }
  }

  /// By how many pods a set's count changes, before what is left over is spread.
  private func share(of set: ReplicaSet) -> Int {
    let count = Self.count(set)
    guard bounds.replicas > 0 else { return -count }
    let before =
      DeploymentAnnotations.count(DeploymentAnnotations.maxReplicas, of: set.metadata)
      ?? Int(deployment.status.replicas ?? 0)
    guard before > 0 else { return 0 }
    let exact = Double(count * bounds.maxTotal) / Double(before)
    return Int(exact.rounded(.toNearestOrAwayFromZero)) - count
  }

  private mutating func cleanUp() {
    guard let limit = deployment.spec.revisionHistoryLimit, limit < Int32.max else { return }
    let unused = old.filter {
      Self.count($0) == 0 && ($0.status.replicas ?? 0) == 0 && $0.metadata.deletionTimestamp == nil
        && ($0.metadata.generation ?? 0) <= ($0.status.observedGeneration ?? 0)
    }
    let candidates = old.filter { $0.metadata.deletionTimestamp == nil }
    guard candidates.count > Int(limit) else { return }
    let ordered = unused.sorted {
      DeploymentAnnotations.revision(of: $0.metadata) < DeploymentAnnotations.revision(of: $1.metadata)
    }
    deletions = Array(ordered.prefix(candidates.count - Int(limit)))
  }

  // MARK: Status

  private var progress: DeploymentCondition? { status.conditions.first { $0.type == "Progressing" } }

  private var hasDeadline: Bool { deployment.spec.progressDeadlineSeconds.map { $0 < Int32.max } ?? false }

  private mutating func setProgress(_ value: String, _ reason: String, _ message: String, touch: Bool = false) {
    guard hasDeadline else { return }
    setCondition("Progressing", value, reason, message, touch: touch)
  }

  /// - Parameter touch: whether the time of the update moves though value and reason stay.
  private mutating func setCondition(
    _ type: String, _ value: String, _ reason: String, _ message: String, touch: Bool = false
  ) {
    let known = status.conditions.first { $0.type == type }
    if let known, known.status == value, known.reason == reason, !touch { return }
    let condition = DeploymentCondition {
      $0.type = type
      $0.status = value
      $0.lastUpdateTime = now
      $0.lastTransitionTime = known?.status == value ? known?.lastTransitionTime ?? now : now
      $0.reason = reason
      $0.message = message
    }
    status.conditions = status.conditions.filter { $0.type != type } + [condition]
  }

  private mutating func notePause() {
    guard hasDeadline, progress?.reason != "ProgressDeadlineExceeded" else { return }
    let isNoted = progress?.reason == "DeploymentPaused"
    if deployment.spec.paused == true, !isNoted {
      setProgress("Unknown", "DeploymentPaused", "Deployment is paused")
    } else if deployment.spec.paused != true, isNoted {
      setProgress("Unknown", "DeploymentResumed", "Deployment is resumed")
    }
  }

  private mutating func finish() {
    let before = deployment.status
    func sum(_ value: (ReplicaSet) -> Int32?) -> Int { all.reduce(0) { $0 + Int(value($1) ?? 0) } }
    func shown(_ count: Int) -> Int32? { count > 0 ? Int32(count) : nil }
    let available = sum { $0.status.availableReplicas }
    var total = all.reduce(0) { $0 + Self.count($1) }
    for scaling in scalings { total += scaling.to - scaling.from }
    total += creation.map { Self.count($0) } ?? 0
    status.observedGeneration = deployment.metadata.generation
    status.replicas = shown(sum { $0.status.replicas })
    status.updatedReplicas = shown(Int(current?.status.replicas ?? 0))
    status.readyReplicas = shown(sum { $0.status.readyReplicas })
    status.availableReplicas = shown(available)
    status.unavailableReplicas = shown(max(0, total - available))
    status.terminatingReplicas = Int32(sum { $0.status.terminatingReplicas })
    if available >= bounds.minAvailable {
      setCondition(
        "Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    } else {
      setCondition(
        "Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    }
    if deployment.metadata.deletionTimestamp == nil {
      if deployment.spec.paused != true { noteProgress(since: before) }
      noteFailure()
    }
  }

  private var isComplete: Bool {
    let wanted = Int32(bounds.replicas)
    return creation == nil && (status.updatedReplicas ?? 0) == wanted && (status.replicas ?? 0) == wanted
      && (status.availableReplicas ?? 0) == wanted
  }

  private mutating func noteProgress(since before: DeploymentStatus) {
    guard hasDeadline, let deadline = deployment.spec.progressDeadlineSeconds else {
      status.conditions = status.conditions.filter { $0.type != "Progressing" }
      return
    }
    let name = (creation ?? current)?.metadata.name ?? ""
    let settled =
      (status.replicas ?? 0) == (status.updatedReplicas ?? 0) && progress?.reason == "NewReplicaSetAvailable"
    guard !settled else { return }
    func number(_ value: Int32?) -> Int32 { value ?? 0 }
    let moved =
      number(status.updatedReplicas) > number(before.updatedReplicas)
      || number(status.replicas) - number(status.updatedReplicas)
        < number(before.replicas) - number(before.updatedReplicas)
      || number(status.readyReplicas) > number(before.readyReplicas)
      || number(status.availableReplicas) > number(before.availableReplicas)
    if isComplete {
      setProgress("True", "NewReplicaSetAvailable", "ReplicaSet \"\(name)\" has successfully progressed.")
    } else if moved {
      setProgress("True", "ReplicaSetUpdated", "ReplicaSet \"\(name)\" is progressing.", touch: true)
    } else if let progress, progress.reason != "ProgressDeadlineExceeded", let since = progress.lastUpdateTime {
      let left = since.seconds + Int64(deadline) - now.seconds
      if left < 0 {
        setProgress("False", "ProgressDeadlineExceeded", "ReplicaSet \"\(name)\" has timed out progressing.")
      } else {
        next = .seconds(left + 1)
      }
    }
    if next == nil, !isComplete, let progress, progress.reason != "ProgressDeadlineExceeded" {
      next = .seconds(Int64(deadline) + 1)
    }
  }

  private mutating func noteFailure() {
    let failure = (current.map { [$0] } ?? []).flatMap(\.status.conditions).first { $0.type == "ReplicaFailure" }
    if let failure {
      setCondition("ReplicaFailure", failure.status ?? "True", failure.reason ?? "", failure.message ?? "")
    } else {
      status.conditions = status.conditions.filter { $0.type != "ReplicaFailure" }
    }
  }
}
