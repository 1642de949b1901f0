import GRPCCore
import KubeAPI
import KubeClient
import Logging
import Telemetry

extension PodWorker {
  /// Steps that one look may take before it begins anew; a pod needs one round for its sandbox and one for each init
  /// container.
  private static let roundLimit = 64

  func sync() async {
    do {
      runtime = try await RuntimePod.read(uid, known: runtime, from: context.runtime)
    } catch {
      if mode == .running { wake(after: 1) }
      return
    }
    followProbes()
    if let phase = pod.status.phase, phase == "Succeeded" || phase == "Failed" {
      await endFinished()
      return
    }
    if await deadlineExceeded() { return }
    if context.objects.isUsed(by: pod), hasStarted { await refreshVolumes() }
    for _ in 0..<Self.roundLimit {
      let plan = PodPlan(pod.spec, runtime, inputs)
      if plan.isFinished {
        publish(plan: plan)
        await endFinished()
        return
      }
      let progressed = await carryOut(plan)
      guard !Task.isCancelled, mode == .running else { return }
      do {
        runtime = try await RuntimePod.read(uid, known: runtime, from: context.runtime)
      } catch {
        wake(after: 1)
        return
      }
      followProbes()
      publish(plan: PodPlan(pod.spec, runtime, inputs))
      if !progressed { break }
    }
    collectDead()
    await removeEmptySandboxes(runtime.sandboxes.dropFirst())
    scheduleNext()
  }

  private var inputs: PodPlan.Inputs {
    var inputs = PodPlan.Inputs(now: KubeletContext.now)
    inputs.backoff = backoff
    inputs.failedProbes = failedProbes
    inputs.notStarted = Set(runtime.running.map(\.id)).subtracting(started)
    for status in pod.status.containerStatuses + pod.status.initContainerStatuses where status.containerID != nil {
      inputs.knownRestarts[status.name ?? ""] = UInt32(clamping: status.restartCount ?? 0)
    }
    return inputs
  }

  private func scheduleNext() {
    var seconds = PodPlan(pod.spec, runtime, inputs).wait ?? .infinity
    let now = KubeletContext.now
    for time in retryAt.values where time > now { seconds = min(seconds, time - now) }
    if let limit = pod.spec.activeDeadlineSeconds, let start = (lastStatus ?? pod.status).startTime {
      seconds = min(seconds, max(0.1, Double(start.seconds + limit) - now))
    }
    // Tokens are renewed, and what an event failed to tell is seen, in the end.
    if context.objects.isUsed(by: pod) { seconds = min(seconds, 60) }
    if seconds.isFinite { wake(after: seconds + 0.005) }
  }

  private func deadlineExceeded() async -> Bool {
    guard let limit = pod.spec.activeDeadlineSeconds, let start = pod.status.startTime,
      KubeletContext.now >= Double(start.seconds + limit)
    else { return false }
    failure = ("DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
    event(.normal, "DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
    await stopAll(grace: pod.spec.terminationGracePeriodSeconds ?? 30)
    publish(plan: nil)
    return true
  }

  /// The work of the pod is done: what still runs ends, and the sandbox with its address goes; logs and containers stay
  /// until the pod is deleted.
  private func endFinished() async {
    guard !runtime.running.isEmpty || runtime.sandboxes.contains(where: \.isReady) else {
      publish(plan: nil)
      return
    }
    await stopAll(grace: pod.spec.terminationGracePeriodSeconds ?? 30)
    runtime = (try? await RuntimePod.read(uid, known: runtime, from: context.runtime)) ?? runtime
    followProbes()
    publish(plan: nil)
  }

  // MARK: steps

  /// `true` where something was done, so that the plan is made anew.
  private func carryOut(_ plan: PodPlan) async -> Bool {
    var progressed = false
    for step in plan.steps {
      if Task.isCancelled || mode != .running { return false }
      switch step {
      case .stopSandbox(let id):
        await stopSandbox(id)
        progressed = true
      case .createSandbox(let attempt):
        if let time = retryAt[""], time > KubeletContext.now { return progressed }
        progressed = await createSandbox(attempt)
      case .stopContainer(let id, let name, let reason, let grace):
        await stopContainer(id, name, reason: reason, grace: grace ?? pod.spec.terminationGracePeriodSeconds ?? 30)
        failedProbes[id] = nil
        progressed = true
      case .removeContainer(let id):
        do { try await context.runtime.removeContainer(id) } catch {
          logger.warning("cannot remove a container that never started", metadata: ["error": "\(error)"])
          return progressed
        }
      case .startContainer(let name, let attempt):
        if let time = retryAt[name], time > KubeletContext.now { continue }
        if await startContainer(name, attempt) { progressed = true }
      }
    }
    return progressed
  }

  private func stopSandbox(_ id: String) async {
    for container in runtime.running where container.sandboxID == id {
      await stopContainer(
        container.id, container.name, reason: "Stopping container \(container.name)",
        grace: pod.spec.terminationGracePeriodSeconds ?? 30)
    }
    do { try await context.runtime.stopPodSandbox(id) } catch {
      logger.warning("cannot stop sandbox", metadata: ["sandbox": "\(id)", "error": "\(ImagePuller.text(of: error))"])
    }
  }

  private func createSandbox(_ attempt: UInt32) async -> Bool {
    let clock = ContinuousClock()
    await removeEmptySandboxes(runtime.sandboxes[...])
    do {
      try prepareDirectories()
      _ = try await volumes(podIPs: []).setUp()
    } catch {
      event(.warning, "FailedMount", "\(error)")
      return failSandbox()
    }
    do {
      try context.cgroups.ensure(RuntimeConfig.cgroupPath(pod), ContainerResources.pod(pod.spec))
      let config = RuntimeConfig.sandbox(pod, attempt: attempt, node: context.node, directories: directories)
      sandboxConfig = config
      let start = clock.now
      let id = try await context.runtime.runPodSandbox(config)
      context.metrics.runtimeCalls.observe(clock.now - start, ["run_podsandbox"])
      onContainer(id)
      sandboxFailures = 0
      retryAt[""] = nil
      if attempt > 0 { event(.normal, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.") }
      return true
    } catch {
      if Task.isCancelled { return false }
      let text = ImagePuller.text(of: error)
      event(.warning, "FailedCreatePodSandBox", "Failed to create pod sandbox: \(text)")
      logger.warning("cannot create sandbox", metadata: ["error": "\(text)"])
      return failSandbox()
    }
  }

  private func failSandbox() -> Bool {
    sandboxFailures += 1
    retryAt[""] = KubeletContext.now + min(10, 0.5 * Double(1 << min(sandboxFailures, 5)))
    return false
  }

  func prepareDirectories() throws {
    try Files.makeDirectory(directories.pod, mode: 0o750)
    try Files.makeDirectory(directories.logs)
  }

  func volumes(podIPs: [String]) -> PodVolumes {
    PodVolumes(
      pod: pod, directories: directories, objects: context.objects, client: context.client,
      nodeName: context.configuration.nodeName, hostIPs: context.hostIPs, podIPs: podIPs,
      allocatable: context.allocatable)
  }

  private func refreshVolumes() async {
    do { _ = try await volumes(podIPs: runtime.sandbox?.ips ?? []).setUp() } catch {
      event(.warning, "FailedMount", "\(error)")
    }
  }

  /// Sandboxes that could not be made or that have ended hold on to their network until they are removed.
  private func removeEmptySandboxes(_ sandboxes: ArraySlice<RuntimePod.Sandbox>) async {
    for sandbox in sandboxes
    where !sandbox.isReady && !runtime.containers.contains(where: { $0.sandboxID == sandbox.id }) {
      do {
        try await context.runtime.stopPodSandbox(sandbox.id)
        try await context.runtime.removePodSandbox(sandbox.id)
      } catch {
        logger.debug(
          "cannot remove an old sandbox", metadata: ["id": "\(sandbox.id)", "error": "\(ImagePuller.text(of: error))"])
      }
    }
  }

  /// Keeps one dead run of each container, for `kubectl logs --previous`; while the pod works, older ones go.
  private func collectDead() {
    var seen: [String: Int] = [:]
    for container in runtime.containers {
      let count = seen[container.name, default: 0]
      seen[container.name] = count + 1
      guard count >= 2, container.state == .exited else { continue }
      let runtime = context.runtime
      Task { try? await runtime.removeContainer(container.id) }
    }
  }

  // MARK: probes

  /// Starts the probes of containers that run, ends those of containers that do not.
  func followProbes() {
    let running = runtime.containers.filter { $0.state == .running }
    let ids = Set(running.map(\.id))
    for (id, task) in probes where !ids.contains(id) {
      task.cancel()
      probes[id] = nil
      readyByProbe.remove(id)
      startedByProbe.remove(id)
      failedProbes[id] = nil
    }
    guard mode == .running else { return }
    for container in running where probes[container.id] == nil {
      guard let spec = spec(of: container.name), ProbeRunner.needed(spec) else { continue }
      // A restart of the kubelet does not make a ready container unready.
      let known = (pod.status.containerStatuses + pod.status.initContainerStatuses).first {
        $0.containerID == "containerd://" + container.id
      }
      let wasReady = known?.ready == true
      let wasStarted = known?.started == true
      if wasReady { readyByProbe.insert(container.id) }
      if wasStarted { startedByProbe.insert(container.id) }
      let ip = pod.spec.hostNetwork == true ? context.hostIPs.first : runtime.sandbox?.ips.first
      let runner = ProbeRunner(
        container: spec, containerID: container.id, podIP: ip ?? "127.0.0.1",
        startedAt: Double(container.startedAt) / 1e9, wasReady: wasReady, wasStarted: wasStarted,
        action: context.action, report: { [weak self] in await self?.take($0) },
        unhealthy: { [weak self] kind, output in
          let worker = self
          Task { await worker?.unhealthy(kind, output, spec.name ?? "") }
        })
      probes[container.id] = Task { await runner.run() }
    }
  }

  private func unhealthy(_ kind: ProbeState.Kind, _ output: String, _ name: String) {
    guard mode == .running else { return }
    let word = kind.rawValue.prefix(1).uppercased() + kind.rawValue.dropFirst()
    event(.warning, "Unhealthy", "\(word) probe failed: \(output)", container: name)
  }

  private func take(_ report: ProbeRunner.Report) {
    context.metrics.probes.increment(
      by: 1, [report.kind.rawValue.capitalizedFirst, report.verdict == .success ? "successful" : "failed"])
    let id = report.containerID
    switch (report.kind, report.verdict) {
    case (.readiness, .success): readyByProbe.insert(id)
    case (.readiness, .failure): readyByProbe.remove(id)
    case (.startup, .success): startedByProbe.insert(id)
    case (.liveness, .success): break
    case (.startup, .failure), (.liveness, .failure):
      let spec = spec(of: report.container)
      let probe = report.kind == .startup ? spec?.startupProbe : spec?.livenessProbe
      failedProbes[id] = (
        "Container \(report.container) failed \(report.kind.rawValue) probe, will be restarted",
        probe?.terminationGracePeriodSeconds
      )
    }
    if report.kind == .readiness { publish(plan: PodPlan(pod.spec, runtime, inputs)) } else { ring() }
  }
}

extension String {
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}

extension ConfigObjects {
  /// Whether the pod has volumes that follow objects.
  nonisolated func isUsed(by pod: Pod) -> Bool {
    pod.spec.volumes.contains {
      $0.configMap != nil || $0.secret != nil || $0.projected != nil || $0.downwardAPI != nil
    }
  }
}
