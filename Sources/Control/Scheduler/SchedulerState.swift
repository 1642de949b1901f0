import KubeAPI
import KubeClient

/// All that the scheduler knows, and its decisions.
struct SchedulerState: Sendable {
  static let schedulerName = "default-scheduler"

  enum Decision: Sendable, Hashable {
    /// The pod is counted on the node from now on.
    case bind(SchedulingPod, node: String)
    case unschedulable(SchedulingPod, message: String)
  }

  private var nodes: [String: SchedulingNode] = [:]
  /// Pods of nodes that are not known (yet).
  private var strays: [String: [ObjectKey: SchedulingPod]] = [:]
  private var placed: [ObjectKey: String] = [:]
  /// Pods that are on their way to a node: uids by key.
  private var assumed: [ObjectKey: String] = [:]
  private var queue = SchedulingQueue()
  private var turn = 0

  var waiting: Int { queue.count }
  var active: Int { queue.activeCount }
  var nextDue: ContinuousClock.Instant? { queue.nextDue }

  func node(of key: ObjectKey) -> String? { placed[key] }

  mutating func flush(now: ContinuousClock.Instant) { queue.flush(now: now) }

  // MARK: Events

  mutating func nodeChanged(_ name: String, _ node: Node?, now: ContinuousClock.Instant) {
    guard let node else {
      guard let gone = nodes.removeValue(forKey: name) else { return }
      if !gone.pods.isEmpty { strays[name] = gone.pods }
      return
    }
    let facts = SchedulingNode.Facts(node)
    if nodes[name]?.facts == facts { return }
    if nodes[name] == nil {
      var new = SchedulingNode(facts)
      for pod in (strays.removeValue(forKey: name) ?? [:]).values { new.add(pod) }
      nodes[name] = new
    } else {
      nodes[name]?.facts = facts
    }
    queue.somethingChanged(now: now)
  }

  mutating func podChanged(_ key: ObjectKey, _ pod: Pod?, now: ContinuousClock.Instant) {
    guard let pod, !pod.isFinished else {
      queue.remove(key)
      assumed[key] = nil
      if unplace(key) { queue.somethingChanged(now: now) }
      return
    }
    let facts = SchedulingPod(pod)
    if let name = pod.nodeName {
      queue.remove(key)
      assumed[key] = nil
      place(facts, on: name)
      return
    }
    if let uid = assumed[key] {
      if uid == facts.uid { return }
      // Another pod of the same name: the one that was on its way is gone.
      assumed[key] = nil
      if unplace(key) { queue.somethingChanged(now: now) }
    } else if unplace(key) {
      queue.somethingChanged(now: now)
    }
    let spec = pod.spec
    let isMine = (spec.schedulerName ?? Self.schedulerName) == Self.schedulerName
    guard isMine, !pod.isTerminating, spec.schedulingGates.isEmpty else { return queue.remove(key) }
    queue.update(facts)
  }

  /// The server refused, or did not answer.
  mutating func bindingFailed(_ pod: SchedulingPod, now: ContinuousClock.Instant, random: Double) {
    guard assumed[pod.key] == pod.uid else { return }
    assumed[pod.key] = nil
    _ = unplace(pod.key)
    queue.failed(pod, now: now, random: random)
    queue.somethingChanged(now: now)
  }

  private mutating func place(_ pod: SchedulingPod, on name: String) {
    if let old = placed[pod.key], old != name { _ = unplace(pod.key) }
    placed[pod.key] = name
    if nodes[name] != nil { nodes[name]?.add(pod) } else { strays[name, default: [:]][pod.key] = pod }
  }

  private mutating func unplace(_ key: ObjectKey) -> Bool {
    guard let name = placed.removeValue(forKey: key) else { return false }
    nodes[name]?.remove(key)
    strays[name]?[key] = nil
    if strays[name]?.isEmpty == true { strays[name] = nil }
    return true
  }

  // MARK: Decisions

  /// Decides about the next waiting pod; `nil` where there is none to try now.
  mutating func next(
    now: ContinuousClock.Instant, random: Double, serviceSelectors: (SchedulingPod) -> [[String: String]]
  ) -> Decision? {
    guard let pod = queue.pop() else { return nil }
    var fitting: [SchedulingNode] = []
    var reasons: [String: Int] = [:]
    for node in nodes.values.sorted(by: { $0.facts.name < $1.facts.name }) {
      let refusals = Filters.refusals(pod, on: node)
      if refusals.isEmpty { fitting.append(node) }
      for reason in refusals { reasons[reason, default: 0] += 1 }
    }
    guard !fitting.isEmpty else {
      queue.unschedulable(pod.key, now: now, random: random)
      return .unschedulable(pod, message: Self.message(reasons, nodes: nodes.count))
    }
    let selectors = pod.owner == nil ? serviceSelectors(pod) : []
    let scores = Scores(serviceSelectors: selectors).of(fitting, for: pod)
    let best = scores.max() ?? 0
    // Among equals the turn goes round.
    let equals = fitting.indices.filter { scores[$0] > best - 0.000_1 }
    turn += 1
    let chosen = fitting[equals[turn % equals.count]].facts.name
    queue.succeeded(pod.key)
    assumed[pod.key] = pod.uid
    place(pod, on: chosen)
    return .bind(pod, node: chosen)
  }

  /// `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.`
  static func message(_ reasons: [String: Int], nodes: Int) -> String {
    guard nodes > 0 else { return "no nodes available to schedule pods" }
    let parts = reasons.map { "\($0.value) \($0.key)" }.sorted()
    return "0/\(nodes) nodes are available: \(parts.joined(separator: ", "))."
  }
}
