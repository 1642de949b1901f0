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
  public struct Configuration: Sendable {
    /// The Node this runs on; endpoints on it are local.
    public var nodeName: String
    /// Where pods have their addresses.
    public var clusterCIDRs: [IPPrefix]
    /// Where ClusterIPs come from.
    public var serviceCIDRs: [IPPrefix]
    /// On which of the node's addresses node ports answer; empty for all but loopback.
    public var nodePortAddresses: [IPPrefix]
    /// Masquerades everything to a ClusterIP.
    public var masqueradeAll: Bool
    /// Sets a route for the service CIDRs where none covers them, so that the node's own programs reach ClusterIPs.
    public var setsServiceRoute: Bool
    /// The source of those packets; empty for the Node's InternalIPs.
    public var nodeAddresses: [IPAddress]
    /// How long a change may wait before `/healthz` says so.
    public var healthDeadline: Duration
    /// The network namespace to work in; nil for the process's.
    public var namespace: NetworkNamespace?

    public init(
      nodeName: String, clusterCIDRs: [IPPrefix] = [], serviceCIDRs: [IPPrefix] = [],
      nodePortAddresses: [IPPrefix] = [], masqueradeAll: Bool = false, setsServiceRoute: Bool = true,
      nodeAddresses: [IPAddress] = [], healthDeadline: Duration = .seconds(60)
    ) {
      self.nodeName = nodeName
      self.clusterCIDRs = clusterCIDRs
      self.serviceCIDRs = serviceCIDRs
      self.nodePortAddresses = nodePortAddresses
      self.masqueradeAll = masqueradeAll
      self.setsServiceRoute = setsServiceRoute
      self.nodeAddresses = nodeAddresses
      self.healthDeadline = healthDeadline
    }

    var rulesetOptions: Ruleset.Options {
      Ruleset.Options(
        clusterCIDRs: clusterCIDRs, serviceCIDRs: serviceCIDRs, nodePortAddresses: nodePortAddresses,
        masqueradeAll: masqueradeAll)
    }
  }

  private let configuration: Configuration
  private let client: KubeClient
  private let metrics: ProxyMetrics
  private let health: HealthChecks
  private let logger: Logger

  public init(
    configuration: Configuration, client: KubeClient, metrics: MetricsRegistry, health: HealthChecks,
    logger: Logger
  ) {
    self.configuration = configuration
    self.client = client
    self.metrics = ProxyMetrics(metrics)
    self.health = health
    self.logger = logger
  }

  /// Slices of headless Services, and Services of another proxy, do not even cross the wire.
  static let sliceSelector = "!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name"
  static let serviceSelector = "!service.kubernetes.io/service-proxy-name"

  /// Runs until graceful shutdown or cancellation.
  ///
  /// - Throws: `NetlinkError` where netfilter cannot be reached at all.
  public func run() async throws {
    let inbox = Inbox()
    let status = ProxyStatus()
    registerChecks(status)
    let place = configuration.namespace
    let nftables = try place.inside { () throws(NetlinkError) in try NFTablesSocket() }
    let conntrack = try place.inside { () throws(NetlinkError) in try ConntrackSocket() }
    let route =
      configuration.setsServiceRoute
      ? try place.inside { () throws(NetlinkError) in try ServiceRoute() } : nil
    let events = EventRecorder(client, component: "skiff-proxy", host: configuration.nodeName)
    let healthChecks = HealthCheckServer(
      in: place, addresses: configuration.nodePortAddresses,
      isProxyHealthy: { [deadline = configuration.healthDeadline] in status.progress(deadline: deadline) == .healthy },
      report: { service, problem in
        events.warn(service, "FailedToStartServiceHealthcheck", "health check port: \(problem)")
      }, logger: logger)
    let loop = ProxyLoop(
      configuration: configuration, nftables: nftables, conntrack: conntrack, route: route,
      makeMonitor: { () throws(NetlinkError) in
        try place.inside { () throws(NetlinkError) in try NFTablesMonitor() }
      }, healthChecks: healthChecks, inbox: inbox, status: status, metrics: metrics, events: events, logger: logger)
    let node = configuration.nodeName
    let services = Informer<KubeAPI.Service, ServiceDefinition>(client, labelSelector: Self.serviceSelector) {
      ServiceDefinition($0)
    }
    let slices = Informer<EndpointSlice, EndpointSliceDefinition>(client, labelSelector: Self.sliceSelector) {
      EndpointSliceDefinition($0, node: node)
    }
    let nodes = Informer<Node, NodeFacts>(client, fieldSelector: "metadata.name=\(node)") { NodeFacts($0) }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { for await event in services.events() { inbox.post(.services(event)) } }
      group.addTask { for await event in slices.events() { inbox.post(.slices(event)) } }
      group.addTask { for await event in nodes.events() { inbox.post(.node(event)) } }
      group.addTask { await healthChecks.run() }
      group.addTask { await loop.run() }
      await withTaskCancellationOrGracefulShutdownHandler {
        await group.next()
      } onCancelOrGracefulShutdown: {
        inbox.close()
      }
      group.cancelAll()
    }
  }

  private func registerChecks(_ status: ProxyStatus) {
    let deadline = configuration.healthDeadline
    health.register("service-proxy", [.live, .ready, .health]) { status.progress(deadline: deadline) }
    health.register("service-proxy-synced", [.ready]) { status.synced() }
    // A node that is going away should get no more traffic, but need not be restarted.
    health.register("service-proxy-node", [.health]) { status.nodeEligibility() }
  }

  /// Removes all that this proxy has made in the network namespace of the calling thread: its table and its routes.
  /// Established connections go on.
  public static func cleanup() throws {
    try ServiceProgrammer.cleanup(try NFTablesSocket())
    _ = try ServiceRoute().reconcile([], nodeAddresses: [])
  }
}
