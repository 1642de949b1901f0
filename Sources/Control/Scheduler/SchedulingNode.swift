import KubeAPI

/// A node with the pods that are on it or are about to be.
struct SchedulingNode: Sendable, Hashable {
  /// What the node says of itself, as far as scheduling depends on it.
  struct Facts: Sendable, Hashable {
    var name: String
    var labels: [String: String]
    var taints: [Taint]
    var isUnschedulable: Bool
    var allocatable: ResourceAmounts
    var podLimit: Int
    /// Sizes in bytes by name.
    var images: [String: Int64]

    init(_ node: Node) {
      name = node.metadata.name ?? ""
      labels = node.metadata.labels
      taints = node.spec.taints
      isUnschedulable = node.spec.unschedulable ?? false
      let quantities = node.status.allocatable.isEmpty ? node.status.capacity : node.status.allocatable
      allocatable = ResourceAmounts(quantities)
      podLimit = quantities["pods"].map { Int($0.value) } ?? 0
      images = [:]
      for image in node.status.images {
        for name in image.names { images[name] = image.sizeBytes ?? 0 }
      }
    }
  }

  var facts: Facts
  private(set) var pods: [ObjectKey: SchedulingPod] = [:]
  private(set) var requested = ResourceAmounts()
  private(set) var weight = ResourceAmounts()

  init(_ facts: Facts) { self.facts = facts }

  mutating func add(_ pod: SchedulingPod) {
    remove(pod.key)
    pods[pod.key] = pod
    requested = requested + pod.requests
    weight = weight + pod.weight
  }

  mutating func remove(_ key: ObjectKey) {
    guard let pod = pods.removeValue(forKey: key) else { return }
    requested = requested - pod.requests
    weight = weight - pod.weight
  }
}
