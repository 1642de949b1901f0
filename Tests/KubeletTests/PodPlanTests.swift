import KubeAPI
import Testing

@testable import Kubelet

@Suite struct PodPlanTests {
  private func spec(_ policy: String = "Always", inits: [String] = [], apps: [String] = ["web"]) -> PodSpec {
    PodSpec {
      $0.restartPolicy = policy
      $0.initContainers = inits.map { name in Container { $0.name = name } }
      $0.containers = apps.map { name in Container { $0.name = name } }
    }
  }

  private let sandbox = RuntimePod.Sandbox(id: "s", isReady: true, ips: ["10.0.0.2"])

  private func container(
    _ name: String, _ state: RuntimePod.Container.State, attempt: UInt32 = 0, code: Int32 = 0, in sandbox: String = "s"
  ) -> RuntimePod.Container {
    RuntimePod.Container(
      id: "\(name)-\(attempt)", name: name, attempt: attempt, sandboxID: sandbox, state: state,
      startedAt: 90_000_000_000, finishedAt: state == .exited ? 100_000_000_000 : 0, exitCode: code)
  }

  private func plan(
    _ spec: PodSpec, _ containers: [RuntimePod.Container], sandboxes: [RuntimePod.Sandbox]? = nil,
    _ change: (inout PodPlan.Inputs) -> Void = { _ in }
  ) -> PodPlan {
    var runtime = RuntimePod(sandboxes: sandboxes ?? [sandbox], containers: containers)
    runtime.sort()
    var inputs = PodPlan.Inputs(now: 101)
    change(&inputs)
    return PodPlan(spec, runtime, inputs)
  }

  @Test func aNewPodGetsItsSandboxFirst() {
    #expect(plan(spec(), [], sandboxes: []).steps == [.createSandbox(attempt: 0)])
    #expect(plan(spec(), []).steps == [.startContainer(name: "web", attempt: 0)])
  }

  @Test func aLostSandboxIsMadeAnewWithAHigherNumber() {
    let dead = RuntimePod.Sandbox(id: "s", attempt: 2, isReady: false)
    let plan = plan(spec(), [container("web", .running)], sandboxes: [dead])
    #expect(plan.steps == [.stopSandbox("s"), .createSandbox(attempt: 3)])
  }

  @Test func aSandboxWithoutAddressIsOfUseOnTheNodesNetworkOnly() {
    let bare = RuntimePod.Sandbox(id: "s", isReady: true)
    #expect(plan(spec(), [], sandboxes: [bare]).steps == [.stopSandbox("s"), .createSandbox(attempt: 1)])
    var host = spec()
    host.hostNetwork = true
    #expect(plan(host, [], sandboxes: [bare]).steps == [.startContainer(name: "web", attempt: 0)])
  }

  @Test func initContainersRunOneAfterAnother() {
    let spec = spec(inits: ["one", "two"])
    #expect(plan(spec, []).steps == [.startContainer(name: "one", attempt: 0)])
    #expect(plan(spec, [container("one", .running)]).steps == [])
    #expect(plan(spec, [container("one", .exited)]).steps == [.startContainer(name: "two", attempt: 0)])
    let done = [container("one", .exited), container("two", .exited)]
    #expect(plan(spec, done).steps == [.startContainer(name: "web", attempt: 0)])
  }

  @Test func aFailedInitContainerEndsAPodThatIsNeverRestarted() {
    let failed = [container("one", .exited, code: 1)]
    #expect(plan(spec("Never", inits: ["one"]), failed).isFinished)
    #expect(plan(spec("Always", inits: ["one"]), failed).steps == [.startContainer(name: "one", attempt: 1)])
  }

  @Test func aSidecarLetsTheNextStartOnceItHasStarted() {
    var spec = spec(inits: ["side"])
    spec.initContainers = [
      Container {
        $0.name = "side"
        $0.restartPolicy = "Always"
      }
    ]
    let side = container("side", .running)
    #expect(plan(spec, [side]) { $0.notStarted = [side.id] }.steps == [])
    #expect(plan(spec, [side]).steps == [.startContainer(name: "web", attempt: 0)])
    let ended = plan(spec, [container("side", .exited), container("web", .running)])
    #expect(ended.steps == [.startContainer(name: "side", attempt: 1)])
  }

  @Test(arguments: [
    ("Always", 0, true), ("Always", 1, true), ("OnFailure", 0, false), ("OnFailure", 1, true), ("Never", 1, false),
  ])
  func restartPolicyDecides(_ policy: String, _ code: Int32, _ restarts: Bool) {
    let plan = plan(spec(policy), [container("web", .exited, code: code)])
    #expect(plan.steps == (restarts ? [.startContainer(name: "web", attempt: 1)] : []))
    #expect(plan.isFinished == !restarts)
  }

  @Test func backOffHoldsARestartBack() {
    var backoff = RestartBackoff()
    backoff.restarted("web", ran: 1)
    let plan = plan(spec(), [container("web", .exited, attempt: 1, code: 1)]) { $0.backoff = backoff }
    #expect(plan.steps.isEmpty)
    #expect(plan.wait == 9)
    #expect(plan.backingOff == ["web": 10])
  }

  @Test func backOffDoublesUpToFiveMinutesAndEndsAfterALongRun() {
    var backoff = RestartBackoff()
    var delays: [Int64?] = []
    for _ in 0..<7 {
      backoff.restarted("web", ran: 1)
      delays.append(backoff.delay("web"))
    }
    #expect(delays == [10, 20, 40, 80, 160, 300, 300])
    backoff.restarted("web", ran: 601)
    #expect(backoff.delay("web") == 10)
  }

  @Test func aFailedProbeEndsTheContainer() {
    let running = container("web", .running)
    let plan = plan(spec(), [running]) { $0.failedProbes = [running.id: ("dead", 3)] }
    #expect(plan.steps == [.stopContainer(id: running.id, name: "web", reason: "dead", grace: 3)])
  }

  @Test func whatWasMadeAndNotStartedIsMadeAgainUnderTheSameNumber() {
    let plan = plan(spec(), [container("web", .created, attempt: 4)])
    #expect(plan.steps == [.removeContainer(id: "web-4"), .startContainer(name: "web", attempt: 4)])
  }

  @Test func aContainerThatTheRuntimeLostCountsOn() {
    let plan = plan(spec(), []) { $0.knownRestarts = ["web": 4] }
    #expect(plan.steps == [.startContainer(name: "web", attempt: 5)])
  }

  @Test func aChangedImageRestartsTheContainer() {
    var running = container("web", .running)
    running.hash = "other"
    let plan = plan(spec(), [running])
    guard case .stopContainer(id: "web-0", name: "web", _, nil)? = plan.steps.first else {
      Issue.record("\(plan)")
      return
    }
  }

  @Test func aFinishedPodNeedsNoNewSandbox() {
    let dead = RuntimePod.Sandbox(id: "s", isReady: false)
    let plan = plan(spec("Never"), [container("web", .exited)], sandboxes: [dead])
    #expect(plan.isFinished && plan.steps.isEmpty)
  }
}
