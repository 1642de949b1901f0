import KubeAPI
import KubeClient
import Logging
import Telemetry

/// Gives every pod a node: carries out what ``SchedulerState`` decides.
struct Scheduler: Sendable {
  private enum Input: Sendable {
    case pod(ObjectKey)
    case node(String)
    case bindingFailed(SchedulingPod)
    case tick
  }

  private let context: ControllerContext
  private let metrics: SchedulerMetrics
  private let inputs: AsyncStream<Input>
  private let post: AsyncStream<Input>.Continuation

  init(_ context: ControllerContext, metrics: SchedulerMetrics) {
    self.context = context
    self.metrics = metrics
    let (inputs, post) = AsyncStream<Input>.makeStream()
    (self.inputs, self.post) = (inputs, post)
    context.caches.pods.onChange { old, new in
      if let key = (new ?? old)?.key { post.yield(.pod(key)) }
    }
    context.caches.nodes.onChange { old, new in
      if let name = (new ?? old)?.metadata.name { post.yield(.node(name)) }
    }
  }

  /// Works until the task is cancelled. Requests run beside the decisions, which never wait for them.
  func run() async {
    var state = SchedulerState()
    var messages: [ObjectKey: String] = [:]
    var timer: (due: ContinuousClock.Instant, task: Task<Void, Never>)?
    await withTaskGroup(of: Void.self) { group in
      for await input in inputs {
        take(input, &state, &messages)
        while let decision = state.next(
          now: .now, random: .random(in: 0...1), serviceSelectors: { selectors(of: $0) })
        {
          switch decision {
          case .bind(let pod, let node):
            messages[pod.key] = nil
            group.addTask { await bind(pod, to: node) }
          case .unschedulable(let pod, let message):
            metrics.attempts.increment(["unschedulable"])
            let isNews = messages.updateValue(message, forKey: pod.key) != message
            if isNews { group.addTask { await tell(pod, message) } }
          }
        }
        metrics.waiting.set(Double(state.waiting))
        if let due = state.nextDue, timer == nil || timer?.due != due {
          timer?.task.cancel()
          let task = Task { [post] in
            do { try await Task.sleep(until: due, clock: .continuous) } catch { return }
            post.yield(.tick)
          }
          timer = (due, task)
        }
      }
      timer?.task.cancel()
    }
  }

  private func take(_ input: Input, _ state: inout SchedulerState, _ messages: inout [ObjectKey: String]) {
    let now = ContinuousClock.now
    switch input {
    case .pod(let key):
      let pod = context.caches.pods[key]
      if pod == nil { messages[key] = nil }
      state.podChanged(key, pod, now: now)
    case .node(let name): state.nodeChanged(name, context.caches.nodes[ObjectKey(name: name)], now: now)
    case .bindingFailed(let pod): state.bindingFailed(pod, now: now, random: .random(in: 0...1))
    case .tick: state.flush(now: now)
    }
  }

  /// The selectors of the services that select a pod.
  private func selectors(of pod: SchedulingPod) -> [[String: String]] {
    context.caches.services.all(in: pod.key.namespace).map(\.spec.selector).filter { selector in
      !selector.isEmpty && selector.allSatisfy { pod.labels[$0] == $1 }
    }
  }

  private func bind(_ pod: SchedulingPod, to node: String) async {
    let begin = ContinuousClock.now
    let binding = Binding(pod.key.name, in: pod.key.namespace) {
      $0.metadata.uid = pod.uid
      $0.target = ObjectReference {
        $0.kind = Node.resource.kind
        $0.name = node
      }
    }
    do {
      _ = try await context.client.createSubresource(
        Pod.resource, pod.key, subresource: "binding", body: binding)
      metrics.attempts.increment(["scheduled"])
      metrics.bindSeconds.observe(ContinuousClock.now - begin)
      context.events.record(
        on: reference(pod), type: .normal, reason: "Scheduled",
        message: "Successfully assigned \(pod.key) to \(node)")
    } catch {
      if Task.isCancelled { return }
      metrics.attempts.increment(["error"])
      // A pod that is gone or bound already comes as an event of its own.
      if error.apiError?.isNotFound != true, error.apiError?.isConflict != true {
        context.logger.warning(
          "cannot bind a pod", metadata: ["pod": "\(pod.key)", "node": "\(node)", "error": "\(error)"])
        context.events.record(
          on: reference(pod), type: .warning, reason: "FailedScheduling",
          message: "binding rejected: \(error.apiError?.message ?? "\(error)")")
      }
      post.yield(.bindingFailed(pod))
      post.yield(.pod(pod.key))
    }
  }

  /// Writes why a pod has no node, into an event and its PodScheduled condition.
  private func tell(_ pod: SchedulingPod, _ message: String) async {
    context.events.record(on: reference(pod), type: .warning, reason: "FailedScheduling", message: message)
    guard let known = context.caches.pods[pod.key], known.metadata.uid == pod.uid else { return }
    let old = known.condition("PodScheduled")
    if old?.status == "False", old?.reason == "Unschedulable", old?.message == message { return }
    let condition = PodCondition {
      $0.type = "PodScheduled"
      $0.status = "False"
      $0.reason = "Unschedulable"
      $0.message = message
      $0.lastTransitionTime = old?.status == "False" ? old?.lastTransitionTime ?? context.now() : context.now()
    }
    do {
      try await context.caches.pods.patch(
        pod.key, subresource: "status", as: .strategic,
        ["metadata": ["uid": .string(pod.uid)], "status": ["conditions": .array([condition.json])]])
    } catch {
      context.logger.debug(
        "cannot write why a pod is not scheduled", metadata: ["pod": "\(pod.key)", "error": "\(error)"])
    }
  }

  private func reference(_ pod: SchedulingPod) -> ObjectReference {
    ObjectReference {
      $0.kind = Pod.resource.kind
      $0.apiVersion = Pod.resource.apiVersion
      $0.namespace = pod.key.namespace
      $0.name = pod.key.name
      $0.uid = pod.uid
    }
  }
}

/// What the scheduler counts.
struct SchedulerMetrics: Sendable {
  let attempts: Counter
  let waiting: Gauge
  let bindSeconds: Histogram

  init(_ registry: MetricsRegistry) {
    attempts = registry.counter(
      "skiff_scheduler_attempts_total", help: "Attempts to give a pod a node.", labels: ["result"])
    waiting = registry.gauge("skiff_scheduler_waiting_pods", help: "Pods that have no node yet.")
    bindSeconds = registry.histogram(
      "skiff_scheduler_bind_seconds", help: "Time of a binding request.",
      buckets: [0.001, 0.002, 0.005, 0.01, 0.05, 0.2, 1])
  }
}
