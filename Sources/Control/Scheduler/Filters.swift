import KubeAPI

/// Why a pod cannot go to a node. The words are upstream's, which people search for.
enum Filters {
  static let unschedulableTaint = "node.kubernetes.io/unschedulable"

  /// The reasons of the first filter that refuses; empty where the pod fits.
  static func refusals(_ pod: SchedulingPod, on node: SchedulingNode) -> [String] {
    let facts = node.facts
    if facts.isUnschedulable {
      let taint = Taint {
        $0.key = unschedulableTaint
        $0.effect = "NoSchedule"
      }
      if !pod.tolerations.contains(where: { $0.covers(taint) }) { return ["node(s) were unschedulable"] }
    }
    for taint in facts.taints where taint.effect == "NoSchedule" || taint.effect == "NoExecute" {
      if !pod.tolerations.contains(where: { $0.covers(taint) }) {
        return ["node(s) had untolerated taint {\(taint.key ?? ""): \(taint.value ?? "")}"]
      }
    }
    if !matchesAffinity(pod, facts) { return ["node(s) didn't match Pod's node affinity/selector"] }
    if hasPortConflict(pod, node) { return ["node(s) didn't have free ports for the requested pod ports"] }
    return shortages(pod, node)
  }

  static func matchesAffinity(_ pod: SchedulingPod, _ node: SchedulingNode.Facts) -> Bool {
    for (key, value) in pod.nodeSelector where node.labels[key] != value { return false }
    guard let required = pod.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution else { return true }
    return required.nodeSelectorTerms.contains { $0.matches(node) }
  }

  private static func hasPortConflict(_ pod: SchedulingPod, _ node: SchedulingNode) -> Bool {
    guard !pod.hostPorts.isEmpty else { return false }
    return node.pods.values.contains { other in
      other.hostPorts.contains { used in pod.hostPorts.contains { $0.conflicts(with: used) } }
    }
  }

  private static func shortages(_ pod: SchedulingPod, _ node: SchedulingNode) -> [String] {
    var reasons: [String] = []
    if node.pods.count + 1 > node.facts.podLimit { reasons.append("Too many pods") }
    let (want, have) = (pod.requests, node.facts.allocatable - node.requested)
    if want.milliCPU > 0, want.milliCPU > have.milliCPU { reasons.append("Insufficient cpu") }
    if want.memory > 0, want.memory > have.memory { reasons.append("Insufficient memory") }
    if want.ephemeralStorage > 0, want.ephemeralStorage > have.ephemeralStorage {
      reasons.append("Insufficient ephemeral-storage")
    }
    for (name, amount) in want.others.sorted(by: { $0.key < $1.key })
    where amount > 0 && amount > have.others[name] ?? 0 {
      reasons.append("Insufficient \(name)")
    }
    return reasons
  }
}
