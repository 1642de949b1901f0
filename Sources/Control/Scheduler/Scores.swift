import KubeAPI

/// How good a node is for a pod, each aspect from 0 to 100, with upstream's weights.
struct Scores: Sendable {
  /// The labels of the services that select the pod, for pods that no controller owns.
  var serviceSelectors: [[String: String]] = []

  /// One score a node, in the order of the nodes.
  func of(_ nodes: [SchedulingNode], for pod: SchedulingPod) -> [Double] {
    let spread = reversed(nodes.map { Double(siblings(of: pod, on: $0)) })
    let taints = reversed(nodes.map { Double(unlovedTaints($0, pod)) })
    let affinity = normalized(nodes.map { preference($0.facts, pod) })
    let images = locality(nodes, pod)
    return nodes.indices.map { index in
      let (least, balanced) = Self.allocation(nodes[index], pod)
      var score = least + balanced
      score += 3 * taints[index]
      score += 2 * affinity[index]
      score += 2 * spread[index]
      score += images[index]
      return score
    }
  }

  /// How many pods of the same owner, or else of the same services, are on a node.
  private func siblings(of pod: SchedulingPod, on node: SchedulingNode) -> Int {
    node.pods.values.count { other in
      guard other.key.namespace == pod.key.namespace else { return false }
      if let owner = pod.owner { return other.owner == owner }
      return serviceSelectors.contains { selector in selector.allSatisfy { other.labels[$0] == $1 } }
    }
  }

  private func unlovedTaints(_ node: SchedulingNode, _ pod: SchedulingPod) -> Int {
    node.facts.taints.count { taint in
      taint.effect == "PreferNoSchedule" && !pod.tolerations.contains { $0.covers(taint) }
    }
  }

  private func preference(_ node: SchedulingNode.Facts, _ pod: SchedulingPod) -> Double {
    let terms = pod.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
    return terms.reduce(0) { sum, term in
      guard let preference = term.preference else { return sum }
      let isEmpty = preference.matchExpressions.isEmpty && preference.matchFields.isEmpty
      return isEmpty || preference.matches(node) ? sum + Double(term.weight ?? 0) : sum
    }
  }

  /// What is free after the pod is there, and how evenly CPU and memory are used.
  static func allocation(_ node: SchedulingNode, _ pod: SchedulingPod) -> (least: Double, balanced: Double) {
    let after = node.weight + pod.weight
    let capacity = node.facts.allocatable
    func used(_ amount: Int64, _ of: Int64) -> Double { of > 0 ? min(1, Double(amount) / Double(of)) : 1 }
    let cpu = used(after.milliCPU, capacity.milliCPU)
    let memory = used(after.memory, capacity.memory)
    let least = 100 * ((1 - cpu) + (1 - memory)) / 2
    // The standard deviation of two fractions is half their distance.
    let balanced = 100 * (1 - abs(cpu - memory) / 2)
    return (least, balanced)
  }

  /// Favours nodes that have the images, less so where few nodes have them, so that one node is not overrun.
  private func locality(_ nodes: [SchedulingNode], _ pod: SchedulingPod) -> [Double] {
    let floor = 23.0 * 1_048_576
    let ceiling = 1_000.0 * 1_048_576 * Double(max(1, pod.images.count))
    let names = pod.images.map { image in
      let last = image.split(separator: "/").last ?? ""
      return last.contains(":") || last.contains("@") ? image : image + ":latest"
    }
    let spread = names.map { name in Double(nodes.count { $0.facts.images[name] != nil }) / Double(max(1, nodes.count))
    }
    return nodes.map { node in
      var sum = 0.0
      for (index, name) in names.enumerated() { sum += Double(node.facts.images[name] ?? 0) * spread[index] }
      return 100 * (min(max(sum, floor), ceiling) - floor) / (ceiling - floor)
    }
  }

  /// The largest becomes 100.
  private func normalized(_ values: [Double]) -> [Double] {
    guard let most = values.max(), most > 0 else { return values.map { _ in 0 } }
    return values.map { 100 * $0 / most }
  }

  /// The largest becomes 0, nothing becomes 100.
  private func reversed(_ values: [Double]) -> [Double] { normalized(values).map { 100 - $0 } }
}
