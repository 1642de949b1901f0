import KubeAPI
import KubeClient
import Logging

/// Looks after one pod from its first sight to the removal of its last trace: reads what the runtime holds, plans, carries
/// out the plan, writes the status, and waits for the next reason to look again.
actor PodWorker {
  enum Mode: Sendable { case running, terminating, done }

  let uid: String
  let key: ObjectKey
  let context: KubeletContext
  let directories: PodDirectories
  let logger: Logger
  let onContainer: @Sendable (String) -> Void
  let onDone: @Sendable () async -> Void

  var pod: Pod
  var runtime = RuntimePod()
  var backoff = RestartBackoff()
  var waiting: [String: (reason: String, message: String)] = [:]
  /// Seconds since 1970 before which a container's start is not tried again.
  var retryAt: [String: Double] = [:]
  var failedProbes: [String: (reason: String, grace: Int64?)] = [:]
  var readyByProbe: Set<String> = []
  var startedByProbe: Set<String> = []
  var probes: [String: Task<Void, Never>] = [:]
  var failure: (reason: String, message: String)?
  var sandboxConfig: CRIPodSandboxConfig?
  var sandboxFailures = 0
  var mode = Mode.running
  /// The object is gone from the API: nobody is told of the end any more.
  var isGone = false
  var lastStatus: PodStatus?
  let firstSeen = ContinuousClock.now
  var hasStarted = false

  private let bells: AsyncStream<Void>
  private let bell: AsyncStream<Void>.Continuation
  private let statuses: AsyncStream<PodStatus>
  private let statusSink: AsyncStream<PodStatus>.Continuation
  private var current: Task<Void, Never>?
  private var alarm: Task<Void, Never>?
  private var mainTask: Task<Void, Never>?
  private var statusTask: Task<Void, Never>?

  init(
    _ pod: Pod, context: KubeletContext, onContainer: @escaping @Sendable (String) -> Void,
    onDone: @escaping @Sendable () async -> Void
  ) {
    self.pod = pod
    self.context = context
    uid = pod.metadata.uid ?? ""
    key = pod.key
    directories = context.directories(pod)
    var logger = context.logger
    logger[metadataKey: "pod"] = "\(pod.key)"
    self.logger = logger
    self.onContainer = onContainer
    self.onDone = onDone
    (bells, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    (statuses, statusSink) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  func start() {
    mainTask = Task { await self.run() }
    statusTask = Task { await self.writeStatuses() }
    if pod.metadata.deletionTimestamp != nil { mode = .terminating }
    bell.yield()
  }

  /// Lets go of the pod without touching it: the kubelet ends, the pod goes on.
  func leave() async {
    mainTask?.cancel()
    current?.cancel()
    statusTask?.cancel()
    alarm?.cancel()
    for probe in probes.values { probe.cancel() }
    await mainTask?.value
  }

  // MARK: reasons to look

  func update(_ new: Pod) {
    let old = pod
    pod = new
    guard mode == .running else {
      hasten(from: old.metadata.deletionGracePeriodSeconds, to: new.metadata.deletionGracePeriodSeconds)
      return
    }
    if new.metadata.deletionTimestamp != nil {
      terminate()
    } else if old.spec != new.spec || old.metadata.labels != new.metadata.labels
      || old.metadata.annotations != new.metadata.annotations || old.metadata.generation != new.metadata.generation
    {
      bell.yield()
    } else if old.status.conditions != new.status.conditions {
      publish(plan: nil)
    }
  }

  func removed() {
    isGone = true
    if mode == .running { terminate() }
  }

  func ring() { bell.yield() }

  private func terminate() {
    mode = .terminating
    current?.cancel()
    bell.yield()
  }

  /// A second deletion with less grace: who waits for the end of the first one's is stopped sooner.
  private func hasten(from old: Int64?, to new: Int64?) {
    guard let new, let old, new < old else { return }
    for container in runtime.running {
      let runtime = context.runtime
      Task { try? await runtime.stopContainer(container.id, grace: new) }
    }
  }

  /// Looks again after `seconds`, unless something else rings before.
  func wake(after seconds: Double) {
    alarm?.cancel()
    alarm = Task {
      try? await Task.sleep(for: .seconds(seconds))
      if !Task.isCancelled { self.ring() }
    }
  }

  // MARK: the loop

  private func run() async {
    for await _ in bells {
      if Task.isCancelled || mode == .done { break }
      if mode == .terminating {
        await end()
      } else {
        let task = Task { await self.sync() }
        current = task
        await withTaskCancellationHandler {
          await task.value
        } onCancel: {
          task.cancel()
        }
        current = nil
      }
      if mode == .done { break }
    }
    statusSink.finish()
    if mode == .done {
      alarm?.cancel()
      await onDone()
    }
  }

  func event(_ type: EventType, _ reason: String, _ message: String, container: String? = nil) {
    guard !isGone else { return }
    var path: String?
    if let container {
      let isInit = pod.spec.initContainers.contains { $0.name == container }
      path = "spec.\(isInit ? "initContainers" : "containers"){\(container)}"
    }
    context.recorder.record(on: ObjectReference(to: pod, fieldPath: path), type: type, reason: reason, message: message)
  }

  // MARK: status

  func publish(plan: PodPlan?) {
    guard !isGone else { return }
    var builder = PodStatusBuilder(
      pod: pod, runtime: runtime, plan: plan, last: lastStatus, hostIPs: context.hostIPs, now: .now())
    builder.waiting = waiting
    builder.ready = ready
    builder.started = started
    builder.failure = failure
    builder.isTerminating = mode == .terminating
    let status = builder.status()
    if status == lastStatus { return }
    if lastStatus == nil, status == pod.status { lastStatus = status; return }
    lastStatus = status
    statusSink.yield(status)
  }

  /// IDs of running containers without a probe that says otherwise.
  var started: Set<String> {
    Set(
      runtime.containers.filter { container in
        container.state == .running
          && (spec(of: container.name)?.startupProbe == nil || startedByProbe.contains(container.id))
      }.map(\.id))
  }

  private var ready: Set<String> {
    let started = started
    return Set(
      runtime.containers.filter { container in
        started.contains(container.id)
          && (spec(of: container.name)?.readinessProbe == nil || readyByProbe.contains(container.id))
      }.map(\.id))
  }

  func spec(of name: String) -> Container? {
    (pod.spec.containers + pod.spec.initContainers).first { $0.name == name }
  }

  private func writeStatuses() async {
    for await status in statuses {
      var status: PodStatus? = status
      while let next = status, !Task.isCancelled {
        do {
          try await write(next)
          status = nil
        } catch {
          logger.warning("cannot write the pod's status", metadata: ["error": "\(error)"])
          try? await Task.sleep(for: .seconds(1))
          status = lastStatus
        }
      }
    }
  }

  /// Patches what this kubelet owns of the status.
  func write(_ status: PodStatus) async throws {
    var body = status.json
    for name in ["reason", "message", "podIP", "podIPs"] where body[name] == nil { body[name] = .null }
    let patch: JSONValue = ["metadata": ["uid": .string(uid)], "status": body]
    do {
      _ = try await context.client.patch(Pod.self, key, subresource: "status", as: .merge, patch)
    } catch let error as APIError where error.isNotFound || error.isConflict {
      logger.debug("the pod is gone or another one", metadata: ["error": "\(error)"])
    }
  }

  func finish() { mode = .done }

  func waitingReason(_ container: String) -> String? { waiting[container]?.reason }
}
