/// The columns of pods.
enum PodColumns {
  static let all: [Table.Column] = [
    .name,
    Table.Column("Ready") { pod, now in
      let summary = PodSummary(pod)
      return .string("\(summary.ready)/\(summary.total)")
    },
    Table.Column("Status") { pod, _ in .string(PodSummary(pod).reason) },
    Table.Column("Restarts") { pod, now in
      let summary = PodSummary(pod)
      guard summary.restarts > 0, let last = summary.lastRestart else { return .string("\(summary.restarts)") }
      return .string("\(summary.restarts) (\(HumanDuration.text(seconds: now.seconds - last.seconds)) ago)")
    },
    .age,
    Table.Column("IP", priority: 1) { pod, _ in
      let first = pod[path: "status", "podIPs"]?.arrayValue?.first?["ip"]
      return .string(Table.text(first ?? pod[path: "status", "podIP"], ifEmpty: "<none>"))
    },
    Table.Column("Node", priority: 1) { pod, _ in
      .string(Table.text(pod[path: "spec", "nodeName"], ifEmpty: "<none>"))
    },
    Table.Column("Nominated Node", priority: 1) { pod, _ in
      .string(Table.text(pod[path: "status", "nominatedNodeName"], ifEmpty: "<none>"))
    },
    Table.Column("Readiness Gates", priority: 1) { pod, _ in
      let gates = pod[path: "spec", "readinessGates"]?.arrayValue ?? []
      if gates.isEmpty { return "<none>" }
      let holding = gates.filter { PodSummary.condition(pod, Table.text($0["conditionType"])) == "True" }
      return .string("\(holding.count)/\(gates.count)")
    },
  ]

  /// A pod that ended is marked, so that a client can leave it out.
  @Sendable static func conditions(_ pod: JSONValue) -> JSONValue? {
    switch pod[path: "status", "phase"]?.stringValue {
    case "Succeeded":
      [
        [
          "type": "Completed", "status": "True", "reason": "Succeeded",
          "message": "The pod has completed successfully.",
        ]
      ]
    case "Failed": [["type": "Completed", "status": "True", "reason": "Failed", "message": "The pod failed."]]
    default: nil
    }
  }
}

/// What a table says of a pod: the state of its containers in a word and a few numbers.
struct PodSummary {
  private(set) var reason: String
  private(set) var ready = 0
  private(set) var total: Int
  private(set) var restarts: Int64 = 0
  private(set) var lastRestart: Time?

  static func condition(_ pod: JSONValue, _ type: String) -> String? {
    pod[path: "status", "conditions"]?.arrayValue?.first { $0["type"]?.stringValue == type }?["status"]?.stringValue
  }

  init(_ pod: JSONValue) {
    let status = pod["status"] ?? [:]
    let initContainers = pod[path: "spec", "initContainers"]?.arrayValue ?? []
    let sidecars = Set(
      initContainers.filter { $0["restartPolicy"]?.stringValue == "Always" }.map { Table.text($0["name"]) })
    let phase = Table.text(status["phase"])
    reason = Table.text(status["reason"], ifEmpty: phase)
    total = (pod[path: "spec", "containers"]?.arrayValue?.count ?? 0) + sidecars.count
    for condition in status["conditions"]?.arrayValue ?? []
    where condition["type"]?.stringValue == "PodScheduled" && condition["reason"]?.stringValue == "SchedulingGated" {
      reason = "SchedulingGated"
    }

    var sidecarRestarts: Int64 = 0
    var lastSidecarRestart: Time?
    var isInitializing = false
    for (position, container) in (status["initContainerStatuses"]?.arrayValue ?? []).enumerated() {
      count(container)
      let isSidecar = sidecars.contains(Table.text(container["name"]))
      if isSidecar {
        sidecarRestarts += container["restartCount"]?.integerValue ?? 0
        lastSidecarRestart = Self.later(lastSidecarRestart, Self.lastEnd(container))
      }
      let terminated = container[path: "state", "terminated"]
      if let terminated, terminated["exitCode"]?.integerValue ?? 0 == 0 { continue }
      if isSidecar, container["started"]?.boolValue == true {
        if container["ready"]?.boolValue == true { ready += 1 }
        continue
      }
      let waiting = Table.text(container[path: "state", "waiting", "reason"])
      if let terminated {
        reason = "Init:" + Self.end(terminated)
      } else if !waiting.isEmpty, waiting != "PodInitializing" {
        reason = "Init:" + waiting
      } else {
        reason = "Init:\(position)/\(initContainers.count)"
      }
      isInitializing = true
      break
    }

    if !isInitializing || Self.condition(pod, "Initialized") == "True" {
      restarts = sidecarRestarts
      lastRestart = lastSidecarRestart
      var hasRunning = false
      for container in (status["containerStatuses"]?.arrayValue ?? []).reversed() {
        count(container)
        let waiting = Table.text(container[path: "state", "waiting", "reason"])
        if !waiting.isEmpty {
          reason = waiting
        } else if let terminated = container[path: "state", "terminated"] {
          reason = Self.end(terminated)
        } else if container["ready"]?.boolValue == true, container[path: "state", "running"] != nil {
          hasRunning = true
          ready += 1
        }
      }
      if reason == "Completed", hasRunning {
        reason = Self.condition(pod, "Ready") == "True" ? "Running" : "NotReady"
      }
    }

    if pod[path: "metadata", "deletionTimestamp"]?.stringValue != nil {
      if Table.text(status["reason"]) == "NodeLost" {
        reason = "Unknown"
      } else if phase != "Succeeded", phase != "Failed" {
        reason = "Terminating"
      }
    }
  }

  private mutating func count(_ container: JSONValue) {
    restarts += container["restartCount"]?.integerValue ?? 0
    lastRestart = Self.later(lastRestart, Self.lastEnd(container))
  }

  private static func lastEnd(_ container: JSONValue) -> Time? {
    container[path: "lastState", "terminated", "finishedAt"].flatMap { Time(jsonValue: $0) }
  }

  private static func later(_ left: Time?, _ right: Time?) -> Time? {
    guard let left else { return right }
    guard let right else { return left }
    return max(left, right)
  }

  private static func end(_ terminated: JSONValue) -> String {
    let reason = Table.text(terminated["reason"])
    if !reason.isEmpty { return reason }
    let signal = terminated["signal"]?.integerValue ?? 0
    return signal != 0 ? "Signal:\(signal)" : "ExitCode:\(terminated["exitCode"]?.integerValue ?? 0)"
  }
}
