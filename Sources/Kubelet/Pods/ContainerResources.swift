import KubeAPI

/// Requests and limits of containers and pods, in what cgroups and the runtime understand.
enum ContainerResources {
  static func milliCPU(_ quantities: [String: Quantity]) -> Int64? { quantities["cpu"]?.milliValue }
  static func memory(_ quantities: [String: Quantity]) -> Int64? { quantities["memory"]?.value }

  /// - Parameters:
  ///   - capacity: the node's memory in bytes.
  ///   - lowest: the lowest OOM score adjustment that may be given, -1000 where nothing forbids it.
  static func linux(_ container: Container, qos: QoSClass, capacity: Int64, lowest: Int64) -> CRILinuxContainerResources
  {
    let limits = container.resources?.limits ?? [:]
    let requests = container.resources?.requests ?? [:]
    var result = CRILinuxContainerResources()
    result.cpuShares = CgroupLimits.shares(milliCPU: milliCPU(requests) ?? milliCPU(limits) ?? 0)
    if let limit = milliCPU(limits), let quota = CgroupLimits.quota(milliCPU: limit) {
      result.cpuPeriod = CgroupLimits.cpuPeriod
      result.cpuQuota = quota
    }
    result.memoryLimitInBytes = memory(limits) ?? 0
    let adjustment = oomScore(qos, request: memory(requests) ?? memory(limits) ?? 0, capacity: capacity)
    result.oomScoreAdj = max(lowest, adjustment)
    return result
  }

  /// Guaranteed pods are killed last, best-effort pods first, the others by how little memory they asked for.
  static func oomScore(_ qos: QoSClass, request: Int64, capacity: Int64) -> Int64 {
    switch qos {
    case .guaranteed: return -997
    case .bestEffort: return 1000
    case .burstable:
      guard capacity > 0 else { return 999 }
      return min(999, max(3, 1000 - 1000 * request / capacity))
    }
  }

  /// The limits of the pod's own cgroup: a limit only where every container has one.
  static func pod(_ spec: PodSpec) -> CgroupLimits {
    let sidecars = spec.initContainers.filter { $0.restartPolicy == "Always" }
    let longRunning = spec.containers + sidecars
    let inits = spec.initContainers.filter { $0.restartPolicy != "Always" }
    func total(_ value: (Container) -> Int64?) -> (sum: Int64, all: Bool) {
      var sum: Int64 = 0
      var all = true
      for container in longRunning {
        if let amount = value(container), amount > 0 { sum += amount } else { all = false }
      }
      let largest = inits.map { value($0) ?? 0 }.max() ?? 0
      if inits.contains(where: { (value($0) ?? 0) == 0 }) { all = false }
      return (max(sum, largest), all)
    }
    let request = total { milliCPU($0.resources?.requests ?? [:]) ?? milliCPU($0.resources?.limits ?? [:]) }
    let cpu = total { milliCPU($0.resources?.limits ?? [:]) }
    let memory = total { Self.memory($0.resources?.limits ?? [:]) }
    let overheadCPU = spec.overhead["cpu"]?.milliValue ?? 0
    let overheadMemory = spec.overhead["memory"]?.value ?? 0
    return CgroupLimits(
      cpuShares: CgroupLimits.shares(milliCPU: request.sum + overheadCPU),
      cpuQuota: cpu.all && cpu.sum > 0 ? CgroupLimits.quota(milliCPU: cpu.sum + overheadCPU) : nil,
      memory: memory.all && memory.sum > 0 ? memory.sum + overheadMemory : nil)
  }
}
