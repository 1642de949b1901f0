import KubeAPI

/// What is to be done next for a pod: a pure function of its spec, of what the runtime holds and of what the probes found.
struct PodPlan: Sendable, Equatable {
  enum Step: Sendable, Equatable {
    /// Ends what is left of a sandbox that cannot be used any more.
    case stopSandbox(String)
    case createSandbox(attempt: UInt32)
    /// `reason` is the text of the Killing event.
    case stopContainer(id: String, name: String, reason: String, grace: Int64?)
    /// Removes a container that was made and never started, left by a kubelet that was killed in between.
    case removeContainer(id: String)
    /// Init containers and sidecars come in order; the plan holds the next only when the one before allows it.
    case startContainer(name: String, attempt: UInt32)
  }

  var steps: [Step] = []
  /// Seconds until a container's back-off ends.
  var wait: Double?
  /// Containers that wait for their back-off, with its length in seconds.
  var backingOff: [String: Int64] = [:]
  /// All work of the pod is done: what still runs (sidecars, the sandbox) can end.
  var isFinished = false

  /// What the kubelet knows besides the runtime.
  struct Inputs: Sendable {
    var backoff = RestartBackoff()
    /// IDs of containers whose liveness or startup probe has failed, with the words for the event and the grace of the
    /// probe.
    var failedProbes: [String: (reason: String, grace: Int64?)] = [:]
    /// IDs of running containers whose startup probe has not succeeded yet.
    var notStarted: Set<String> = []
    /// Seconds since 1970.
    var now: Double
    /// Restart counts the API server knows, for containers that the runtime does not hold any more.
    var knownRestarts: [String: UInt32] = [:]
    /// Sandboxes that the kubelet made before: the number of the next one is higher.
    var nextSandboxAttempt: UInt32 = 0
  }

  init(_ spec: PodSpec, _ runtime: RuntimePod, _ inputs: Inputs) {
    guard let sandbox = runtime.sandbox, sandbox.isReady, !sandbox.ips.isEmpty || spec.hostNetwork == true else {
      planSandbox(spec, runtime, inputs)
      return
    }
    // Sandboxes of earlier attempts end, with what runs in them.
    for old in runtime.sandboxes.dropFirst()
    where old.isReady || runtime.running.contains(where: { $0.sandboxID == old.id }) {
      steps.append(.stopSandbox(old.id))
    }
    let podPolicy = RestartPolicy(spec.restartPolicy)
    var initDone = true
    let appStarted = spec.containers.contains { runtime.current($0.name ?? "") != nil }
    for container in spec.initContainers {
      guard initDone else { break }
      initDone = plan(
        container, isInit: true, appStarted: appStarted, podPolicy: podPolicy, runtime: runtime, inputs: inputs)
    }
    if isFinished { return }
    guard initDone else { return }
    var finished = true
    for container in spec.containers {
      let done = plan(
        container, isInit: false, appStarted: appStarted, podPolicy: podPolicy, runtime: runtime, inputs: inputs)
      finished = finished && done
    }
    isFinished = finished && !spec.containers.isEmpty
    if isFinished { steps.removeAll() }
  }

  /// Without a usable sandbox: end the old one, make a new one if anything is left to run.
  private mutating func planSandbox(_ spec: PodSpec, _ runtime: RuntimePod, _ inputs: Inputs) {
    let policy = RestartPolicy(spec.restartPolicy)
    let wanted = spec.containers.contains { container in
      guard let last = runtime.latest(container.name ?? "") else { return true }
      guard last.state == .exited else { return true }
      return policy.restarts(exitCode: last.exitCode)
    }
    let failedInit = spec.initContainers.contains { container in
      guard container.restartPolicy != "Always", let last = runtime.latest(container.name ?? "") else { return false }
      return policy == .never && last.state == .exited && last.exitCode != 0
    }
    if !runtime.containers.isEmpty, !wanted || failedInit {
      isFinished = true
      return
    }
    for old in runtime.sandboxes where old.isReady || runtime.running.contains(where: { $0.sandboxID == old.id }) {
      steps.append(.stopSandbox(old.id))
    }
    let next = runtime.sandbox.map { $0.attempt + 1 } ?? 0
    steps.append(.createSandbox(attempt: max(next, inputs.nextSandboxAttempt)))
  }

  /// Plans one container. For an init container: whether the next may start. For an app container: whether its work is
  /// done for good.
  private mutating func plan(
    _ container: Container, isInit: Bool, appStarted: Bool, podPolicy: RestartPolicy, runtime: RuntimePod,
    inputs: Inputs
  ) -> Bool {
    let name = container.name ?? ""
    let isSidecar = isInit && container.restartPolicy == "Always"
    // An init container runs until it succeeds, whatever runs for ever afterwards.
    let policy: RestartPolicy =
      isSidecar ? .always : isInit && podPolicy == .always ? .onFailure : podPolicy
    guard let current = runtime.current(name) else {
      // What ran before in this sandbox has passed its init containers, though they are gone.
      if isInit && !isSidecar && appStarted { return true }
      let before = runtime.latest(name).map { $0.attempt + 1 } ?? inputs.knownRestarts[name].map { $0 + 1 }
      steps.append(.startContainer(name: name, attempt: before ?? 0))
      return false
    }
    switch current.state {
    case .running:
      if let failed = inputs.failedProbes[current.id] {
        steps.append(.stopContainer(id: current.id, name: name, reason: failed.reason, grace: failed.grace))
        return false
      }
      if !current.hash.isEmpty && current.hash != ContainerHash.of(container) && (!isInit || isSidecar) {
        let reason = "Container \(name) definition changed, will be restarted"
        steps.append(.stopContainer(id: current.id, name: name, reason: reason, grace: nil))
        return false
      }
      return isSidecar && !inputs.notStarted.contains(current.id)
    case .created:
      steps.append(.removeContainer(id: current.id))
      steps.append(.startContainer(name: name, attempt: current.attempt))
      return false
    case .unknown:
      let reason = "Container \(name) is in unknown state, try killing it before restart"
      steps.append(.stopContainer(id: current.id, name: name, reason: reason, grace: nil))
      return false
    case .exited:
      if isInit && !isSidecar && (current.exitCode == 0 || appStarted) { return true }
      guard policy.restarts(exitCode: current.exitCode) else {
        if isInit { isFinished = true }
        return true
      }
      let finished = Double(current.finishedAt) / 1e9
      let remaining = inputs.backoff.remaining(name, finished: finished, now: inputs.now)
      if remaining > 0 {
        wait = min(wait ?? remaining, remaining)
        backingOff[name] = inputs.backoff.delay(name)
      } else {
        steps.append(.startContainer(name: name, attempt: current.attempt + 1))
      }
      return false
    }
  }
}

/// When a container is started again.
enum RestartPolicy: Sendable {
  case always, onFailure, never

  init(_ text: String?) {
    switch text {
    case "Never": self = .never
    case "OnFailure": self = .onFailure
    default: self = .always
    }
  }

  func restarts(exitCode: Int32) -> Bool {
    switch self {
    case .always: true
    case .onFailure: exitCode != 0
    case .never: false
    }
  }
}

/// A hash of what a running container cannot take over: its image above all, which may be changed in place.
enum ContainerHash {
  static func of(_ container: Container) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a
    for byte in "\(container.name ?? "")\u{0}\(container.image ?? "")".utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    return String(hash, radix: 16)
  }
}
