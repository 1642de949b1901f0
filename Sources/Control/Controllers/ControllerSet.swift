import KubeAPI
import KubeClient
import Logging
import ServiceLifecycle
import Telemetry

/// All controllers and the scheduler, over one set of caches.
///
/// Where several servers share a store, only the leader runs it.
struct ControllerSet: ServiceLifecycle.Service {
  struct Configuration: Sendable {
    /// The ranges that nodes get their pod CIDRs from, one a family.
    var clusterCIDRs: [String]
    var nodeCIDRMaskSize: Int
    var nodeCIDRMaskSizeIPv6: Int
    /// PEM of the authority that the API server's certificate comes from.
    var rootCertificate: String
    /// How long a node may be silent.
    var nodeGracePeriod: Duration
    var runsScheduler: Bool

    init(
      clusterCIDRs: [String] = ["10.244.0.0/16"], nodeCIDRMaskSize: Int = 24, nodeCIDRMaskSizeIPv6: Int = 64,
      rootCertificate: String, nodeGracePeriod: Duration = .seconds(40), runsScheduler: Bool = true
    ) {
      self.clusterCIDRs = clusterCIDRs
      self.nodeCIDRMaskSize = nodeCIDRMaskSize
      self.nodeCIDRMaskSizeIPv6 = nodeCIDRMaskSizeIPv6
      self.rootCertificate = rootCertificate
      self.nodeGracePeriod = nodeGracePeriod
      self.runsScheduler = runsScheduler
    }
  }

  private let caches: CacheSet
  private let graph: ObjectGraph
  private let loops: [ReconcileLoop]
  private let scheduler: Scheduler?
  private let metrics: ControllerMetrics
  private let logger: Logger

  /// - Throws: where the cluster's ranges cannot be divided among nodes.
  init(
    client: KubeClient, configuration: Configuration, metrics registry: MetricsRegistry, health: HealthChecks,
    logger: Logger
  ) throws {
    let caches = CacheSet(client)
    self.caches = caches
    self.logger = logger
    metrics = ControllerMetrics(registry)
    /// Events name the part that tells, by upstream's names.
    func context(_ component: String) -> ControllerContext {
      ControllerContext(
        client: client, caches: caches, events: EventRecorder(client, component: component), logger: logger)
    }
    let resources = Self.collectable()
    // Events come and go by the thousand and own nothing.
    graph = ObjectGraph(client, resources: resources.filter { $0.resource != "events" })
    loops = [
      DeploymentController(context("deployment-controller")).loop,
      ReplicaSetController(context("replicaset-controller")).loop,
      EndpointsController(context("endpoint-slice-controller")).loop,
      ServiceAccountController(context("serviceaccount-controller")).loop,
      RootCAPublisher(context("root-ca-publisher"), certificate: configuration.rootCertificate).loop,
      NamespaceController(context("namespace-controller"), graph: graph, resources: resources).loop,
      GarbageCollector(context("garbage-collector"), graph: graph).loop,
      try NodeIPAMController(
        context("cidrAllocator"), clusterCIDRs: configuration.clusterCIDRs, maskSize: configuration.nodeCIDRMaskSize,
        maskSizeIPv6: configuration.nodeCIDRMaskSizeIPv6
      ).loop,
      NodeLifecycleController(context("node-controller"), gracePeriod: configuration.nodeGracePeriod).loop,
      TaintEvictionController(context("taint-eviction-controller")).loop,
      PodCollector(context("pod-garbage-collector")).loop,
    ]
    scheduler =
      configuration.runsScheduler
      ? Scheduler(context(SchedulerState.schedulerName), metrics: SchedulerMetrics(registry)) : nil
    health.register("controllers", [.ready]) {
      caches.pods.isSynced && caches.nodes.isSynced ? .healthy : .unhealthy("the caches are not filled yet")
    }
  }

  /// The resources of the schema that can be listed, watched and deleted.
  static func collectable() -> [GroupVersionResource] {
    let needed = ["list", "watch", "delete"]
    return Schema.builtin.resources.filter { resource in needed.allSatisfy(resource.verbs.contains) }
      .map(\.groupVersionResource)
  }

  func run() async throws {
    await cancelWhenGracefulShutdown {
      await withTaskGroup(of: Void.self) { group in
        for run in caches.runs { group.addTask { await run() } }
        group.addTask { await graph.run() }
        // Decisions need the whole picture: nothing is done before every cache is filled.
        await caches.synced()
        await graph.synced()
        guard !Task.isCancelled else { return }
        logger.info("controllers are running", metadata: ["count": "\(loops.count)"])
        if let scheduler { group.addTask { await scheduler.run() } }
        for loop in loops {
          group.addTask {
            await withTaskCancellationHandler {
              await loop.run(metrics: metrics, logger: logger)
            } onCancel: {
              loop.queue.close()
            }
          }
        }
      }
    }
  }
}
