import Glibc
import KubeAPI
public import KubeClient
public import Logging
import NIOCore
import NIOPosix
import Netlink
public import ServiceLifecycle
public import Telemetry

/// The DNS server of a node: the cluster's zone from a snapshot, everything else from upstreams.
///
/// `run` binds, serves, and returns after a graceful shutdown or when its task is cancelled. The addresses on `lo` and
/// the table `inet skiff-dns` stay behind, so that a restart finds them and pods keep their route to the node's own
/// DNS; ``cleanup(_:)`` removes them.
public struct DNSServer: ServiceLifecycle.Service {
  private let configuration: Configuration
  private let client: KubeClient
  private let metrics: MetricsRegistry
  private let health: HealthChecks
  private let logger: Logger

  public init(
    configuration: Configuration, client: KubeClient, metrics: MetricsRegistry, health: HealthChecks, logger: Logger
  ) {
    self.configuration = configuration
    self.client = client
    self.metrics = metrics
    self.health = health
    self.logger = logger
  }

  /// - Throws: ``DNSServerError`` where an address cannot be bound or the configuration is wrong; `NetlinkError` and
  ///   `NFCommitError` where the node's addresses or rules cannot be set.
  public func run() async throws { try await run { _ in } }

  /// Removes the addresses from `lo` and the table, in the calling thread's namespace.
  public static func cleanup(_ configuration: Configuration) throws {
    try UntrackedRules.remove(over: try NFTablesSocket())
    try NodeAddresses.remove(configuration.listenAddresses.map(\.address))
  }

  /// - Parameter onBound: called once with the addresses at which the server answers, UDP and TCP alike.
  func run(onBound: @Sendable ([ListenAddress]) -> Void) async throws {
    let settings = try configuration.answerSettings()
    guard let planner = ZonePlanner(zone: settings.zone, podNames: configuration.podNames) else {
      throw DNSServerError("use", "cluster domain \"\(configuration.clusterDomain)\"", reason: "it is too long")
    }
    if configuration.ownsAddresses { try takeAddresses() }
    let dnsMetrics = DNSMetrics(metrics, zone: settings.zone)
    let zone = ClusterZone(
      planner, servers: configuration.listenAddresses.map(\.address), metrics: dnsMetrics, logger: logger)
    health.register("dns", [.ready]) {
      let missing = zone.unsynced
      return missing.isEmpty ? .healthy : .unhealthy("waiting for \(missing.joined(separator: ", "))")
    }
    let serving = try await Serving(
      configuration, settings, zone.store, metrics: dnsMetrics, logger: logger)
    onBound(serving.addresses)
    await cancelWhenGracefulShutdown { await self.follow(zone) }
    try await serving.stop()
  }

  private func takeAddresses() throws {
    let added = try NodeAddresses.add(configuration.listenAddresses.map(\.address))
    for address in added { logger.info("added address to lo", metadata: ["address": "\(address.address)"]) }
    let isChanged = try UntrackedRules.apply(
      UntrackedRules.plan(configuration.listenAddresses), over: try NFTablesSocket())
    if isChanged { logger.info("wrote nftables table", metadata: ["table": "\(UntrackedRules.table)"]) }
  }

  /// Feeds the zone from the cluster until the task is cancelled.
  private func follow(_ zone: ClusterZone) async {
    await withDiscardingTaskGroup { group in
      group.addTask {
        let events = Informer<KubeAPI.Service, ServiceFacts>(client) { ServiceFacts($0) }.events()
        for await event in events { await zone.handle(services: event) }
      }
      group.addTask {
        let events = Informer<EndpointSlice, SliceFacts>(client) { SliceFacts($0) }.events()
        for await event in events { await zone.handle(slices: event) }
      }
      group.addTask {
        let events = Informer<Namespace, Bool>(client) { _ in true }.events()
        for await event in events { await zone.handle(namespaces: event) }
      }
      if configuration.podNames == .verified {
        group.addTask {
          let events = Informer<Pod, [IPAddress]>(client) { Self.addresses(of: $0) }.events()
          for await event in events { await zone.handle(pods: event) }
        }
      }
      group.addTask {
        while !Task.isCancelled {
          try? await Task.sleep(for: .seconds(1))
          await zone.reclaim()
        }
      }
    }
  }

  /// The addresses of a pod that has not ended; `nil` where it has none.
  private static func addresses(of pod: Pod) -> [IPAddress]? {
    guard pod.status.phase != "Succeeded", pod.status.phase != "Failed" else { return nil }
    var texts = pod.status.podIPs.compactMap(\.ip)
    if texts.isEmpty, let text = pod.status.podIP { texts = [text] }
    let addresses = texts.compactMap { IPAddress($0) }
    return addresses.isEmpty ? nil : addresses
  }
}
