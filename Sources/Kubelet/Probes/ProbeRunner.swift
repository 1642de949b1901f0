import KubeAPI

/// Runs the probes of one container run until it is cancelled: the startup probe first, then readiness and liveness.
struct ProbeRunner: Sendable {
  struct Report: Sendable, Equatable {
    var containerID: String
    var container: String
    var kind: ProbeState.Kind
    var verdict: ProbeState.Verdict
  }

  var container: Container
  var containerID: String
  var podIP: String
  /// Seconds since 1970.
  var startedAt: Double
  /// What is known from before the kubelet was started anew.
  var wasReady: Bool
  var wasStarted: Bool
  var action: ProbeAction
  var report: @Sendable (Report) async -> Void
  var unhealthy: @Sendable (ProbeState.Kind, String) -> Void

  static func needed(_ container: Container) -> Bool {
    container.startupProbe != nil || container.readinessProbe != nil || container.livenessProbe != nil
  }

  func run() async {
    if let probe = container.startupProbe, !wasStarted {
      guard await loop(probe, .startup, verdict: nil, stopOnSuccess: true) else { return }
    }
    await withTaskGroup(of: Void.self) { group in
      if let probe = container.readinessProbe {
        group.addTask { _ = await loop(probe, .readiness, verdict: wasReady ? .success : nil, stopOnSuccess: false) }
      }
      if let probe = container.livenessProbe {
        group.addTask { _ = await loop(probe, .liveness, verdict: .success, stopOnSuccess: false) }
      }
    }
  }

  /// `true` where it ended with a success.
  private func loop(
    _ probe: Probe, _ kind: ProbeState.Kind, verdict: ProbeState.Verdict?, stopOnSuccess: Bool
  ) async -> Bool {
    var state = ProbeState(
      kind, successThreshold: probe.successThreshold, failureThreshold: probe.failureThreshold, verdict: verdict)
    let schedule = ProbeSchedule(initialDelay: probe.initialDelaySeconds, period: probe.periodSeconds)
    let target = ProbeAction.target(probe.json, container: container, podIP: podIP)
    let now = Double(MicroTime.now().microseconds) / 1e6
    var delay = max(0, startedAt + schedule.initialDelay - now)
    var count = 0
    while !Task.isCancelled {
      do { try await Task.sleep(for: .seconds(delay)) } catch { return false }
      count += 1
      let result = await action.run(target, container: containerID, timeout: probe.timeoutSeconds ?? 1)
      if Task.isCancelled { return false }
      let early = kind != .liveness && state.verdict != .success
      delay = schedule.delay(after: count, early: early)
      if !result.isSuccess && early && schedule.isEarly(count) && count > 1 { continue }
      if !result.isSuccess { unhealthy(kind, result.output) }
      guard let changed = state.record(result.isSuccess ? .success : .failure) else { continue }
      await report(Report(containerID: containerID, container: container.name ?? "", kind: kind, verdict: changed))
      if kind == .startup { return changed == .success }
      if kind == .liveness && changed == .failure { return false }
    }
    return false
  }
}
