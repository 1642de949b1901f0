import FoundationEssentials
import KubeAPI
public import KubeClient
public import Logging
public import Netlink
public import ServiceLifecycle
public import Telemetry

/// The service proxy of one node: Services and EndpointSlices into nftables.
///
/// Stopping leaves everything as it is: connections, and new ones
/// too, go on while it is away.
public struct Proxy: ServiceLifecycle.Service {
  private let configuration: Configuration
  private let client: KubeClient
  private let metrics: ProxyMetrics
  private let registry: MetricsRegistry
  private let status: ProxyStatus
  private let logger: Logger

  /// Health checks are there from now on, and say that nothing is synced yet.
  public init(
    configuration: Configuration, client: KubeClient, metrics: MetricsRegistry, health: HealthChecks,
    logger: Logger
  ) {
    self.configuration = configuration
    self.client = client
    self.metrics = ProxyMetrics(metrics)
    registry = metrics
    status = ProxyStatus(deadline: configuration.healthDeadline)
    self.logger = logger
    registerChecks(health)
  }

  /// Slices of headless Services, and Services of another proxy, do not even cross the wire.
  static let sliceSelector = "!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name"
  static let serviceSelector = "!service.kubernetes.io/service-proxy-name"

  /// Runs until graceful shutdown or cancellation.
  ///
  /// - Throws: `NetlinkError` where netfilter cannot be reached at all.
  public func run() async throws {
    let inbox = Inbox()
    let connections = try connect()
    let takeover = Takeover(
      connection: connections.nftables, namespace: configuration.namespace,
      removes: configuration.removesKubeProxyTables, metrics: metrics, logger: logger)
    if let counter = connections.counter { registry.collector { counter.snapshots() } }
    let loop = ProxyLoop(
      configuration, connections, inbox: inbox, status: status, metrics: metrics, logger: logger,
      whenSynced: { [configuration, logger] in
        takeover.run()
        // Only now, for the rules have loaded what the sysctls belong to.
        configuration.conntrack?.apply(in: configuration.namespace, logger: logger)
      })
    if !configuration.tellsPods {
      logger.notice(
        "nothing says who is a pod, so nothing is masqueraded on its way to a ClusterIP: see --detect-local-mode")
    }
    let node = configuration.nodeName
    let services = Informer<KubeAPI.Service, ServiceDefinition>(client, labelSelector: Self.serviceSelector) {
      ServiceDefinition($0)
    }
    let slices = Informer<EndpointSlice, EndpointSliceDefinition>(client, labelSelector: Self.sliceSelector) {
      EndpointSliceDefinition($0, node: node)
    }
    let nodes = Informer<Node, NodeFacts>(client, fieldSelector: "metadata.name=\(node)") { NodeFacts($0) }
    let ranges = ServiceCIDRWatch(client: client, inbox: inbox, logger: logger)
    // While the API server is being asked. An error comes again when the maps are needed, and is told then.
    let reading = Task.detached { [nftables = connections.nftables] in
      inbox.post(.elements(try? KernelElements(nftables)))
    }
    defer { reading.cancel() }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { for await event in services.events() { inbox.post(.services(event)) } }
      group.addTask { for await event in slices.events() { inbox.post(.slices(event)) } }
      group.addTask { for await event in nodes.events() { inbox.post(.node(event)) } }
      group.addTask { await ranges.run() }
      group.addTask { await connections.healthChecks.run() }
      group.addTask { await loop.run() }
      await withTaskCancellationOrGracefulShutdownHandler {
        await group.next()
      } onCancelOrGracefulShutdown: {
        inbox.close()
      }
      group.cancelAll()
    }
  }

  private func connect() throws(NetlinkError) -> ProxyLoop.Connections {
    let place = configuration.namespace
    let events = EventRecorder(client, component: "skiff-proxy", host: configuration.nodeName)
    let healthChecks = HealthCheckServer(
      in: place, isProxyHealthy: { [status] in status.progress == .healthy },
      report: { service, problem in
        events.warn(service, "FailedToStartServiceHealthcheck", "health check port: \(problem)")
      }, logger: logger)
    let setsRoute = configuration.setsServiceRoute
    let counts = configuration.countsConnections
    return try ProxyLoop.Connections(
      nftables: place.inside { () throws(NetlinkError) in try NFTablesSocket() },
      conntrack: place.inside { () throws(NetlinkError) in try ConntrackSocket() },
      addresses: place.inside { () throws(NetlinkError) in try RouteSocket() },
      route: place.inside { () throws(NetlinkError) in setsRoute ? try ServiceRoute() : nil },
      makeMonitor: { () throws(NetlinkError) in
        try place.inside { () throws(NetlinkError) in try NFTablesMonitor() }
      }, healthChecks: healthChecks,
      counter: place.inside { () throws(NetlinkError) in
        counts ? ConnectionCounter(try NFTablesSocket(), logger: logger) : nil
      },
      events: events)
  }

  private func registerChecks(_ health: HealthChecks) {
    health.register("service-proxy", [.live, .ready, .health]) { [status] in status.progress }
    health.register("service-proxy-synced", [.ready]) { [status] in status.synced }
    // A node that is going away should get no more traffic, but need not be restarted.
    health.register("service-proxy-node", [.health]) { [status] in status.nodeEligibility }
    for probe in [HealthProbe.live, .health] {
      health.setDocument(of: probe) { [metrics, status] isHealthy in
        metrics.answered(probe, isHealthy: isHealthy)
        return status.document(isHealthy: isHealthy, withNode: probe == .health)
      }
    }
  }

  /// Removes all that this proxy has made in a network namespace: its table and its routes. Established connections go
  /// on, for their translation is connection tracking's. It may be called again.
  ///
  /// - Parameters:
  ///   - namespace: nil for the process's.
  ///   - kubeProxy: whether to remove the tables of kube-proxy's nftables mode, too.
  /// - Throws: `NetlinkError` or `NFCommitError` that names what could not be removed.
  public static func cleanup(in namespace: NetworkNamespace? = nil, kubeProxy: Bool = false) throws {
    let nftables = try namespace.inside { () throws(NetlinkError) in try NFTablesSocket() }
    try ServiceProgrammer.cleanup(nftables)
    if kubeProxy { _ = try KubeProxyRules.remove(nftables) }
    let route = try namespace.inside { () throws(NetlinkError) in try ServiceRoute() }
    _ = try route.reconcile(ServiceRoute.Wanted(prefixes: [], nodeAddresses: []))
  }
}

extension Proxy.Configuration {
  /// Whether packets of pods can be told from others, or need not.
  fileprivate var tellsPods: Bool { masqueradeAll || localDetection != .clusterCIDRs || !clusterCIDRs.isEmpty }
}
