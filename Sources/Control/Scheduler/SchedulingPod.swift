import KubeAPI

/// What the scheduler needs to know of a pod.
struct SchedulingPod: Sendable, Hashable {
  struct HostPort: Sendable, Hashable {
    /// `0.0.0.0` where any address is meant.
    var address: String
    var transport: String
    var port: Int32

    func conflicts(with other: HostPort) -> Bool {
      port == other.port && transport == other.transport
        && (address == other.address || address == "0.0.0.0" || other.address == "0.0.0.0")
    }
  }

  var key: ObjectKey
  var uid: String
  var priority: Int32
  var created: Int64
  var labels: [String: String]
  /// The uid of the owner that controls it.
  var owner: String?
  var requests: ResourceAmounts
  /// For scoring: as `requests`, but a container that asks for nothing counts as 100m and 200 MiB.
  var weight: ResourceAmounts
  var hostPorts: [HostPort]
  var images: [String]
  var nodeSelector: [String: String]
  var nodeAffinity: NodeAffinity?
  var tolerations: [Toleration]

  init(_ pod: Pod) {
    let spec = pod.spec
    key = pod.key
    uid = pod.metadata.uid ?? ""
    priority = spec.priority ?? 0
    created = pod.metadata.creationTimestamp?.seconds ?? 0
    labels = pod.metadata.labels
    owner = pod.metadata.controllerRef?.uid
    let containers = spec.containers
    let inits = spec.initContainers
    requests = Self.total(spec, containers, inits) { ResourceAmounts($0) }
    weight = Self.total(spec, containers, inits) { quantities in
      var amounts = ResourceAmounts(quantities)
      if quantities["cpu"] == nil { amounts.milliCPU = 100 }
      if quantities["memory"] == nil { amounts.memory = 200 << 20 }
      return amounts
    }
    let running = containers + inits.filter { $0.restartPolicy == "Always" }
    hostPorts = running.flatMap(\.ports).compactMap { port in
      let number = port.hostPort ?? (spec.hostNetwork == true ? port.containerPort : nil) ?? 0
      guard number > 0 else { return nil }
      let address = port.hostIP.flatMap { $0.isEmpty ? nil : $0 } ?? "0.0.0.0"
      return HostPort(address: address, transport: port.protocol ?? "TCP", port: number)
    }
    images = containers.compactMap(\.image)
    nodeSelector = spec.nodeSelector
    nodeAffinity = spec.affinity?.nodeAffinity
    tolerations = spec.tolerations
  }

  /// What the pod needs at its most demanding moment: containers and sidecars together, or an init container beside
  /// the sidecars that started before it; plus the overhead. Source: KEP-753.
  private static func total(
    _ spec: PodSpec, _ containers: [Container], _ inits: [Container], _ read: ([String: Quantity]) -> ResourceAmounts
  ) -> ResourceAmounts {
    var running = ResourceAmounts()
    for container in containers { running = running + read(container.resources?.requests ?? [:]) }
    var sidecars = ResourceAmounts()
    var peak = ResourceAmounts()
    for container in inits {
      let amounts = read(container.resources?.requests ?? [:])
      if container.restartPolicy == "Always" {
        sidecars = sidecars + amounts
        peak = peak.union(sidecars)
      } else {
        peak = peak.union(sidecars + amounts)
      }
    }
    var total = (running + sidecars).union(peak)
    // What is set for the pod as a whole counts in place of the sum (KEP-2837).
    let whole = spec.resources?.requests ?? [:]
    if let cpu = whole["cpu"] { total.milliCPU = cpu.milliValue }
    if let memory = whole["memory"] { total.memory = memory.value }
    return total + ResourceAmounts(spec.overhead)
  }
}
