import AsyncHTTPClient
import GRPCCore
import Glibc
public import KubeClient
public import Logging
import NIOPosix
import NIOSSL
public import ServiceLifecycle
public import Telemetry

/// The kubelet: registers the node, runs its pods through CRI, and answers for them.
public struct NodeKubelet: ServiceLifecycle.Service {
  private let configuration: Configuration
  private let client: KubeClient
  private let registry: MetricsRegistry
  private let health: HealthChecks
  private let logger: Logger

  public init(
    configuration: Configuration, client: KubeClient, metrics: MetricsRegistry, health: HealthChecks, logger: Logger
  ) {
    self.configuration = configuration
    self.client = client
    registry = metrics
    self.health = health
    self.logger = logger
  }

  /// Runs until graceful shutdown or cancellation. Pods and containerd go on; the next run takes them over.
  /// - Throws: ``KubeletError`` where something the kubelet needs is missing.
  public func run() async throws {
    try await cancelWhenGracefulShutdown { try await work() }
  }

  private func work() async throws {
    for directory in [
      configuration.rootDirectory, configuration.runDirectory, configuration.rootDirectory + "/pods",
      configuration.rootDirectory + "/logs",
    ] {
      try Files.makeDirectory(directory)
    }
    if let endpoint = configuration.runtimeEndpoint {
      let socket = endpoint.hasPrefix("unix://") ? String(endpoint.dropFirst(7)) : endpoint
      try await run(socket: socket, containerd: nil, lowestOOMScore: HostFeatures.mayLowerOOMScore() ? -1000 : nil)
      return
    }
    let containerd = try await Containerd(
      rootDirectory: configuration.rootDirectory, runDirectory: configuration.runDirectory,
      cniConfigDirectory: configuration.cniConfigDirectory, cniBinDirectory: configuration.cniBinDirectory,
      sandboxImage: PauseImage.name, registryDirectory: configuration.registryDirectory, logger: logger)
    try Files.makeDirectory(configuration.cniConfigDirectory)
    let pid = try containerd.startOrAdopt()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await containerd.supervise(pid) }
      group.addTask {
        try await run(
          socket: containerd.configuration.socket, containerd: containerd,
          lowestOOMScore: containerd.configuration.restrictsOOMScore ? nil : -1000)
      }
      defer { group.cancelAll() }
      _ = try await group.next()
    }
  }

  private func run(socket: String, containerd: Containerd?, lowestOOMScore: Int64?) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while !Files.exists(socket) {
      guard ContinuousClock.now < deadline else {
        throw KubeletError(
          "no container runtime at \(socket) after 30 s\(containerd.map { ": \($0.lastLogLine)" } ?? "")")
      }
      try await Task.sleep(for: .milliseconds(10))
    }
    let runtime = try RuntimeClient(socket: socket)
    let http = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: probeConfiguration)
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await runtime.run() }
        group.addTask {
          try await serve(runtime, containerd, http, lowestOOMScore ?? Self.ownOOMScore())
        }
        defer { group.cancelAll() }
        _ = try await group.next()
      }
    } catch {
      try? await http.shutdown()
      throw error
    }
    try await http.shutdown()
  }

  private var probeConfiguration: HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    configuration.tlsConfiguration = .makeClientConfiguration()
    configuration.tlsConfiguration?.certificateVerification = .none
    configuration.proxy = nil
    return configuration
  }

  private static func ownOOMScore() -> Int64 {
    Files.text("/proc/self/oom_score_adj").flatMap { Int64($0.trimmed) } ?? 0
  }

  private func serve(
    _ runtime: RuntimeClient, _ containerd: Containerd?, _ http: HTTPClient, _ lowestOOMScore: Int64
  ) async throws {
    let version = try await runtimeVersion(runtime)
    logger.info("container runtime", metadata: ["version": "\(version)"])
    var importer: ImageImporter?
    if let containerd {
      let made = ImageImporter(
        containerd: containerd, client: runtime, directories: configuration.imagesDirectories, logger: logger)
      try await made.importPause(executable: configuration.pauseExecutable)
      importer = made
    }
    let facts = NodeFacts.read(rootDirectory: configuration.rootDirectory)
    let recorder = EventRecorder(client, component: "kubelet", host: configuration.nodeName)
    let context = KubeletContext(
      configuration: configuration, client: client, runtime: runtime, recorder: recorder,
      objects: ConfigObjects(client: client), services: ServiceTable(),
      puller: ImagePuller(client: runtime, importer: importer), action: ProbeAction(http: http, runtime: runtime),
      cgroups: CgroupTree(root: configuration.cgroupRoot, hierarchies: CgroupHierarchy.mounted()),
      node: RuntimeConfig.Node(
        cgroupRoot: configuration.cgroupRoot, capacity: facts.memory, lowestOOMScore: lowestOOMScore,
        clusterDNS: configuration.clusterDNS, clusterDomain: configuration.clusterDomain,
        hostNames: NameResolution(parsing: Files.text("/etc/resolv.conf") ?? ""), nodeHostname: configuration.nodeName),
      allocatable: facts.allocatable(maxPods: configuration.maxPods), metrics: KubeletMetrics(registry), logger: logger)
    let pods = PodTable(context: context)
    await context.objects.setOnChange { await pods.ring($0) }
    let reporter = NodeReporter(
      configuration: configuration, client: client, runtime: runtime, recorder: recorder, facts: facts,
      runtimeVersion: version, port: configuration.serverPort, logger: logger)
    health.register("kubelet", [.live, .ready, .health]) {
      reporter.isReady ? .healthy : .unhealthy("the node is not ready")
    }
    let server = KubeletServer(
      configuration: configuration,
      router: KubeletRouter(pods: pods, runtime: runtime, metrics: registry, logger: logger), logger: logger)
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run { _ in } }
        group.addTask { try await reporter.run() }
        group.addTask { await context.services.follow(client) }
        group.addTask { await pods.follow() }
        group.addTask { try await follow(runtime, pods) }
        if let importer { group.addTask { try await follow(importer) } }
        defer { group.cancelAll() }
        _ = try await group.next()
      }
    } catch {
      await pods.leave()
      throw error
    }
    await pods.leave()
  }

  private func runtimeVersion(_ runtime: RuntimeClient) async throws -> String {
    let deadline = ContinuousClock.now + .seconds(20)
    while true {
      do {
        let version = try await runtime.version(timeout: .seconds(20))
        return "\(version.runtimeName)://\(version.runtimeVersion)"
      } catch {
        // A containerd that has just been started listens before its plugins are ready.
        try Task.checkCancellation()
        let isUnknown = (error as? RPCError)?.code == .unimplemented
        guard !isUnknown, ContinuousClock.now < deadline else {
          throw KubeletError("the container runtime does not answer CRI v1: \(ImagePuller.text(of: error))")
        }
        try await Task.sleep(for: .milliseconds(20))
      }
    }
  }

  /// Wakes pods by the runtime's events, and by a look at everything now and then: often where there are no events.
  private func follow(_ runtime: RuntimeClient, _ pods: PodTable) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        while true {
          try Task.checkCancellation()
          do {
            try await runtime.taskEvents { id in await pods.taskEvent(id) }
          } catch {
            try Task.checkCancellation()
            logger.debug("the runtime's events ended", metadata: ["error": "\(error)"])
          }
          try await Task.sleep(for: .milliseconds(500))
        }
      }
      while true {
        do { try await pods.relist() } catch {
          try Task.checkCancellation()
          logger.debug("cannot list what the runtime holds", metadata: ["error": "\(error)"])
        }
        try await Task.sleep(for: .seconds(1))
      }
    }
  }

  private func follow(_ importer: ImageImporter) async throws {
    while true {
      await importer.scan()
      try await Task.sleep(for: .seconds(2))
    }
  }
}
