import KubeAPI

/// What follows from a node's health: its conditions, its taints, the readiness of its pods.
struct NodeHealthPlan: Sendable, Hashable {
  static let notReady = "node.kubernetes.io/not-ready"
  static let unreachable = "node.kubernetes.io/unreachable"
  /// Taints (NoSchedule) that conditions bring with them.
  private static let pressures: [(type: String, taint: String)] = [
    ("MemoryPressure", "node.kubernetes.io/memory-pressure"), ("DiskPressure", "node.kubernetes.io/disk-pressure"),
    ("PIDPressure", "node.kubernetes.io/pid-pressure"),
    ("NetworkUnavailable", "node.kubernetes.io/network-unavailable"),
  ]
  /// The taints that this controller gives and takes.
  private static let own: Set<String> =
    Set(pressures.map(\.taint)).union([notReady, unreachable, Filters.unschedulableTaint])
  private static let watched = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"]

  /// The conditions to write; `nil` where they stay.
  var conditions: [NodeCondition]?
  /// The taints to write; `nil` where they stay.
  var taints: [Taint]?
  /// Whether the node's pods are to be marked as not ready.
  var marksPods = false

  /// - Parameter isSilent: whether nothing has been heard of the node for longer than it may be silent.
  init(_ node: Node, isSilent: Bool, now: Time) {
    var conditions = node.status.conditions
    if isSilent {
      for type in Self.watched {
        let index = conditions.firstIndex { $0.type == type }
        let known = index.map { conditions[$0] }
        if known?.status == "Unknown" { continue }
        let condition = NodeCondition {
          $0.type = type
          $0.status = "Unknown"
          $0.reason = known == nil ? "NodeStatusNeverUpdated" : "NodeStatusUnknown"
          $0.message = known == nil ? "Kubelet never posted node status." : "Kubelet stopped posting node status."
          $0.lastHeartbeatTime = known?.lastHeartbeatTime ?? node.metadata.creationTimestamp
          $0.lastTransitionTime = now
        }
        if let index { conditions[index] = condition } else { conditions.append(condition) }
      }
      if conditions != node.status.conditions { self.conditions = conditions }
    }
    let ready = conditions.first { $0.type == "Ready" }?.status
    marksPods = ready != "True" && conditions.contains { $0.type == "Ready" }
    let wanted = Self.wanted(conditions, isUnschedulable: node.spec.unschedulable == true)
    let foreign = node.spec.taints.filter { !Self.own.contains($0.key ?? "") }
    let present = node.spec.taints.filter { Self.own.contains($0.key ?? "") }
    func names(_ taints: [Taint]) -> Set<String> { Set(taints.map { "\($0.key ?? "")/\($0.effect ?? "")" }) }
    if names(present) != names(wanted) {
      taints =
        foreign
        + wanted.map { taint in
          present.first { $0.key == taint.key && $0.effect == taint.effect }
            ?? Taint {
              $0.key = taint.key
              $0.effect = taint.effect
              $0.timeAdded = now
            }
        }
    }
  }

  private static func wanted(_ conditions: [NodeCondition], isUnschedulable: Bool) -> [Taint] {
    var taints: [Taint] = []
    func add(_ key: String, _ effect: String) {
      taints.append(
        Taint {
          $0.key = key
          $0.effect = effect
        })
    }
    switch conditions.first(where: { $0.type == "Ready" })?.status {
    case "True"?: break
    case "Unknown"?:
      add(unreachable, "NoSchedule")
      add(unreachable, "NoExecute")
    default:
      add(notReady, "NoSchedule")
      // A node that never was ready has nothing to evict.
      if conditions.contains(where: { $0.type == "Ready" }) { add(notReady, "NoExecute") }
    }
    for (type, taint) in pressures where conditions.contains(where: { $0.type == type && $0.status == "True" }) {
      add(taint, "NoSchedule")
    }
    if isUnschedulable { add(Filters.unschedulableTaint, "NoSchedule") }
    return taints
  }
}

/// When something was last heard of each node, by this process's own clock: nodes' clocks need not be right.
struct NodeHeartbeats: Sendable {
  private struct Entry: Sendable {
    var sign: String
    var heard: ContinuousClock.Instant
  }

  private var entries: [String: Entry] = [:]

  /// - Parameter sign: anything that changes with each sign of life.
  /// - Returns: when the node was last heard of.
  mutating func note(_ node: String, sign: String, now: ContinuousClock.Instant) -> ContinuousClock.Instant {
    if let entry = entries[node], entry.sign == sign { return entry.heard }
    entries[node] = Entry(sign: sign, heard: now)
    return now
  }

  mutating func forget(_ node: String) { entries[node] = nil }
}
