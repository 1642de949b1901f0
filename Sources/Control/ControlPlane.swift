import KubeClient
public import Logging
public import ServiceLifecycle
public import Telemetry

/// The control plane of a cluster in one service: store, API server, controllers and scheduler.
public struct ControlPlane: Service {
  public struct Configuration: Sendable {
    /// Where the API server listens.
    public var bindAddress: String
    /// 0: any free port.
    public var port: Int
    /// The address by which pods and nodes reach the API server: the endpoint of the `kubernetes` service.
    public var advertiseAddress: String
    /// The SQLite file; its directory exists.
    public var storePath: String
    public var synchronous: SQLiteStore.Synchronous
    public var certificates: Certificates
    public var serviceCIDR: String
    public var clusterCIDR: String
    /// How many bits of an address name the node: 24 gives each node 256 addresses.
    public var nodeCIDRMaskSize: Int
    public var nodePorts: ClosedRange<Int>
    /// The address of the `kube-dns` service.
    public var clusterDNSAddress: String
    public var clusterDomain: String
    /// How long the past is kept for watches and lists that go on.
    public var history: Duration

    public init(
      bindAddress: String = "0.0.0.0", port: Int = 6443, advertiseAddress: String, storePath: String,
      synchronous: SQLiteStore.Synchronous = .full, certificates: Certificates, serviceCIDR: String = "10.96.0.0/16",
      clusterCIDR: String = "10.244.0.0/16", nodeCIDRMaskSize: Int = 24,
      nodePorts: ClosedRange<Int> = 30_000...32_767, clusterDNSAddress: String = "10.96.0.10",
      clusterDomain: String = "cluster.local", history: Duration = .seconds(300)
    ) {
      self.bindAddress = bindAddress
      self.port = port
      self.advertiseAddress = advertiseAddress
      self.storePath = storePath
      self.synchronous = synchronous
      self.certificates = certificates
      self.serviceCIDR = serviceCIDR
      self.clusterCIDR = clusterCIDR
      self.nodeCIDRMaskSize = nodeCIDRMaskSize
      self.nodePorts = nodePorts
      self.clusterDNSAddress = clusterDNSAddress
      self.clusterDomain = clusterDomain
      self.history = history
    }
  }

  /// What the server shows to clients and kubelets, and by what it knows them.
  public struct Certificates: Sendable {
    public var serving: CertificatePair
    /// Who signs client certificates, in PEM.
    public var clientAuthority: String
    /// `nil`: logs and exec are not served.
    public var kubelet: KubeletConnection?

    public init(serving: CertificatePair, clientAuthority: String, kubelet: KubeletConnection?) {
      self.serving = serving
      self.clientAuthority = clientAuthority
      self.kubelet = kubelet
    }

    /// Certificates of one authority for everything, issued anew: only the authority needs to be kept.
    ///
    /// - Parameter addresses: the names and addresses by which clients reach the server.
    /// - Throws: ``PKIError``.
    public static func issue(
      from authority: CertificateAuthority, addresses: [String], serviceCIDR: String = "10.96.0.0/16",
      clusterDomain: String = "cluster.local"
    ) throws(PKIError) -> Certificates {
      let serving = try authority.apiServer(
        addresses: addresses, serviceAddress: IPv4Block(serviceCIDR)?.text(at: 1), clusterDomain: clusterDomain)
      let client = try authority.kubeletClient()
      return Certificates(
        serving: serving, clientAuthority: authority.certificatePEM,
        kubelet: KubeletConnection(
          certificate: Array(client.certificate.utf8), key: Array(client.key.utf8),
          authority: Array(authority.certificatePEM.utf8)))
    }
  }

  private let configuration: Configuration
  private let metrics: MetricsRegistry
  private let health: HealthChecks
  private let logger: Logger

  public init(configuration: Configuration, metrics: MetricsRegistry, health: HealthChecks, logger: Logger) {
    self.configuration = configuration
    self.metrics = metrics
    self.health = health
    self.logger = logger
  }

  public func run() async throws { try await run { _ in } }

  /// Runs until graceful shutdown or cancellation.
  ///
  /// - Parameter onListening: called with the port when requests are served and the cluster's own objects are there.
  /// - Throws: ``StoreError``, ``ListenError`` and ``PKIError`` where it cannot begin.
  public func run(_ onListening: @Sendable (Int) async -> Void) async throws {
    let store = try SQLiteStore(.file(configuration.storePath), synchronous: configuration.synchronous)
    do {
      try await serve(store, onListening)
    } catch {
      await store.close()
      throw error
    }
    await store.close()
  }

  private func serve(_ store: SQLiteStore, _ onListening: @Sendable (Int) async -> Void) async throws {
    let server = try APIServer(
      store: store,
      configuration: APIServer.Configuration(
        serviceCIDR: configuration.serviceCIDR, nodePorts: configuration.nodePorts,
        kubelet: configuration.certificates.kubelet),
      metrics: metrics, health: health, logger: logger)
    health.register("ping") { .healthy }
    health.register("store") {
      do {
        _ = try await store.get("ping")
        return .healthy
      } catch {
        return .unhealthy("\(error)")
      }
    }
    try await server.start()
    let client = KubeClient(transport: server.transport(), logger: logger)
    let http: HTTPServer
    do {
      http = try await HTTPServer(
        HTTPServer.Configuration(
          host: configuration.bindAddress, port: configuration.port, serving: configuration.certificates.serving,
          clientAuthority: configuration.certificates.clientAuthority),
        server: server, logger: logger)
    } catch {
      await server.stop()
      throw error
    }
    logger.info("API server listens", metadata: ["address": "\(configuration.bindAddress):\(http.port)"])
    do {
      try await Bootstrap(configuration: configuration, port: http.port).run(client)
      await onListening(http.port)
      try await work(store, client)
    } catch is CancellationError {
      // The end that was asked for.
    } catch {
      await server.stop()
      await http.close()
      throw error
    }
    await server.stop()
    await http.close()
    logger.info("API server has ended")
  }

  /// Everything that goes on beside answering requests; returns at shutdown.
  private func work(_ store: SQLiteStore, _ client: KubeClient) async throws {
    let history = configuration.history
    let logger = logger
    let controllers = try ControllerSet(
      client: client,
      configuration: ControllerSet.Configuration(
        clusterCIDRs: [configuration.clusterCIDR], nodeCIDRMaskSize: configuration.nodeCIDRMaskSize,
        rootCertificate: configuration.certificates.clientAuthority),
      metrics: metrics, health: health, logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await gracefulShutdown() }
      group.addTask { try await controllers.run() }
      group.addTask { try await Compaction(store: store, history: history, logger: logger).run() }
      defer { group.cancelAll() }
      try await group.next()
    }
  }
}
