import KubeAPI
import Testing

@testable import Kubelet

@Suite struct PodStatusTests {
  private func pod(_ policy: String = "Always", apps: [String] = ["web"]) -> Pod {
    Pod("p", in: "n") {
      $0.metadata.uid = "u"
      $0.metadata.generation = 3
      $0.spec.restartPolicy = policy
      $0.spec.containers = apps.map { name in
        Container {
          $0.name = name
          $0.image = "busybox"
        }
      }
    }
  }

  private func build(
    _ pod: Pod, _ containers: [RuntimePod.Container], plan: PodPlan? = nil,
    _ change: (inout PodStatusBuilder) -> Void = { _ in }
  ) -> PodStatus {
    var runtime = RuntimePod(
      sandboxes: [.init(id: "s", isReady: true, ips: ["10.0.0.2", "fd00::2"])], containers: containers)
    runtime.sort()
    var builder = PodStatusBuilder(
      pod: pod, runtime: runtime, plan: plan, last: nil, hostIPs: ["10.1.0.1"], now: Time(seconds: 1000))
    change(&builder)
    return builder.status()
  }

  private func container(
    _ name: String, _ state: RuntimePod.Container.State, attempt: UInt32 = 0, code: Int32 = 0
  ) -> RuntimePod.Container {
    RuntimePod.Container(
      id: "\(name)\(attempt)", name: name, attempt: attempt, sandboxID: "s", state: state, createdAt: Int64(attempt),
      startedAt: 90_000_000_000, finishedAt: 95_000_000_000, exitCode: code, imageRef: "sha256:1")
  }

  private func condition(_ status: PodStatus, _ type: String) -> String? {
    status.conditions.first { $0.type == type }?.status
  }

  @Test func whatHasNotBegunIsPending() {
    let status = build(pod(), []) { $0.waiting = ["web": ("ErrImagePull", "no route")] }
    #expect(status.phase == "Pending")
    #expect(status.containerStatuses.first?.state?.waiting?.reason == "ErrImagePull")
    #expect(condition(status, "Ready") == "False")
    #expect(condition(status, "PodReadyToStartContainers") == "True")
    #expect(condition(status, "PodScheduled") == "True")
    #expect(status.podIPs.compactMap(\.ip) == ["10.0.0.2", "fd00::2"])
    #expect(status.hostIP == "10.1.0.1")
    #expect(status.observedGeneration == 3)
    #expect(status.qosClass == "BestEffort")
  }

  @Test func whatRunsAndIsReadyIsReady() {
    let status = build(pod(), [container("web", .running)]) {
      $0.ready = ["web0"]
      $0.started = ["web0"]
    }
    #expect(status.phase == "Running")
    #expect(condition(status, "Ready") == "True")
    #expect(condition(status, "ContainersReady") == "True")
    let web = status.containerStatuses.first
    #expect(web?.containerID == "containerd://web0")
    #expect(web?.state?.running?.startedAt == Time(seconds: 90))
    #expect(web?.started == true)
  }

  @Test func aReadinessGateHoldsTheConditionBack() {
    var gated = pod()
    gated.spec.readinessGates = [PodReadinessGate { $0.conditionType = "example.com/gate" }]
    let status = build(gated, [container("web", .running)]) { $0.ready = ["web0"] }
    #expect(condition(status, "ContainersReady") == "True")
    #expect(condition(status, "Ready") == "False")
    gated.status.conditions = [
      PodCondition {
        $0.type = "example.com/gate"
        $0.status = "True"
      }
    ]
    let open = build(gated, [container("web", .running)]) { $0.ready = ["web0"] }
    #expect(condition(open, "Ready") == "True")
    #expect(condition(open, "example.com/gate") == "True")
  }

  @Test func aCrashLoopShowsItsLastEnd() {
    var backoff = RestartBackoff()
    backoff.restarted("web", ran: 0)
    let ended = container("web", .exited, attempt: 1, code: 7)
    var inputs = PodPlan.Inputs(now: 96)
    inputs.backoff = backoff
    let runtime = RuntimePod(sandboxes: [.init(id: "s", isReady: true, ips: ["10.0.0.2"])], containers: [ended])
    let status = build(pod(), [ended], plan: PodPlan(pod().spec, runtime, inputs))
    let web = status.containerStatuses.first
    #expect(web?.state?.waiting?.reason == "CrashLoopBackOff")
    #expect(web?.state?.waiting?.message == "back-off 10s restarting failed container=web pod=p_n(u)")
    #expect(web?.lastState?.terminated?.exitCode == 7)
    #expect(web?.restartCount == 1)
    #expect(status.phase == "Running")
  }

  @Test(arguments: [
    ("Never", Int32(0), "Succeeded"), ("Never", 1, "Failed"), ("OnFailure", 0, "Succeeded"),
    ("OnFailure", 1, "Running"), ("Always", 0, "Running"),
  ])
  func phaseAfterTheEnd(_ policy: String, _ code: Int32, _ phase: String) {
    #expect(build(pod(policy), [container("web", .exited, code: code)]).phase == phase)
  }

  @Test func aFinishedPodStaysFinished() {
    var done = pod("Never")
    done.status.phase = "Succeeded"
    #expect(build(done, []).phase == "Succeeded")
  }

  @Test func timesOfConditionsChangeWithTheirStatus() {
    let first = build(pod(), [container("web", .running)])
    var next = pod()
    next.status = first
    let later = build(next, [container("web", .running)]) {
      $0.ready = ["web0"]
      $0.now = Time(seconds: 2000)
    }
    func time(_ status: PodStatus, _ type: String) -> Int64? {
      status.conditions.first { $0.type == type }?.lastTransitionTime?.seconds
    }
    #expect(time(later, "Ready") == 2000)
    #expect(time(later, "Initialized") == 1000)
    #expect(later.startTime == Time(seconds: 1000))
  }
}
