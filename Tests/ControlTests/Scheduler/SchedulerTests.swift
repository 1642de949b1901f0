import KubeAPI
import Testing

@testable import Control

/// Pods and nodes for the scheduler's tests.
enum Sample {
  static func node(
    _ name: String, cpu: String = "4", memory: String = "8Gi", pods: String = "110", labels: [String: String] = [:],
    fill: (inout Node) -> Void = { _ in }
  ) -> Node {
    Node(name) {
      $0.metadata.labels = labels
      $0.status.allocatable = ["cpu": Quantity(cpu), "memory": Quantity(memory), "pods": Quantity(pods)]
      fill(&$0)
    }
  }

  static func pod(
    _ name: String, cpu: String? = nil, memory: String? = nil, owner: String? = nil,
    fill: (inout Pod) -> Void = { _ in }
  ) -> Pod {
    Pod(name, in: "a") {
      $0.metadata.uid = name
      $0.metadata.creationTimestamp = Time(seconds: 1)
      if let owner {
        $0.metadata.ownerReferences = [
          OwnerReference {
            $0.uid = owner
            $0.controller = true
          }
        ]
      }
      $0.spec.containers = [container(cpu: cpu, memory: memory)]
      fill(&$0)
    }
  }

  static func container(cpu: String? = nil, memory: String? = nil, restart: String? = nil) -> Container {
    Container {
      $0.name = "c"
      $0.image = "web:1"
      $0.restartPolicy = restart
      var requests: [String: Quantity] = [:]
      if let cpu { requests["cpu"] = Quantity(cpu) }
      if let memory { requests["memory"] = Quantity(memory) }
      $0.resources = ResourceRequirements { $0.requests = requests }
    }
  }

  static func refusals(_ pod: Pod, _ node: Node, with others: [Pod] = []) -> [String] {
    var state = SchedulingNode(SchedulingNode.Facts(node))
    for other in others { state.add(SchedulingPod(other)) }
    return Filters.refusals(SchedulingPod(pod), on: state)
  }
}

@Suite struct FilterTests {
  @Test func resourcesFit() {
    let node = Sample.node("n", cpu: "1", memory: "1Gi", pods: "2")
    #expect(Sample.refusals(Sample.pod("p", cpu: "1", memory: "1Gi"), node) == [])
    #expect(
      Sample.refusals(Sample.pod("p", cpu: "1100m", memory: "2Gi"), node) == [
        "Insufficient cpu", "Insufficient memory",
      ])
    #expect(
      Sample.refusals(Sample.pod("p", cpu: "600m"), node, with: [Sample.pod("q", cpu: "500m")]) == ["Insufficient cpu"])
    #expect(Sample.refusals(Sample.pod("p"), node, with: [Sample.pod("q"), Sample.pod("r")]) == ["Too many pods"])
    let gpu = Sample.pod("p") {
      $0.spec.containers[0].resources = ResourceRequirements { $0.requests = ["example.com/gpu": Quantity("1")] }
    }
    #expect(Sample.refusals(gpu, node) == ["Insufficient example.com/gpu"])
  }

  @Test func initContainersAndSidecarsCount() {
    let pod = Sample.pod("p", cpu: "1") {
      $0.spec.initContainers = [
        Sample.container(cpu: "200m", restart: "Always"), Sample.container(cpu: "3"),
        Sample.container(cpu: "300m", restart: "Always"),
      ]
      $0.spec.overhead = ["cpu": Quantity("10m")]
    }
    // The second init container runs beside the first sidecar: 3.2; later 1 + 0.5 run.
    #expect(SchedulingPod(pod).requests.milliCPU == 3_210)
    let light = Sample.pod("p", cpu: "1") { $0.spec.initContainers = [Sample.container(cpu: "500m")] }
    #expect(SchedulingPod(light).requests.milliCPU == 1_000)
  }

  @Test func taintsNeedTolerations() {
    let node = Sample.node("n") {
      $0.spec.taints = [
        Taint {
          $0.key = "dedicated"
          $0.value = "db"
          $0.effect = "NoSchedule"
        },
        Taint {
          $0.key = "soft"
          $0.effect = "PreferNoSchedule"
        },
      ]
    }
    #expect(Sample.refusals(Sample.pod("p"), node) == ["node(s) had untolerated taint {dedicated: db}"])
    func tolerating(_ fill: (inout Toleration) -> Void) -> Pod {
      Sample.pod("p") { $0.spec.tolerations = [Toleration(fill)] }
    }
    #expect(Sample.refusals(tolerating { $0.operator = "Exists" }, node) == [])
    #expect(
      Sample.refusals(
        tolerating {
          $0.key = "dedicated"
          $0.value = "db"
        }, node) == [])
    #expect(
      Sample.refusals(
        tolerating {
          $0.key = "dedicated"
          $0.value = "web"
        }, node) != [])
    let cordoned = Sample.node("n") { $0.spec.unschedulable = true }
    #expect(Sample.refusals(Sample.pod("p"), cordoned) == ["node(s) were unschedulable"])
  }

  @Test func selectorsAndAffinityMatch() {
    let node = Sample.node("n", labels: ["disk": "ssd", "cores": "8"])
    let refused = ["node(s) didn't match Pod's node affinity/selector"]
    #expect(Sample.refusals(Sample.pod("p") { $0.spec.nodeSelector = ["disk": "ssd"] }, node) == [])
    #expect(Sample.refusals(Sample.pod("p") { $0.spec.nodeSelector = ["disk": "hdd"] }, node) == refused)
    func needing(_ key: String, _ comparison: String, _ values: [String]) -> Pod {
      Sample.pod("p") {
        $0.spec.affinity = Affinity {
          $0.nodeAffinity = NodeAffinity {
            $0.requiredDuringSchedulingIgnoredDuringExecution = NodeSelector {
              $0.nodeSelectorTerms = [
                NodeSelectorTerm(),
                NodeSelectorTerm {
                  $0.matchExpressions = [
                    NodeSelectorRequirement {
                      $0.key = key
                      $0.operator = comparison
                      $0.values = values
                    }
                  ]
                },
              ]
            }
          }
        }
      }
    }
    for (key, comparison, values, fits) in [
      ("disk", "In", ["ssd"], true), ("disk", "NotIn", ["ssd"], false), ("gpu", "NotIn", ["x"], true),
      ("disk", "Exists", [], true), ("gpu", "DoesNotExist", [], true), ("cores", "Gt", ["4"], true),
      ("cores", "Lt", ["4"], false), ("gpu", "Gt", ["4"], false),
    ] {
      #expect(Sample.refusals(needing(key, comparison, values), node) == (fits ? [] : refused), "\(key) \(comparison)")
    }
  }

  @Test func hostPortsAreExclusive() {
    func pod(_ name: String, _ address: String?, _ port: Int32) -> Pod {
      Sample.pod(name) {
        $0.spec.containers[0].ports = [
          ContainerPort {
            $0.containerPort = port
            $0.hostPort = port
            $0.hostIP = address
          }
        ]
      }
    }
    let refused = ["node(s) didn't have free ports for the requested pod ports"]
    let node = Sample.node("n")
    #expect(Sample.refusals(pod("p", nil, 80), node, with: [pod("q", nil, 80)]) == refused)
    #expect(Sample.refusals(pod("p", "10.0.0.1", 80), node, with: [pod("q", nil, 80)]) == refused)
    #expect(Sample.refusals(pod("p", "10.0.0.1", 80), node, with: [pod("q", "10.0.0.2", 80)]) == [])
    #expect(Sample.refusals(pod("p", nil, 81), node, with: [pod("q", nil, 80)]) == [])
  }
}

@Suite struct SchedulerStateTests {
  let now = ContinuousClock.now

  func decide(_ state: inout SchedulerState, at time: ContinuousClock.Instant? = nil) -> SchedulerState.Decision? {
    state.next(now: time ?? now, random: 1, serviceSelectors: { _ in [] })
  }

  func placement(_ decision: SchedulerState.Decision?) -> String? {
    if case .bind(let pod, let node)? = decision { "\(pod.key.name) \(node)" } else { nil }
  }

  func message(_ decision: SchedulerState.Decision?) -> String? {
    if case .unschedulable(_, let message)? = decision { message } else { nil }
  }

  @Test func podsOfOneOwnerSpread() {
    var state = SchedulerState()
    for name in ["n1", "n2"] { state.nodeChanged(name, Sample.node(name), now: now) }
    for index in 0..<4 {
      let pod = Sample.pod("p\(index)", owner: "set")
      state.podChanged(pod.key, pod, now: now)
    }
    var counts: [String: Int] = [:]
    for _ in 0..<4 {
      if case .bind(_, let node)? = decide(&state) { counts[node, default: 0] += 1 }
    }
    #expect(counts == ["n1": 2, "n2": 2])
    let result1 = decide(&state)
    #expect(result1 == nil)
  }

  @Test func assumedPodsCount() {
    var state = SchedulerState()
    state.nodeChanged("n", Sample.node("n", cpu: "1"), now: now)
    for name in ["a", "b"] {
      let pod = Sample.pod(name, cpu: "700m")
      state.podChanged(pod.key, pod, now: now)
    }
    let result2 = placement(decide(&state))
    #expect(result2 == "a n")
    let result3 = message(decide(&state))
    #expect(result3 == "0/1 nodes are available: 1 Insufficient cpu.")
    // The first is refused by the server: the second gets its place.
    let first = SchedulingPod(Sample.pod("a", cpu: "700m"))
    state.bindingFailed(first, now: now + .seconds(1), random: 0)
    let result4 = placement(decide(&state, at: now + .seconds(1)))
    #expect(result4 == "b n")
  }

  @Test func aPodIsTriedAgainWhenSomethingChanges() {
    var state = SchedulerState()
    let pod = Sample.pod("p", cpu: "2")
    state.podChanged(pod.key, pod, now: now)
    let result5 = message(decide(&state))
    #expect(result5 == "no nodes available to schedule pods")
    state.nodeChanged("n1", Sample.node("n1", cpu: "1"), now: now)
    // Not before its pause is over.
    let result6 = decide(&state)
    #expect(result6 == nil)
    #expect(state.nextDue == now + .milliseconds(50))
    state.flush(now: now + .milliseconds(50))
    let result7 = message(decide(&state, at: now + .seconds(1)))
    #expect(result7 == "0/1 nodes are available: 1 Insufficient cpu.")
    // A heartbeat changes nothing.
    state.nodeChanged("n1", Sample.node("n1", cpu: "1") { $0.status.phase = "x" }, now: now + .seconds(9))
    let result8 = decide(&state, at: now + .seconds(9))
    #expect(result8 == nil)
    #expect(state.nextDue == nil)
    state.nodeChanged("n1", Sample.node("n1", cpu: "4"), now: now + .seconds(9))
    let result9 = placement(decide(&state, at: now + .seconds(9)))
    #expect(result9 == "p n1")
  }

  @Test func aFreedPlaceIsGivenOn() {
    var state = SchedulerState()
    state.nodeChanged("n", Sample.node("n", cpu: "1"), now: now)
    let holder = Sample.pod("holder", cpu: "1") { $0.spec.nodeName = "n" }
    state.podChanged(holder.key, holder, now: now)
    let waiting = Sample.pod("waiting", cpu: "1")
    state.podChanged(waiting.key, waiting, now: now)
    let result10 = message(decide(&state))
    #expect(result10 == "0/1 nodes are available: 1 Insufficient cpu.")
    state.podChanged(holder.key, nil, now: now + .seconds(5))
    let result11 = placement(decide(&state, at: now + .seconds(5)))
    #expect(result11 == "waiting n")
  }

  @Test func higherPriorityGoesFirst() {
    var state = SchedulerState()
    state.nodeChanged("n", Sample.node("n"), now: now)
    for (name, priority) in [("low", 0), ("high", 100), ("middle", 50)] {
      let pod = Sample.pod(name) { $0.spec.priority = Int32(priority) }
      state.podChanged(pod.key, pod, now: now)
    }
    let order = (0..<3).map { _ in placement(decide(&state)) }
    #expect(order == ["high n", "middle n", "low n"])
  }

  @Test func otherPeoplesPodsAndGatedOnesAreLeftAlone() {
    var state = SchedulerState()
    state.nodeChanged("n", Sample.node("n"), now: now)
    let foreign = Sample.pod("foreign") { $0.spec.schedulerName = "mine" }
    let gated = Sample.pod("gated") { $0.spec.schedulingGates = [PodSchedulingGate { $0.name = "wait" }] }
    var going = Sample.pod("going")
    going.metadata.deletionTimestamp = .now()
    for pod in [foreign, gated, going] { state.podChanged(pod.key, pod, now: now) }
    let result12 = decide(&state)
    #expect(result12 == nil)
    let open = Sample.pod("gated")
    state.podChanged(open.key, open, now: now)
    let result13 = placement(decide(&state))
    #expect(result13 == "gated n")
  }

  @Test func podsOfUnknownNodesCountWhenTheNodeComes() {
    var state = SchedulerState()
    let early = Sample.pod("early", cpu: "1") { $0.spec.nodeName = "n" }
    state.podChanged(early.key, early, now: now)
    state.nodeChanged("n", Sample.node("n", cpu: "1"), now: now)
    let late = Sample.pod("late", cpu: "1")
    state.podChanged(late.key, late, now: now)
    let result14 = message(decide(&state))
    #expect(result14 == "0/1 nodes are available: 1 Insufficient cpu.")
  }

  @Test func reasonsAreCountedAndSorted() {
    #expect(
      SchedulerState.message(
        ["Insufficient cpu": 2, "node(s) were unschedulable": 1, "Insufficient memory": 1], nodes: 3)
        == "0/3 nodes are available: 1 Insufficient memory, 1 node(s) were unschedulable, 2 Insufficient cpu.")
  }
}

@Suite struct ScoreTests {
  func scores(_ pod: Pod, _ nodes: [Node], services: [[String: String]] = [], others: [String: [Pod]] = [:]) -> [Double]
  {
    let states = nodes.map { node in
      var state = SchedulingNode(SchedulingNode.Facts(node))
      for other in others[node.metadata.name ?? ""] ?? [] { state.add(SchedulingPod(other)) }
      return state
    }
    return Scores(serviceSelectors: services).of(states, for: SchedulingPod(pod))
  }

  @Test func theEmptierNodeIsBetter() {
    let result = scores(
      Sample.pod("p"), [Sample.node("a"), Sample.node("b")], others: ["a": [Sample.pod("q", cpu: "2", memory: "4Gi")]])
    #expect(result[0] < result[1])
  }

  @Test func aSoftTaintIsAvoided() {
    let soft = Sample.node("a") {
      $0.spec.taints = [
        Taint {
          $0.key = "k"
          $0.effect = "PreferNoSchedule"
        }
      ]
    }
    let result = scores(Sample.pod("p"), [soft, Sample.node("b")])
    #expect(result[0] < result[1])
  }

  @Test func preferredAffinityCounts() {
    let pod = Sample.pod("p") {
      $0.spec.affinity = Affinity {
        $0.nodeAffinity = NodeAffinity {
          $0.preferredDuringSchedulingIgnoredDuringExecution = [
            PreferredSchedulingTerm {
              $0.weight = 10
              $0.preference = NodeSelectorTerm {
                $0.matchExpressions = [
                  NodeSelectorRequirement {
                    $0.key = "disk"
                    $0.operator = "Exists"
                  }
                ]
              }
            }
          ]
        }
      }
    }
    let result = scores(pod, [Sample.node("a"), Sample.node("b", labels: ["disk": "ssd"])])
    #expect(result[0] < result[1])
  }

  @Test func imagesThatAreThereCount() {
    let holder = Sample.node("b") {
      $0.status.images = [
        ContainerImage {
          $0.names = ["web:1"]
          $0.sizeBytes = 500 << 20
        }
      ]
    }
    let result = scores(Sample.pod("p"), [Sample.node("a"), holder])
    #expect(result[0] < result[1])
  }

  @Test func podsOfOneServiceSpread() {
    func labelled(_ name: String) -> Pod { Sample.pod(name) { $0.metadata.labels = ["app": "web"] } }
    let result = scores(
      labelled("p"), [Sample.node("a"), Sample.node("b")], services: [["app": "web"]], others: ["a": [labelled("q")]])
    #expect(result[0] < result[1])
  }
}
