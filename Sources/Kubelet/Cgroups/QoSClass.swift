import KubeAPI

/// The quality of service that a pod's requests and limits give it.
enum QoSClass: String, Sendable, CaseIterable {
  case guaranteed = "Guaranteed"
  case burstable = "Burstable"
  case bestEffort = "BestEffort"

  init(of spec: PodSpec) {
    let containers = spec.containers.map(\.resources) + spec.initContainers.map(\.resources)
    var anything = false
    var guaranteed = !containers.isEmpty
    for resources in containers {
      for name in ["cpu", "memory"] {
        let limit = resources?.limits[name]?.milliValue ?? 0
        let request = resources?.requests[name]?.milliValue ?? limit
        if limit > 0 || request > 0 { anything = true }
        if limit <= 0 || request != limit { guaranteed = false }
      }
    }
    self = !anything ? .bestEffort : guaranteed ? .guaranteed : .burstable
  }

  /// The folder of the class's pods, relative to the node's.
  var cgroupPath: String {
    switch self {
    case .guaranteed: "/kubepods"
    case .burstable: "/kubepods/burstable"
    case .bestEffort: "/kubepods/besteffort"
    }
  }
}
