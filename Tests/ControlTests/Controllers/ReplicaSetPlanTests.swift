import KubeAPI
import Testing

@testable import Control

@Suite struct ReplicaSetPlanTests {
  static func set(_ replicas: Int32, minReadySeconds: Int32? = nil) -> ReplicaSet {
    ReplicaSet("web", in: "a") {
      $0.metadata.uid = "s"
      $0.spec.replicas = replicas
      $0.spec.minReadySeconds = minReadySeconds
      $0.spec.selector = LabelSelector { $0.matchLabels = ["app": "web"] }
      $0.spec.template = PodTemplateSpec { $0.metadata.labels = ["app": "web"] }
    }
  }

  static func pod(
    _ name: String, of set: ReplicaSet? = nil, phase: String = "Running", ready: Int64? = 1, node: String? = "n",
    created: Int64 = 1, labels: [String: String] = ["app": "web"]
  ) -> Pod {
    Pod(name, in: "a") {
      $0.metadata.uid = name
      $0.metadata.labels = labels
      $0.metadata.creationTimestamp = Time(seconds: created)
      if let set { $0.metadata.ownerReferences = [OwnerReference(controller: set)] }
      $0.spec.nodeName = node
      $0.status.phase = phase
      if let ready {
        $0.status.conditions = [
          PodCondition {
            $0.type = "Ready"
            $0.status = "True"
            $0.lastTransitionTime = Time(seconds: ready)
          }
        ]
      }
    }
  }

  static func plan(_ set: ReplicaSet, _ pods: [Pod], now: Int64 = 100) throws -> ReplicaSetPlan {
    try ReplicaSetPlan(set, candidates: pods, now: Time(seconds: now))
  }

  @Test func createsWhatIsMissing() throws {
    let set = Self.set(3)
    #expect(try Self.plan(set, []).creations == 3)
    #expect(try Self.plan(Self.set(2_000), []).creations == ReplicaSetPlan.burst)
    var going = Self.pod("b", of: set)
    going.metadata.deletionTimestamp = .now()
    // Ended and terminating pods do not count.
    let plan = try Self.plan(set, [Self.pod("a", of: set, phase: "Failed"), going, Self.pod("c", of: set)])
    #expect(plan.creations == 2)
  }

  @Test func adoptsReleasesAndLeavesAlone() throws {
    let set = Self.set(2)
    var other = Self.set(1)
    other.metadata.uid = "other"
    let plan = try Self.plan(
      set,
      [
        Self.pod("orphan"), Self.pod("foreign", of: other), Self.pod("lost", of: set, labels: [:]),
        Self.pod("stranger", labels: [:]),
      ])
    #expect(plan.adopt.compactMap(\.metadata.name) == ["orphan"])
    #expect(plan.release.compactMap(\.metadata.name) == ["lost"])
    #expect(plan.creations == 1)
  }

  @Test func givesUpThePodsThatAreMissedLeast() throws {
    var cheap = Self.pod("cheap")
    cheap.metadata.annotations[PodRanking.deletionCost] = "-5"
    let order = PodRanking.sorted([
      Self.pod("old-ready", ready: 10), Self.pod("young-ready", ready: 50), cheap, Self.pod("doubled", node: "m"),
      Self.pod("doubled-too", node: "m", created: 9), Self.pod("unready", ready: nil),
      Self.pod("pending", phase: "Pending", ready: nil), Self.pod("homeless", phase: "Pending", ready: nil, node: nil),
    ])
    #expect(order.prefix(4).compactMap(\.metadata.name) == ["homeless", "pending", "unready", "cheap"])
    #expect(
      PodRanking.sorted([Self.pod("a", ready: 10), Self.pod("b", ready: 50)]).compactMap(\.metadata.name) == ["b", "a"])
    #expect(
      PodRanking.sorted([Self.pod("a"), Self.pod("b", node: "m"), Self.pod("c", node: "m", created: 9)])
        .compactMap(\.metadata.name) == ["c", "b", "a"])
    let set = Self.set(1)
    let plan = try Self.plan(set, [Self.pod("x", of: set), Self.pod("y", of: set, ready: nil)])
    #expect(plan.deletions.compactMap(\.metadata.name) == ["y"])
  }

  @Test func waitsForPodsToBecomeAvailable() throws {
    let set = Self.set(2, minReadySeconds: 30)
    let pods = [Self.pod("a", of: set, ready: 80), Self.pod("b", of: set, ready: 60)]
    let plan = try Self.plan(set, pods)
    #expect(plan.next == .seconds(10))
    let status = ReplicaSetPlan.status(of: set, owned: pods, failure: nil, now: Time(seconds: 95))
    #expect(status.replicas == 2)
    #expect(status.readyReplicas == 2)
    #expect(status.availableReplicas == 1)
    #expect(status.fullyLabeledReplicas == 2)
  }

  @Test func aSetThatIsDeletedMakesNothing() throws {
    var set = Self.set(3)
    set.metadata.deletionTimestamp = .now()
    let plan = try Self.plan(set, [Self.pod("orphan")])
    #expect(plan.creations == 0)
    #expect(plan.adopt.isEmpty)
  }
}
