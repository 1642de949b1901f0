import KubeAPI
import KubeClient
import Logging
import Telemetry
import Testing

@testable import Control

/// An API server in memory with all controllers and the scheduler, and stand-ins for kubelets.
struct ControlledCluster: Sendable {
  let client: KubeClient

  /// - Parameter gracePeriod: how long a node may be silent.
  static func with(
    gracePeriod: Duration = .seconds(40), _ body: @escaping @Sendable (ControlledCluster) async throws -> Void
  ) async throws {
    var logger = Logger(label: "control")
    logger.logLevel = .warning
    let store = try SQLiteStore(.memory)
    let server = try APIServer(store: store, logger: logger)
    try await server.start()
    let client = KubeClient(transport: server.transport(), logger: logger)
    for name in ["default", "kube-system", "kube-node-lease"] { _ = try await client.create(Namespace(name)) }
    let controllers = try ControllerSet(
      client: client, configuration: .init(rootCertificate: "PEM", nodeGracePeriod: gracePeriod),
      metrics: MetricsRegistry(), health: HealthChecks(), logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await controllers.run() }
      do {
        try await body(ControlledCluster(client: client))
      } catch {
        group.cancelAll()
        throw error
      }
      group.cancelAll()
      try await group.waitForAll()
    }
    await server.stop()
    await store.close()
  }

  func addNode(_ name: String, cpu: String = "4", pods: String = "110") async throws {
    _ = try await client.create(
      Node(name) {
        $0.status.capacity = ["cpu": Quantity(cpu), "memory": Quantity("8Gi"), "pods": Quantity(pods)]
        $0.status.allocatable = $0.status.capacity
        $0.status.conditions = [
          NodeCondition {
            $0.type = "Ready"
            $0.status = "True"
            $0.lastHeartbeatTime = .now()
          }
        ]
      })
  }

  /// Does what a kubelet does for the pods that have a node: runs them, and lets go of those that are deleted.
  func kubelet() async {
    var address = 1
    for await event in Informer<Pod, Pod>(client).events() {
      let pods: [Pod] =
        switch event {
        case .replaced(let all): Array(all.values)
        case .changed(_, let pod): [pod]
        case .deleted: []
        }
      for pod in pods where pod.nodeName != nil {
        if pod.isTerminating {
          try? await client.delete(Pod.self, pod.key, options: DeleteOptions { $0.gracePeriodSeconds = 0 })
        } else if !pod.isReady {
          address += 1
          var running = pod
          running.status.phase = "Running"
          running.status.podIP = "10.244.\(address / 250).\(address % 250)"
          running.status.podIPs = [PodIP { $0.ip = running.status.podIP }]
          running.status.conditions =
            pod.status.conditions.filter { $0.type != "Ready" }
            + [
              PodCondition {
                $0.type = "Ready"
                $0.status = "True"
                $0.lastTransitionTime = .now()
              }
            ]
          _ = try? await client.update(running, subresource: "status")
        }
      }
    }
  }

  static func web(_ replicas: Int32 = 3, image: String = "web:1") -> Deployment {
    Deployment("web", in: "default") {
      $0.spec.replicas = replicas
      $0.spec.selector = LabelSelector { $0.matchLabels = ["app": "web"] }
      $0.spec.template = PodTemplateSpec {
        $0.metadata.labels = ["app": "web"]
        $0.spec.containers = [
          Container {
            $0.name = "web"
            $0.image = image
          }
        ]
      }
    }
  }
}

@Suite(.timeLimit(.minutes(2))) struct ControlLoopTests {
  /// Runs a body beside a kubelet that ends with it.
  func withKubelet(
    gracePeriod: Duration = .seconds(40), _ body: @escaping @Sendable (ControlledCluster) async throws -> Void
  ) async throws {
    try await ControlledCluster.with(gracePeriod: gracePeriod) { cluster in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await cluster.kubelet() }
        defer { group.cancelAll() }
        try await body(cluster)
      }
    }
  }

  @Test func aDeploymentBecomesReadyAndIsPublished() async throws {
    try await withKubelet { cluster in
      let client = cluster.client
      try await cluster.addNode("node-1")
      try await cluster.addNode("node-2")
      // Each node got a range of its own, and lost the taint that it had while it was not ready.
      #expect(
        try await eventually {
          let nodes = try await client.list(Node.self).items
          return Set(nodes.compactMap(\.spec.podCIDR)) == ["10.244.0.0/24", "10.244.1.0/24"]
            && nodes.allSatisfy { $0.spec.taints.isEmpty }
        })
      _ = try await client.create(
        KubeAPI.Service("web", in: "default") {
          $0.spec.selector = ["app": "web"]
          $0.spec.ports = [
            ServicePort {
              $0.port = 80
              $0.targetPort = .int(8_080)
            }
          ]
        })
      _ = try await client.create(ControlledCluster.web())
      #expect(
        try await eventually {
          try await client.get(Deployment.self, ObjectKey(namespace: "default", name: "web")).status.availableReplicas
            == 3
        })
      let pods = try await client.list(Pod.self, in: "default").items
      #expect(pods.count == 3)
      #expect(Set(pods.compactMap(\.nodeName)) == ["node-1", "node-2"])
      #expect(
        try await eventually {
          let slices = try await client.list(
            EndpointSlice.self, in: "default", labelSelector: "kubernetes.io/service-name=web"
          ).items
          let ready = slices.flatMap(\.endpoints).filter { $0.conditions?.ready == true }
          return ready.count == 3 && slices.count == 1 && slices[0].ports.first?.port == 8_080
        })
      #expect(
        try await eventually {
          let endpoints = try await client.get(Endpoints.self, ObjectKey(namespace: "default", name: "web"))
          return endpoints.subsets.first?.addresses.count == 3
        })
      let deployment = try await client.get(Deployment.self, ObjectKey(namespace: "default", name: "web"))
      #expect(deployment.metadata.annotations[DeploymentAnnotations.revision] == "1")
      #expect(
        try await eventually {
          try await client.get(Deployment.self, deployment.key).status.conditions.contains {
            $0.type == "Progressing" && $0.reason == "NewReplicaSetAvailable"
          }
        })
    }
  }

  @Test func aRolloutKeepsItsBoundsAndItsHistory() async throws {
    try await withKubelet { cluster in
      let client = cluster.client
      let key = ObjectKey(namespace: "default", name: "web")
      try await cluster.addNode("node-1")
      _ = try await client.create(ControlledCluster.web(4))
      #expect(try await eventually { try await client.get(Deployment.self, key).status.availableReplicas == 4 })
      _ = try await client.patch(
        Deployment.self, key, as: .strategic,
        ["spec": ["template": ["spec": ["containers": [["name": "web", "image": "web:2"]]]]]])
      #expect(
        try await eventually {
          // 25% more and 25% fewer of four are one each.
          let active = try await client.list(Pod.self, in: "default").items.filter(\.isActive)
          if active.count > 5 { Issue.record("\(active.count) pods at once") }
          let deployment = try await client.get(Deployment.self, key)
          let status = deployment.status
          return status.observedGeneration == deployment.metadata.generation && status.updatedReplicas == 4
            && status.replicas == 4 && status.availableReplicas == 4
        })
      let sets = try await client.list(ReplicaSet.self, in: "default").items
      #expect(sets.map { $0.spec.replicas ?? 1 }.sorted() == [0, 4])
      #expect(try await client.get(Deployment.self, key).metadata.annotations[DeploymentAnnotations.revision] == "2")
      // Back to the first template: its set is used again, as the third revision.
      _ = try await client.patch(
        Deployment.self, key, as: .strategic,
        ["spec": ["template": ["spec": ["containers": [["name": "web", "image": "web:1"]]]]]])
      #expect(
        try await eventually {
          let deployment = try await client.get(Deployment.self, key)
          let status = deployment.status
          return status.observedGeneration == deployment.metadata.generation && status.updatedReplicas == 4
            && status.replicas == 4 && status.availableReplicas == 4
        })
      #expect(try await client.list(ReplicaSet.self, in: "default").items.count == 2)
      #expect(try await client.get(Deployment.self, key).metadata.annotations[DeploymentAnnotations.revision] == "3")
    }
  }

  @Test func aDeletedPodIsReplacedOnce() async throws {
    try await withKubelet { cluster in
      let client = cluster.client
      try await cluster.addNode("node-1")
      _ = try await client.create(ControlledCluster.web(3))
      let key = ObjectKey(namespace: "default", name: "web")
      #expect(try await eventually { try await client.get(Deployment.self, key).status.availableReplicas == 3 })
      let victim = try #require(try await client.list(Pod.self, in: "default").items.first)
      try await client.delete(Pod.self, victim.key)
      #expect(
        try await eventually {
          let pods = try await client.list(Pod.self, in: "default").items
          if pods.filter(\.isActive).count > 3 { Issue.record("more pods than asked for") }
          return pods.count == 3 && pods.allSatisfy { $0.isReady && $0.key != victim.key }
        })
    }
  }

  @Test func deletingADeploymentTakesAllBelowIt() async throws {
    try await withKubelet { cluster in
      let client = cluster.client
      try await cluster.addNode("node-1")
      let key = ObjectKey(namespace: "default", name: "web")
      for policy in ["Background", "Foreground"] {
        _ = try await client.create(ControlledCluster.web(2))
        #expect(try await eventually { try await client.get(Deployment.self, key).status.availableReplicas == 2 })
        try await client.delete(Deployment.self, key, options: DeleteOptions { $0.propagationPolicy = policy })
        #expect(
          try await eventually {
            let counts = [
              try await client.list(Deployment.self, in: "default").items.count,
              try await client.list(ReplicaSet.self, in: "default").items.count,
              try await client.list(Pod.self, in: "default").items.count,
            ]
            return counts == [0, 0, 0]
          }, "\(policy)")
      }
    }
  }

  @Test func orphansStay() async throws {
    try await withKubelet { cluster in
      let client = cluster.client
      try await cluster.addNode("node-1")
      let key = ObjectKey(namespace: "default", name: "web")
      _ = try await client.create(ControlledCluster.web(1))
      #expect(try await eventually { try await client.get(Deployment.self, key).status.availableReplicas == 1 })
      try await client.delete(Deployment.self, key, options: DeleteOptions { $0.propagationPolicy = "Orphan" })
      #expect(
        try await eventually {
          let sets = try await client.list(ReplicaSet.self, in: "default").items
          let isGone = try await client.list(Deployment.self, in: "default").items.isEmpty
          return isGone && sets.count == 1 && sets[0].metadata.ownerReferences.isEmpty
        })
      #expect(try await client.list(Pod.self, in: "default").items.count == 1)
      // A new one of the same template takes the set over.
      _ = try await client.create(ControlledCluster.web(1))
      #expect(
        try await eventually {
          let sets = try await client.list(ReplicaSet.self, in: "default").items
          return sets.count == 1 && sets[0].metadata.controllerRef?.name == "web"
        })
    }
  }

  @Test func aNamespaceIsFurnishedAndEmptied() async throws {
    try await withKubelet { cluster in
      let client = cluster.client
      try await cluster.addNode("node-1")
      _ = try await client.create(Namespace("shop"))
      #expect(
        try await eventually {
          let account = try await client.list(ServiceAccount.self, in: "shop").items
          let maps = try await client.list(ConfigMap.self, in: "shop").items
          return account.map(\.metadata.name) == ["default"] && maps.first?.data["ca.crt"] == "PEM"
        })
      var web = ControlledCluster.web(2)
      web.metadata.namespace = "shop"
      _ = try await client.create(web)
      #expect(
        try await eventually {
          try await client.list(Pod.self, in: "shop").items.filter(\.isReady).count == 2
        })
      try await client.delete(Namespace.self, ObjectKey(name: "shop"))
      #expect(
        try await eventually {
          try await client.list(Namespace.self).items.allSatisfy { $0.metadata.name != "shop" }
        })
      #expect(try await client.list(Pod.self, in: "shop").items.isEmpty)
      #expect(try await client.list(ConfigMap.self, in: "shop").items.isEmpty)
    }
  }

  @Test func aPodThatDoesNotFitSaysWhyAndIsTriedAgain() async throws {
    try await withKubelet { cluster in
      let client = cluster.client
      try await cluster.addNode("node-1", cpu: "1")
      let pod = Pod("big", in: "default") {
        $0.spec.containers = [
          Container {
            $0.name = "c"
            $0.image = "i"
            $0.resources = ResourceRequirements { $0.requests = ["cpu": Quantity("2")] }
          }
        ]
      }
      _ = try await client.create(pod)
      #expect(
        try await eventually {
          try await client.get(Pod.self, pod.key).condition("PodScheduled")?.message
            == "0/1 nodes are available: 1 Insufficient cpu."
        })
      #expect(
        try await eventually {
          try await client.list(Event.self, in: "default").items.contains {
            $0.reason == "FailedScheduling" && $0.message == "0/1 nodes are available: 1 Insufficient cpu."
          }
        })
      try await cluster.addNode("node-2", cpu: "4")
      #expect(try await eventually { try await client.get(Pod.self, pod.key).nodeName == "node-2" })
    }
  }

  @Test func aSilentNodeIsTaintedAndItsPodsAreNotReady() async throws {
    try await ControlledCluster.with(gracePeriod: .milliseconds(300)) { cluster in
      let client = cluster.client
      try await cluster.addNode("node-1")
      var pod = Pod("web", in: "default") {
        $0.spec.nodeName = "node-1"
        $0.spec.containers = [
          Container {
            $0.name = "c"
            $0.image = "i"
          }
        ]
        $0.spec.tolerations = [
          Toleration {
            $0.key = "node.kubernetes.io/unreachable"
            $0.operator = "Exists"
            $0.effect = "NoExecute"
            $0.tolerationSeconds = 1
          }
        ]
      }
      pod = try await client.create(pod)
      pod.status.conditions = [
        PodCondition {
          $0.type = "Ready"
          $0.status = "True"
        }
      ]
      _ = try await client.update(pod, subresource: "status")
      #expect(
        try await eventually {
          let node = try await client.get(Node.self, ObjectKey(name: "node-1"))
          let ready = node.status.conditions.first { $0.type == "Ready" }
          let taints = node.spec.taints.filter { $0.key == NodeHealthPlan.unreachable }
          return ready?.status == "Unknown" && Set(taints.compactMap(\.effect)) == ["NoSchedule", "NoExecute"]
        })
      #expect(try await eventually { try await client.get(Pod.self, pod.key).condition("Ready")?.status == "False" })
      // Evicted a second after the taint came.
      #expect(try await eventually { try await client.get(Pod.self, pod.key).isTerminating })
    }
  }
}
