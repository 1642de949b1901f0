import KubeAPI
import Testing

@testable import Control

@Suite struct RolloutBoundsTests {
  @Test(arguments: [
    // replicas, surge, unavailable → pods more and fewer
    (10, "25%", "25%", 3, 2), (1, "25%", "25%", 1, 0), (3, "0", "0", 0, 1), (4, "0%", "50%", 0, 2),
    (3, "2", "5", 2, 3), (0, "25%", "25%", 0, 0),
  ]) func roundsAsUpstream(replicas: Int, surge: String, unavailable: String, more: Int, fewer: Int) {
    func value(_ text: String) -> IntOrString { Int32(text).map { .int($0) } ?? .string(text) }
    let spec = DeploymentSpec {
      $0.replicas = Int32(replicas)
      $0.strategy = DeploymentStrategy {
        $0.type = "RollingUpdate"
        $0.rollingUpdate = RollingUpdateDeployment {
          $0.maxSurge = value(surge)
          $0.maxUnavailable = value(unavailable)
        }
      }
    }
    #expect(RolloutBounds(spec) == RolloutBounds(replicas: replicas, maxSurge: more, maxUnavailable: fewer))
  }
}

@Suite struct DeploymentPlanTests {
  static func deployment(_ replicas: Int32, image: String = "b", strategy: String = "RollingUpdate") -> Deployment {
    Deployment("web", in: "a") {
      $0.metadata.uid = "d"
      $0.metadata.generation = 1
      $0.spec.replicas = replicas
      $0.spec.progressDeadlineSeconds = 600
      $0.spec.strategy = DeploymentStrategy { $0.type = strategy }
      $0.spec.selector = LabelSelector { $0.matchLabels = ["app": "web"] }
      $0.spec.template = template(image)
    }
  }

  static func template(_ image: String) -> PodTemplateSpec {
    PodTemplateSpec {
      $0.metadata.labels = ["app": "web"]
      $0.spec.containers = [
        Container {
          $0.name = "c"
          $0.image = image
        }
      ]
    }
  }

  /// A ReplicaSet as an earlier pass would have left it.
  static func set(
    _ image: String, of deployment: Deployment, count: Int32, available: Int32, revision: Int, created: Int64 = 1,
    desired: Int32? = nil
  ) -> ReplicaSet {
    ReplicaSet("web-\(image)", in: "a") {
      $0.metadata.uid = image
      $0.metadata.creationTimestamp = Time(seconds: created)
      $0.metadata.labels = ["app": "web", TemplateHash.label: image]
      $0.metadata.ownerReferences = [OwnerReference(controller: deployment)]
      let wanted = desired ?? deployment.spec.replicas ?? 1
      $0.metadata.annotations = [
        DeploymentAnnotations.revision: "\(revision)", DeploymentAnnotations.desiredReplicas: "\(wanted)",
        DeploymentAnnotations.maxReplicas: "\(Int(wanted) + RolloutBounds(deployment.spec).maxSurge)",
      ]
      $0.spec.replicas = count
      var template = template(image)
      template.metadata.labels[TemplateHash.label] = image
      $0.spec.template = template
      $0.status.replicas = count
      $0.status.readyReplicas = available
      $0.status.availableReplicas = available
      $0.status.observedGeneration = 1
    }
  }

  static func plan(
    _ deployment: Deployment, _ sets: [ReplicaSet], running: Set<String> = [], now: Int64 = 1_000
  ) throws -> DeploymentPlan {
    try DeploymentPlan(deployment, candidates: sets, running: running, now: Time(seconds: now))
  }

  /// The counts that a plan changes, by image.
  static func counts(_ plan: DeploymentPlan) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: plan.scalings.map { ($0.set.metadata.uid ?? "", $0.to) })
  }

  @Test func beginsWithASetOfTheTemplate() throws {
    let deployment = Self.deployment(3)
    let plan = try Self.plan(deployment, [])
    let set = try #require(plan.creation)
    let hash = try #require(set.metadata.labels[TemplateHash.label])
    #expect(set.metadata.name == "web-\(hash)")
    #expect(set.spec.replicas == 3)
    #expect(set.spec.selector?.matchLabels == ["app": "web", TemplateHash.label: hash])
    #expect(set.spec.template?.metadata.labels == ["app": "web", TemplateHash.label: hash])
    #expect(set.metadata.controllerRef?.uid == "d")
    #expect(plan.revision == "1")
    #expect(plan.status.conditions.contains { $0.type == "Progressing" && $0.reason == "NewReplicaSetCreated" })
    #expect(plan.status.conditions.contains { $0.type == "Available" && $0.status == "False" })
    // The same template has the same hash, whatever the order of its members.
    #expect(TemplateHash.of(Self.template("b"), collisions: 0) == hash)
    #expect(TemplateHash.of(Self.template("b"), collisions: 1) != hash)
    #expect(TemplateHash.of(Self.template("c"), collisions: 0) != hash)
  }

  @Test func rollsOverWithinItsBounds() throws {
    // 4 pods: one more, one fewer.
    let deployment = Self.deployment(4)
    var plan = try Self.plan(
      deployment, [Self.set("a", of: deployment, count: 4, available: 4, revision: 1)])
    #expect(plan.creation?.spec.replicas == 1)
    #expect(plan.creation?.metadata.annotations[DeploymentAnnotations.revision] == "2")

    var old = Self.set("a", of: deployment, count: 4, available: 4, revision: 1)
    var new = Self.set("b", of: deployment, count: 1, available: 0, revision: 2, created: 2)
    plan = try Self.plan(deployment, [old, new])
    #expect(Self.counts(plan) == ["a": 3])

    old = Self.set("a", of: deployment, count: 3, available: 3, revision: 1)
    plan = try Self.plan(deployment, [old, new])
    #expect(Self.counts(plan) == ["b": 2])

    new = Self.set("b", of: deployment, count: 2, available: 0, revision: 2, created: 2)
    plan = try Self.plan(deployment, [old, new])
    #expect(Self.counts(plan) == [:])

    new = Self.set("b", of: deployment, count: 2, available: 2, revision: 2, created: 2)
    plan = try Self.plan(deployment, [old, new])
    #expect(Self.counts(plan) == ["a": 1])
  }

  /// Plays a whole rollout in which each pass's pods become available or not, and checks the bounds at each step.
  @Test(arguments: [1, 2, 3, 5, 10, 33]) func everyRolloutEndsAndKeepsItsBounds(replicas: Int32) throws {
    let deployment = Self.deployment(replicas)
    let bounds = RolloutBounds(deployment.spec)
    var sets = [Self.set("a", of: deployment, count: replicas, available: replicas, revision: 1)]
    for step in 0..<500 {
      let plan = try Self.plan(deployment, sets)
      if plan.creation == nil, plan.scalings.isEmpty, plan.annotations.isEmpty,
        sets.allSatisfy({ $0.spec.replicas == $0.status.availableReplicas })
      {
        break
      }
      if let creation = plan.creation {
        sets.append(
          Self.set(
            "b", of: deployment, count: creation.spec.replicas ?? 0, available: 0, revision: 2, created: 2))
      }
      for scaling in plan.scalings {
        let index = try #require(sets.firstIndex { $0.metadata.uid == scaling.set.metadata.uid })
        let available = min(Int32(scaling.to), sets[index].status.availableReplicas ?? 0)
        sets[index] = scaling.set
        sets[index].status.replicas = Int32(scaling.to)
        sets[index].status.availableReplicas = available
      }
      let total = sets.reduce(0) { $0 + Int($1.spec.replicas ?? 0) }
      let available = sets.reduce(0) { $0 + Int($1.status.availableReplicas ?? 0) }
      #expect(total <= bounds.maxTotal, "step \(step)")
      #expect(available >= bounds.minAvailable, "step \(step)")
      // One pod a step becomes available.
      if let index = sets.firstIndex(where: { ($0.status.availableReplicas ?? 0) < ($0.spec.replicas ?? 0) }) {
        sets[index].status.availableReplicas = (sets[index].status.availableReplicas ?? 0) + 1
      }
    }
    #expect(sets.map { $0.spec.replicas } == [0, replicas])
  }

  @Test func takesUnhealthyOldPodsFirst() throws {
    let deployment = Self.deployment(4)
    let sick = Self.set("x", of: deployment, count: 1, available: 0, revision: 1)
    let old = Self.set("a", of: deployment, count: 3, available: 3, revision: 2, created: 2)
    let new = Self.set("b", of: deployment, count: 1, available: 0, revision: 3, created: 3)
    #expect(Self.counts(try Self.plan(deployment, [old, new, sick])) == ["x": 0])
  }

  @Test func recreatesOnlyWhenAllOldPodsHaveEnded() throws {
    let deployment = Self.deployment(3, strategy: "Recreate")
    var old = Self.set("a", of: deployment, count: 3, available: 3, revision: 1)
    #expect(Self.counts(try Self.plan(deployment, [old], running: ["a"])) == ["a": 0])
    old.spec.replicas = 0
    #expect(try Self.plan(deployment, [old], running: ["a"]).creation == nil)
    #expect(try Self.plan(deployment, [old]).creation?.spec.replicas == 3)
  }

  @Test func spreadsAScaleOverAnUnfinishedRollout() throws {
    // Was 10 (13 at most), 8 old and 5 new; becomes 20 (25 at most): 12 more in proportion.
    let deployment = Self.deployment(20)
    var old = Self.set("a", of: deployment, count: 8, available: 8, revision: 1, desired: 10)
    var new = Self.set("b", of: deployment, count: 5, available: 0, revision: 2, created: 2, desired: 10)
    for (name, value) in [(DeploymentAnnotations.maxReplicas, "13")] {
      old.metadata.annotations[name] = value
      new.metadata.annotations[name] = value
    }
    let counts = Self.counts(try Self.plan(deployment, [old, new]))
    #expect(counts == ["a": 15, "b": 10])
  }

  @Test func isScaledButNotRolledOutWhilePaused() throws {
    var deployment = Self.deployment(5)
    deployment.spec.paused = true
    let old = Self.set("a", of: deployment, count: 3, available: 3, revision: 1, desired: 3)
    let plan = try Self.plan(deployment, [old])
    #expect(plan.creation == nil)
    #expect(Self.counts(plan) == ["a": 5])
    #expect(plan.status.conditions.contains { $0.reason == "DeploymentPaused" && $0.status == "Unknown" })
  }

  @Test func goesBackToAnOldTemplateAsANewRevision() throws {
    let deployment = Self.deployment(2, image: "a")
    let first = Self.set("a", of: deployment, count: 0, available: 0, revision: 1)
    let second = Self.set("b", of: deployment, count: 2, available: 2, revision: 2, created: 2)
    let plan = try Self.plan(deployment, [first, second])
    #expect(plan.creation == nil)
    #expect(plan.revision == "3")
    let set = try #require(plan.annotations.first)
    #expect(set.metadata.annotations[DeploymentAnnotations.revision] == "3")
    #expect(set.metadata.annotations[DeploymentAnnotations.revisionHistory] == "1")
  }

  @Test func tellsWhenItDoesNotProgress() throws {
    var deployment = Self.deployment(1)
    let set = Self.set("b", of: deployment, count: 1, available: 0, revision: 1)
    deployment.status = try Self.plan(deployment, [set], now: 1_000).status
    let waiting = try Self.plan(deployment, [set], now: 1_300)
    #expect(waiting.next == .seconds(301))
    #expect(waiting.status.conditions.contains { $0.reason == "ReplicaSetUpdated" })
    let late = try Self.plan(deployment, [set], now: 1_601)
    #expect(late.status.conditions.contains { $0.type == "Progressing" && $0.reason == "ProgressDeadlineExceeded" })
    #expect(late.next == nil)
    // A pod that comes up after all ends it well.
    deployment.status = late.status
    let done = try Self.plan(
      deployment, [Self.set("b", of: deployment, count: 1, available: 1, revision: 1)], now: 2_000)
    #expect(done.status.conditions.contains { $0.type == "Progressing" && $0.reason == "NewReplicaSetAvailable" })
  }

  @Test func keepsOnlyItsHistory() throws {
    var deployment = Self.deployment(1)
    deployment.spec.revisionHistoryLimit = 2
    var sets = (1...5).map { Self.set("r\($0)", of: deployment, count: 0, available: 0, revision: $0) }
    sets.append(Self.set("b", of: deployment, count: 1, available: 1, revision: 6, created: 2))
    #expect(try Self.plan(deployment, sets).deletions.compactMap(\.metadata.uid) == ["r1", "r2", "r3"])
  }

  @Test func adoptsAndReleases() throws {
    let deployment = Self.deployment(1)
    var orphan = Self.set("b", of: deployment, count: 1, available: 1, revision: 1)
    orphan.metadata.ownerReferences = []
    var stranger = Self.set("x", of: deployment, count: 1, available: 1, revision: 1)
    stranger.metadata.labels = ["app": "other"]
    let plan = try Self.plan(deployment, [orphan, stranger])
    #expect(plan.adopt.compactMap(\.metadata.uid) == ["b"])
    #expect(plan.release.compactMap(\.metadata.uid) == ["x"])
    #expect(plan.creation == nil)
  }
}
