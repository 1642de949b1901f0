import KubeAPI

/// The order in which pods are given up when there are too many, as upstream has it.
enum PodRanking {
  static let deletionCost = "controller.kubernetes.io/pod-deletion-cost"

  /// - Parameter siblings: how many active pods of the set and its related sets each node has; where a node is
  ///   missing, the pods at hand are counted.
  static func sorted(_ pods: [Pod], siblings: [String: Int] = [:]) -> [Pod] {
    var counts: [String: Int] = [:]
    for pod in pods { if let node = pod.nodeName { counts[node, default: 0] += 1 } }
    counts.merge(siblings) { max($0, $1) }
    return pods.map { (rank: rank($0, counts), pod: $0) }.sorted { $0.rank.lexicographicallyPrecedes($1.rank) }
      .map(\.pod)
  }

  /// What is compared, one number after the other; smaller goes first.
  private static func rank(_ pod: Pod, _ counts: [String: Int]) -> [Int64] {
    let phases: [String: Int64] = ["Pending": 0, "Unknown": 1, "Running": 2]
    let ready = pod.isReady
    let readySince = ready ? pod.condition("Ready")?.lastTransitionTime?.seconds ?? 0 : 0
    let restarts = pod.status.containerStatuses.map { Int64($0.restartCount ?? 0) }.max() ?? 0
    return [
      pod.nodeName == nil ? 0 : 1,
      phases[pod.status.phase ?? "Pending"] ?? 0,
      ready ? 1 : 0,
      pod.metadata.annotations[deletionCost].flatMap { Int64($0) } ?? 0,
      -Int64(pod.nodeName.flatMap { counts[$0] } ?? 0),
      -readySince,
      -restarts,
      -(pod.metadata.creationTimestamp?.seconds ?? 0),
    ]
  }
}
