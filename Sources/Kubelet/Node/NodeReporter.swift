import GRPCCore
import KubeAPI
import KubeClient
import Logging
import Synchronization

/// Registers the node, tells its status where it changes, and renews its lease.
final class NodeReporter: Sendable {
  private let configuration: NodeKubelet.Configuration
  private let client: KubeClient
  private let runtime: RuntimeClient
  private let recorder: EventRecorder
  private let facts: NodeFacts
  private let runtimeVersion: String
  private let port: Int
  private let logger: Logger
  /// What was told last, without the heartbeats.
  private let ready = Mutex(false)

  var isReady: Bool { ready.withLock { $0 } }

  init(
    configuration: NodeKubelet.Configuration, client: KubeClient, runtime: RuntimeClient, recorder: EventRecorder,
    facts: NodeFacts, runtimeVersion: String, port: Int, logger: Logger
  ) {
    self.configuration = configuration
    self.client = client
    self.runtime = runtime
    self.recorder = recorder
    self.facts = facts
    self.runtimeVersion = runtimeVersion
    self.port = port
    self.logger = logger
  }

  private var key: ObjectKey { ObjectKey(name: configuration.nodeName) }

  // MARK: registration

  private var labels: [String: String] {
    let own = [
      "kubernetes.io/hostname": configuration.nodeName, "kubernetes.io/os": "linux",
      "kubernetes.io/arch": NodeFacts.architecture, "beta.kubernetes.io/os": "linux",
      "beta.kubernetes.io/arch": NodeFacts.architecture,
    ]
    return own.merging(configuration.nodeLabels) { _, given in given }
  }

  /// Makes the node, or brings the labels of one that is there up to date. Tries until the API server takes it.
  func register() async throws -> Node {
    var delay = Duration.milliseconds(50)
    while true {
      try Task.checkCancellation()
      do {
        do {
          let node = try await client.get(Node.self, key)
          let missing = labels.filter { node.metadata.labels[$0.key] != $0.value }
          if missing.isEmpty { return node }
          let values = JSONObject(missing.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
          return try await client.patch(Node.self, key, as: .merge, ["metadata": ["labels": .object(values)]])
        } catch let error as APIError where error.isNotFound {
          let first = status(await conditions(), before: NodeStatus())
          let node = Node(configuration.nodeName) {
            $0.metadata.labels = labels
            $0.status = first
          }
          let made = try await client.create(node)
          recorder.record(
            on: made, type: .normal, reason: "RegisteredNode",
            message: "Node \(configuration.nodeName) registered itself")
          return made
        }
      } catch {
        try Task.checkCancellation()
        logger.debug("cannot register the node yet", metadata: ["error": "\(error)"])
        try await Task.sleep(for: delay)
        delay = min(delay * 2, .seconds(2))
      }
    }
  }

  // MARK: status

  func run() async throws {
    var node = try await register()
    logger.info("registered the node", metadata: ["node": "\(configuration.nodeName)"])
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await self.renewLease() }
      defer { group.cancelAll() }
      var told: NodeStatus?
      var toldAt = 0.0
      var failures = 0
      while true {
        try Task.checkCancellation()
        let conditions = await conditions()
        let status = status(conditions, before: node.status)
        let now = KubeletContext.now
        let changed = told.map { Self.differs($0, status) } ?? Self.differs(node.status, status)
        if changed || now - toldAt > 300 {
          do {
            node = try await write(status)
            if told == nil || Self.ready(told) != conditions.isReady { announce(conditions.isReady) }
            (told, toldAt, failures) = (status, now, 0)
          } catch let error as APIError where error.isNotFound {
            logger.warning("the node was deleted; registers it again")
            node = try await register()
            told = nil
          } catch {
            failures += 1
            if failures % 10 == 1 { logger.warning("cannot write the node's status", metadata: ["error": "\(error)"]) }
          }
        }
        // A node that is about to be ready is looked at often, so that it is ready soon; later now and then.
        try await Task.sleep(for: conditions.isReady ? .seconds(1) : .milliseconds(100))
      }
    }
  }

  private func announce(_ isReady: Bool) {
    ready.withLock { $0 = isReady }
    let reference = ObjectReference {
      $0.kind = "Node"
      $0.name = configuration.nodeName
      $0.uid = configuration.nodeName
    }
    recorder.record(
      on: reference, type: .normal, reason: isReady ? "NodeReady" : "NodeNotReady",
      message: "Node \(configuration.nodeName) status is now: \(isReady ? "NodeReady" : "NodeNotReady")")
    logger.info("the node is \(isReady ? "ready" : "not ready")")
  }

  private static func ready(_ status: NodeStatus?) -> Bool {
    status?.conditions.first { $0.type == "Ready" }?.status == "True"
  }

  /// Whether more than the heartbeats differs.
  static func differs(_ one: NodeStatus, _ other: NodeStatus) -> Bool {
    func still(_ status: NodeStatus) -> JSONValue {
      var status = status
      status.conditions = status.conditions.map { condition in
        NodeCondition {
          $0.type = condition.type
          $0.status = condition.status
          $0.reason = condition.reason
          $0.message = condition.message
        }
      }
      var json = status.json
      json["images"] = nil
      json["phase"] = nil
      json["volumesAttached"] = nil
      return json
    }
    return still(one) != still(other)
  }

  private func write(_ status: NodeStatus) async throws -> Node {
    try await client.patch(Node.self, key, subresource: "status", as: .merge, ["status": status.json])
  }

  private func status(_ conditions: NodeConditions, before: NodeStatus) -> NodeStatus {
    NodeStatus {
      $0.capacity = facts.capacity(maxPods: configuration.maxPods)
      $0.allocatable = facts.allocatable(maxPods: configuration.maxPods)
      $0.conditions = conditions.conditions(before: before.conditions, now: .now())
      $0.addresses =
        configuration.nodeAddresses.map { address in
          NodeAddress {
            $0.type = "InternalIP"
            $0.address = address
          }
        } + [
          NodeAddress {
            $0.type = "Hostname"
            $0.address = configuration.nodeName
          }
        ]
      $0.daemonEndpoints = NodeDaemonEndpoints { $0.json["kubeletEndpoint"] = ["Port": .integer(Int64(port))] }
      $0.nodeInfo = NodeSystemInfo {
        $0.machineID = facts.machineID
        $0.systemUUID = facts.systemUUID
        $0.bootID = facts.bootID
        $0.kernelVersion = facts.kernel
        $0.osImage = facts.osImage
        $0.containerRuntimeVersion = runtimeVersion
        $0.kubeletVersion = configuration.version
        $0.kubeProxyVersion = configuration.version
        $0.operatingSystem = "linux"
        $0.architecture = NodeFacts.architecture
      }
    }
  }

  private func conditions() async -> NodeConditions {
    let answer: NodeConditions.Runtime
    do {
      let status = try await runtime.status()
      func condition(_ type: String) -> (Bool, String) {
        guard let found = status.conditions.first(where: { $0.type == type }) else { return (false, "no \(type)") }
        return (found.status, [found.reason, found.message].filter { !$0.isEmpty }.joined(separator: ": "))
      }
      let (ready, why) = condition("RuntimeReady")
      let (network, networkWhy) = condition("NetworkReady")
      answer = .answered(ready: ready, runtimeMessage: why, network: network, networkMessage: networkWhy)
    } catch {
      answer = .silent(ImagePuller.text(of: error))
    }
    let disk = Filesystem(path: configuration.rootDirectory)
    func share(_ part: Int64?, _ whole: Int64?) -> Double {
      guard let part, let whole, whole > 0 else { return 1 }
      return Double(part) / Double(whole)
    }
    return NodeConditions(
      runtime: answer, availableMemory: NodeFacts.amount(ofMemory: "MemAvailable"),
      availableStorage: share(disk?.available, disk?.size), freeInodes: share(disk?.freeInodes, disk?.inodes),
      freeProcesses: Self.hasFreeProcesses())
  }

  /// The fourth field of `/proc/loadavg` holds the number of tasks.
  private static func hasFreeProcesses() -> Bool {
    guard let limit = Files.text("/proc/sys/kernel/pid_max").flatMap({ Int($0.trimmed) }),
      let field = Files.text("/proc/loadavg")?.split(separator: " ").dropFirst(3).first,
      let used = field.split(separator: "/").last.flatMap({ Int($0) })
    else { return true }
    return used < limit - limit / 100
  }

  // MARK: lease

  private static let leaseSeconds: Int32 = 40

  private func renewLease() async throws {
    let key = ObjectKey(namespace: "kube-node-lease", name: configuration.nodeName)
    while true {
      try Task.checkCancellation()
      do {
        do {
          let patch: JSONValue = [
            "spec": [
              "holderIdentity": .string(configuration.nodeName),
              "leaseDurationSeconds": .integer(Int64(Self.leaseSeconds)), "renewTime": MicroTime.now().jsonValue,
            ]
          ]
          _ = try await client.patch(Lease.self, key, as: .merge, patch)
        } catch let error as APIError where error.isNotFound {
          let node = try await client.get(Node.self, self.key)
          let lease = Lease(key.name, in: key.namespace) {
            $0.metadata.ownerReferences = [
              OwnerReference {
                $0.apiVersion = "v1"
                $0.kind = "Node"
                $0.name = configuration.nodeName
                $0.uid = node.metadata.uid
              }
            ]
            $0.spec.holderIdentity = configuration.nodeName
            $0.spec.leaseDurationSeconds = Self.leaseSeconds
            $0.spec.renewTime = .now()
          }
          _ = try await client.create(lease)
        }
        try await Task.sleep(for: .seconds(10))
      } catch let error as CancellationError {
        throw error
      } catch {
        logger.warning("cannot renew the node's lease", metadata: ["error": "\(error)"])
        try await Task.sleep(for: .seconds(1))
      }
    }
  }
}
