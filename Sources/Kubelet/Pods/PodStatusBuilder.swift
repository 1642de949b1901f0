import KubeAPI

/// Makes a pod's status of its spec, of what the runtime holds and of what the probes found: a pure function.
struct PodStatusBuilder {
  var pod: Pod
  var runtime: RuntimePod
  private let plan: PodPlan?
  /// Why containers wait that are not there, by name.
  var waiting: [String: (reason: String, message: String)] = [:]
  /// IDs of running containers that count as ready, and of those that count as started.
  var ready: Set<String> = []
  var started: Set<String> = []
  var hostIPs: [String]
  var now: Time
  /// Set where the kubelet ends the pod of itself, `DeadlineExceeded` for example.
  var failure: (reason: String, message: String)?
  /// The pod is being ended: what has not run will not.
  var isTerminating = false

  private let spec: PodSpec
  /// The status that was written last: the object's may lag behind it.
  private let before: PodStatus

  init(pod: Pod, runtime: RuntimePod, plan: PodPlan?, last: PodStatus?, hostIPs: [String], now: Time) {
    self.pod = pod
    self.runtime = runtime
    self.plan = plan
    self.hostIPs = hostIPs
    self.now = now
    spec = pod.spec
    before = last ?? pod.status
  }

  func status() -> PodStatus {
    var status = PodStatus()
    let inits = spec.initContainers.map { containerStatus($0, isInit: true, before.initContainerStatuses) }
    let apps = spec.containers.map { containerStatus($0, isInit: false, before.containerStatuses) }
    status.phase = phase(inits, apps)
    status.conditions = conditions(inits, apps, phase: status.phase ?? "")
    if let failure {
      status.phase = "Failed"
      status.reason = failure.reason
      status.message = failure.message
    } else if before.phase == "Failed" {
      status.reason = before.reason
      status.message = before.message
    }
    if let generation = pod.metadata.generation { status.observedGeneration = generation }
    status.hostIP = hostIPs.first
    status.hostIPs = hostIPs.map { address in HostIP { $0.ip = address } }
    let ips = podIPs
    status.podIP = ips.first
    status.podIPs = ips.map { address in PodIP { $0.ip = address } }
    status.startTime = before.startTime ?? now
    status.qosClass = before.qosClass ?? QoSClass(of: spec).rawValue
    status.initContainerStatuses = inits
    status.containerStatuses = apps
    return status
  }

  /// A pod keeps the addresses it had while it ends, and after.
  private var podIPs: [String] {
    if spec.hostNetwork == true { return runtime.sandbox == nil && before.podIP == nil ? [] : hostIPs }
    if let sandbox = runtime.sandbox, sandbox.isReady { return sandbox.ips }
    return isTerminating || ["Succeeded", "Failed"].contains(before.phase) ? before.podIPs.compactMap(\.ip) : []
  }

  // MARK: containers

  private func containerStatus(_ container: Container, isInit: Bool, _ known: [ContainerStatus]) -> ContainerStatus {
    let name = container.name ?? ""
    let old = known.first { $0.name == name }
    var status = ContainerStatus()
    status.name = name
    let latest = runtime.latest(name)
    let isSidecar = isInit && container.restartPolicy == "Always"
    if let latest, latest.state != .created {
      status.image = container.image
      status.imageID = latest.imageRef
      status.containerID = "containerd://" + latest.id
      status.restartCount = Int32(clamping: latest.attempt)
      switch latest.state {
      case .running, .unknown, .created:
        status.state = ContainerState {
          $0.running = ContainerStateRunning { $0.startedAt = Self.time(latest.startedAt) }
        }
        if let previous = runtime.previous(name), previous.state == .exited {
          status.lastState = Self.terminated(previous)
        } else if let last = old?.lastState, old?.containerID == status.containerID {
          status.lastState = last
        }
        status.started = started.contains(latest.id)
        status.ready = isInit && !isSidecar ? false : ready.contains(latest.id)
      case .exited:
        let ended = Self.terminated(latest)
        if !isTerminating, let delay = plan?.backingOff[name] {
          let message =
            "back-off \(Self.duration(delay)) restarting failed container=\(name) pod=\(podDescription)"
          status.state = Self.waiting("CrashLoopBackOff", message)
          status.lastState = ended
        } else if !isTerminating, let reason = waiting[name] {
          status.state = Self.waiting(reason.reason, reason.message)
          status.lastState = ended
        } else {
          status.state = ended
          if let previous = runtime.previous(name), previous.state == .exited {
            status.lastState = Self.terminated(previous)
          }
        }
        status.ready = isInit && !isSidecar && latest.exitCode == 0
        status.started = false
      }
    } else if let old, old.state?.terminated != nil || old.state?.running != nil,
      runtime.sandbox == nil || isTerminating
    {
      // The runtime lost it; what was known last stands, but nothing runs any more.
      status = old
      status.ready = false
      status.started = false
      if old.state?.running != nil {
        status.state = ContainerState {
          $0.terminated = ContainerStateTerminated {
            $0.exitCode = 137
            $0.reason = "ContainerStatusUnknown"
            $0.message = "The container could not be located when the pod was terminated"
          }
        }
      }
    } else {
      status.image = container.image
      status.imageID = ""
      status.ready = false
      status.started = false
      status.restartCount = old?.restartCount ?? 0
      if let reason = waiting[name] {
        status.state = Self.waiting(reason.reason, reason.message)
      } else {
        status.state = Self.waiting(spec.initContainers.isEmpty ? "ContainerCreating" : "PodInitializing", nil)
      }
      if let last = old?.lastState { status.lastState = last }
    }
    return status
  }

  private var podDescription: String {
    "\(pod.metadata.name ?? "")_\(pod.metadata.namespace ?? "")(\(pod.metadata.uid ?? ""))"
  }

  /// `10s`, `2m40s`, as Go writes durations.
  static func duration(_ seconds: Int64) -> String {
    seconds < 60 ? "\(seconds)s" : "\(seconds / 60)m\(seconds % 60)s"
  }

  static func time(_ nanoseconds: Int64) -> Time { Time(seconds: nanoseconds / 1_000_000_000) }

  private static func waiting(_ reason: String, _ message: String?) -> ContainerState {
    ContainerState {
      $0.waiting = ContainerStateWaiting {
        $0.reason = reason
        if let message, !message.isEmpty { $0.message = message }
      }
    }
  }

  static func terminated(_ container: RuntimePod.Container) -> ContainerState {
    ContainerState {
      $0.terminated = ContainerStateTerminated {
        $0.exitCode = container.exitCode
        $0.reason = container.reason.isEmpty ? (container.exitCode == 0 ? "Completed" : "Error") : container.reason
        if !container.message.isEmpty { $0.message = container.message }
        $0.startedAt = time(container.startedAt)
        $0.finishedAt = time(container.finishedAt)
        $0.containerID = "containerd://" + container.id
      }
    }
  }

  // MARK: phase

  private func phase(_ inits: [ContainerStatus], _ apps: [ContainerStatus]) -> String {
    if let phase = before.phase, phase == "Succeeded" || phase == "Failed" { return phase }
    let policy = RestartPolicy(spec.restartPolicy)
    for (container, status) in zip(spec.initContainers, inits) {
      if container.restartPolicy == "Always" {
        if status.started != true && !apps.contains(where: { $0.containerID != nil }) { return "Pending" }
        continue
      }
      if let ended = status.state?.terminated {
        if ended.exitCode == 0 { continue }
        return policy == .never ? "Failed" : "Pending"
      }
      if apps.contains(where: { $0.containerID != nil }) { continue }
      return "Pending"
    }
    var running = 0
    var waiting = 0
    var ended: [Int32] = []
    for status in apps {
      if status.state?.running != nil {
        running += 1
      } else if let terminated = status.state?.terminated {
        ended.append(terminated.exitCode ?? 0)
      } else if let terminated = status.lastState?.terminated {
        ended.append(terminated.exitCode ?? 0)
      } else {
        waiting += 1
      }
    }
    if waiting > 0 { return isTerminating && running == 0 && !ended.isEmpty ? "Failed" : "Pending" }
    if running > 0 { return "Running" }
    guard !ended.isEmpty else { return "Pending" }
    if isTerminating { return ended.allSatisfy { $0 == 0 } ? "Succeeded" : "Failed" }
    switch policy {
    case .always: return "Running"
    case .never: return ended.allSatisfy { $0 == 0 } ? "Succeeded" : "Failed"
    case .onFailure: return ended.allSatisfy { $0 == 0 } ? "Succeeded" : "Running"
    }
  }

  // MARK: conditions

  private func conditions(_ inits: [ContainerStatus], _ apps: [ContainerStatus], phase: String) -> [PodCondition] {
    let done = phase == "Succeeded"
    var result: [PodCondition] = []
    let sandboxReady = runtime.sandbox.map { $0.isReady && (!$0.ips.isEmpty || spec.hostNetwork == true) } ?? false
    result.append(condition("PodReadyToStartContainers", sandboxReady))
    let incomplete = zip(spec.initContainers, inits).filter { container, status in
      container.restartPolicy == "Always" ? status.started != true && status.ready != true : status.ready != true
    }.map { $0.0.name ?? "" }
    let initialized = done || incomplete.isEmpty || apps.contains { $0.containerID != nil }
    result.append(
      condition(
        "Initialized", initialized, reason: initialized ? (done ? "PodCompleted" : nil) : "ContainersNotInitialized",
        message: initialized ? nil : "containers with incomplete status: [\(incomplete.joined(separator: " "))]"))
    let sidecars = zip(spec.initContainers, inits).filter { $0.0.restartPolicy == "Always" }.map { $0.1 }
    let unready = (sidecars + apps).filter { $0.ready != true }.map { $0.name ?? "" }
    let containersReady = unready.isEmpty && !apps.isEmpty && phase == "Running"
    let reason = done ? "PodCompleted" : phase == "Failed" ? "PodFailed" : "ContainersNotReady"
    let message =
      done || phase == "Failed" ? nil : "containers with unready status: [\(unready.joined(separator: " "))]"
    let missing = spec.readinessGates.compactMap(\.conditionType).filter { gate in
      !pod.status.conditions.contains { $0.type == gate && $0.status == "True" }
    }
    if !containersReady {
      result.append(condition("Ready", false, reason: reason, message: message))
    } else if let gate = missing.first {
      result.append(
        condition(
          "Ready", false, reason: "ReadinessGatesNotReady",
          message: "corresponding condition of pod readiness gate \"\(gate)\" does not exist or is not True."))
    } else {
      result.append(condition("Ready", true))
    }
    result.append(
      condition(
        "ContainersReady", containersReady, reason: containersReady ? nil : reason,
        message: containersReady ? nil : message))
    result.append(condition("PodScheduled", true))
    let owned = Set(result.compactMap(\.type))
    return result + pod.status.conditions.filter { !owned.contains($0.type ?? "") }
  }

  private func condition(_ type: String, _ value: Bool, reason: String? = nil, message: String? = nil) -> PodCondition {
    let status = value ? "True" : "False"
    let old = before.conditions.first { $0.type == type }
    return PodCondition {
      $0.type = type
      if let generation = pod.metadata.generation { $0.observedGeneration = generation }
      $0.status = status
      $0.json["lastProbeTime"] = .null
      $0.lastTransitionTime = old?.status == status ? old?.lastTransitionTime ?? now : now
      if let reason { $0.reason = reason }
      if let message { $0.message = message }
    }
  }
}
