import KubeAPI

/// The node's conditions, of what the runtime says and what is free: a pure function.
struct NodeConditions: Sendable, Equatable {
  /// What the runtime said, or why it said nothing.
  enum Runtime: Sendable, Equatable {
    case answered(ready: Bool, runtimeMessage: String, network: Bool, networkMessage: String)
    case silent(String)
  }

  var runtime: Runtime
  var availableMemory: Int64
  var availableStorage: Double
  var freeInodes: Double
  var freeProcesses: Bool

  var isReady: Bool {
    if case .answered(true, _, true, _) = runtime { return true }
    return false
  }

  private struct Finding {
    var type: String
    var holds: Bool
    var reason: String
    var message: String
  }

  private var findings: [Finding] {
    let memory = availableMemory < NodeFacts.memoryReserve
    let disk = availableStorage < 0.1 || freeInodes < 0.05
    let message: String
    switch runtime {
    case .silent(let why): message = "container runtime is down: \(why)"
    case .answered(let ready, let runtimeMessage, let network, let networkMessage):
      if !ready {
        message = "container runtime is not ready: \(runtimeMessage)"
      } else if !network {
        message = "container runtime network not ready: \(networkMessage)"
      } else {
        message = "kubelet is posting ready status"
      }
    }
    return [
      Finding(
        type: "MemoryPressure", holds: memory,
        reason: memory ? "KubeletHasInsufficientMemory" : "KubeletHasSufficientMemory",
        message: "kubelet has \(memory ? "insufficient" : "sufficient") memory available"),
      Finding(
        type: "DiskPressure", holds: disk, reason: disk ? "KubeletHasDiskPressure" : "KubeletHasNoDiskPressure",
        message: "kubelet has \(disk ? "" : "no ")disk pressure"),
      Finding(
        type: "PIDPressure", holds: !freeProcesses,
        reason: freeProcesses ? "KubeletHasSufficientPID" : "KubeletHasInsufficientPID",
        message: "kubelet has \(freeProcesses ? "sufficient" : "insufficient") PID available"),
      Finding(
        type: "Ready", holds: isReady, reason: isReady ? "KubeletReady" : "KubeletNotReady", message: message),
    ]
  }

  /// - Parameter before: keeps the time of the last change where nothing changed, and conditions of others.
  func conditions(before: [NodeCondition], now: Time) -> [NodeCondition] {
    let own = findings.map { finding in
      let status = finding.holds ? "True" : "False"
      let old = before.first { $0.type == finding.type }
      return NodeCondition {
        $0.type = finding.type
        $0.status = status
        $0.lastHeartbeatTime = now
        $0.lastTransitionTime = old?.status == status ? old?.lastTransitionTime ?? now : now
        $0.reason = finding.reason
        $0.message = finding.message
      }
    }
    return own + before.filter { old in !own.contains { $0.type == old.type } }
  }
}
