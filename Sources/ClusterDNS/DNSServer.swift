import KubeAPI
public import KubeClient
public import Logging
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
  private let explanations: Explanations
  private let logger: Logger

  public init(
    configuration: Configuration, client: KubeClient, metrics: MetricsRegistry, health: HealthChecks,
    explanations: Explanations = Explanations(), logger: Logger
  ) {
    self.configuration = configuration
    self.client = client
    self.metrics = metrics
    self.health = health
    self.explanations = explanations
    self.logger = logger
  }

  /// - Throws: ``DNSServerError`` where an address cannot be bound, ``ConfigurationError`` where the file cannot be
  ///   used; `NetlinkError` and `NFCommitError` where the node's addresses or rules cannot be set.
  public func run() async throws { try await run { _ in } }

  /// Removes the addresses from `lo` and the table, in the calling thread's namespace.
  public static func cleanup(_ listen: [ListenAddress]) throws {
    try UntrackedRules.remove(over: try NFTablesSocket())
    try NodeAddresses.remove(listen.map(\.address))
  }

  /// - Parameter onBound: called once with the addresses at which the server answers, UDP and TCP alike.
  func run(onBound: @escaping @Sendable ([ListenAddress]) -> Void) async throws {
    let settings = try read()
    let answer = try settings.answerSettings(nodeName: configuration.nodeName, version: configuration.version)
    guard let planner = ZonePlanner(zone: answer.zone, podNames: settings.podNames) else {
      throw DNSServerError("use", "cluster domain \"\(settings.zone)\"", reason: "it is too long")
    }
    if configuration.ownsAddresses { try takeAddresses(settings.listen) }
    let dnsMetrics = DNSMetrics(metrics, zone: answer.zone)
    let zone = ClusterZone(
      planner, servers: settings.listen.map(\.address), metrics: dnsMetrics, logger: logger)
    health.register("dns", [.ready]) {
      let missing = zone.unsynced
      return missing.isEmpty ? .healthy : .unhealthy("waiting for \(missing.joined(separator: ", "))")
    }
    let (holder, listeners) = try bind(settings)
    // Queries wait in sockets that a server before this one left: they are answered when the answer is known.
    let patience = listeners.areInherited ? Self.patience : .zero
    let stopped = try await cancelWhenGracefulShutdown {
      try await withThrowingTaskGroup(of: Void.self, returning: Serving.self) { group in
        group.addTask { await self.follow(zone, settings, dnsMetrics) }
        let deadline = ContinuousClock.now + patience
        while !zone.unsynced.isEmpty, ContinuousClock.now < deadline, !Task.isCancelled {
          try? await Task.sleep(for: .milliseconds(5))
        }
        let serving = try await Serving(
          configuration, settings, listeners, zone.store, pods: zone.pods, metrics: dnsMetrics, logger: logger)
        explain(zone, serving)
        onBound(serving.addresses)
        await followFiles(serving, dnsMetrics)
        group.cancelAll()
        return serving
      }
    }
    try await stopped.stop()
    withExtendedLifetime(holder) {}
  }

  /// How long a server waits for its first complete picture before it answers what waits in the sockets it took over:
  /// less than a client's own patience.
  private static let patience = Duration.seconds(2)

  private func bind(_ settings: DNSConfiguration) throws -> (HeldSockets?, Listeners) {
    guard let access = configuration.heldSockets else {
      return (nil, try Listeners(settings.listen, threads: settings.threadCount))
    }
    let (holder, held) = try HeldSockets.fetch(access)
    let listeners = try Listeners(settings.listen, threads: settings.threadCount, held: held)
    try holder.keep(listeners.descriptors)
    if listeners.areInherited { logger.info("took over the sockets", metadata: ["sockets": "\(held.count)"]) }
    return (holder, listeners)
  }

  private func explain(_ zone: ClusterZone, _ serving: Serving) {
    let explainer = NameExplainer(zone: zone, serving: serving)
    explanations.register("dns") { arguments in
      let (name, type) = (arguments["name"] ?? "", arguments["type"] ?? "A")
      guard let explanation = try await explainer.explain(name, type) else {
        throw Explanations.Refusal("\"\(name)\" is no DNS name, or \"\(type)\" no type of record")
      }
      return arguments["format"] == "json" ? explanation.json.text + "\n" : explanation.text
    }
  }

  private func takeAddresses(_ listen: [ListenAddress]) throws {
    let added = try NodeAddresses.add(listen.map(\.address))
    for address in added { logger.info("added address to lo", metadata: ["address": "\(address.address)"]) }
    let isChanged = try UntrackedRules.apply(UntrackedRules.plan(listen), over: try NFTablesSocket())
    if isChanged { logger.info("wrote nftables table", metadata: ["table": "\(UntrackedRules.table)"]) }
  }

  // MARK: Configuration

  private func read() throws(ConfigurationError) -> DNSConfiguration {
    guard let file = configuration.file else { return configuration.settings }
    let contents = try file.read()
    for note in contents.notes {
      logger.warning("left out of the configuration: \(note)", metadata: ["file": "\(file.path)"])
    }
    return contents.configuration
  }

  /// Looks again and again whether a file has changed, until the task is cancelled. A file that cannot be used changes
  /// nothing.
  private func followFiles(_ serving: Serving, _ metrics: DNSMetrics) async {
    var seen = states(serving)
    while !Task.isCancelled {
      try? await Task.sleep(for: configuration.fileInterval)
      let now = states(serving)
      if now == seen { continue }
      await reload(serving, metrics)
      // The new configuration may name other files.
      seen = states(serving)
      for (path, state) in now where seen[path] != nil { seen[path] = state }
    }
  }

  private func states(_ serving: Serving) -> [String: FileState?] {
    let paths = [configuration.file?.path].compactMap { $0 } + serving.configuration.watchedFiles
    return Dictionary(paths.map { ($0, FileState($0)) }) { first, _ in first }
  }

  private func reload(_ serving: Serving, _ metrics: DNSMetrics) async {
    do {
      let next = try read()
      let fixed = serving.configuration.fixedDifferences(to: next)
      guard fixed.isEmpty else { throw ConfigurationError(file: configuration.file?.path ?? "", problems: fixed) }
      try await serving.apply(next)
      metrics.reloaded(isGood: true)
      logger.info("configuration was read again")
    } catch {
      metrics.reloaded(isGood: false)
      let lines = (error as? ConfigurationError)?.lines ?? ["\(error)"]
      for line in lines { logger.error("the old configuration goes on: \(line)") }
    }
  }

  // MARK: The cluster

  /// Feeds the zone from the cluster until the task is cancelled.
  private func follow(_ zone: ClusterZone, _ settings: DNSConfiguration, _ metrics: DNSMetrics) async {
    let ages = metrics.watchAges
    await withDiscardingTaskGroup { group in
      group.addTask {
        let informer = Informer<KubeAPI.Service, ServiceFacts>(client, heard: { ages.heard("services") }) {
          ServiceFacts($0)
        }
        let events = informer.pages()
        for await event in events { await zone.handle(services: event) }
      }
      group.addTask {
        let namesByPod = settings.namesEndpointsByPod
        let informer = Informer<EndpointSlice, SliceFacts>(client, heard: { ages.heard("endpointslices") }) {
          SliceFacts($0, namesByPod: namesByPod)
        }
        let events = informer.pages()
        for await event in events { await zone.handle(slices: event) }
      }
      group.addTask {
        let informer = Informer<Namespace, Bool>(client, heard: { ages.heard("namespaces") }) { _ in true }
        let events = informer.events()
        for await event in events { await zone.handle(namespaces: event) }
      }
      if settings.podNames == .verified {
        group.addTask {
          let informer = Informer<Pod, [IPAddress]>(client, heard: { ages.heard("pods") }) { Self.addresses(of: $0) }
          let events = informer.events()
          for await event in events { await zone.handle(pods: event) }
        }
      }
      group.addTask {
        while !Task.isCancelled {
          try? await Task.sleep(for: .seconds(1))
          await zone.reclaim()
        }
      }
      if settings.consistencyCheck > .zero {
        group.addTask { await checkConsistency(zone, settings, metrics) }
      }
    }
  }

  /// Looks from time to time whether the watches tell the truth, until the task is cancelled.
  private func checkConsistency(_ zone: ClusterZone, _ settings: DNSConfiguration, _ metrics: DNSMetrics) async {
    let check = ConsistencyCheck(
      client: client, zone: zone, namesByPod: settings.namesEndpointsByPod, logger: logger)
    while !Task.isCancelled {
      // Not all nodes at once.
      try? await Task.sleep(for: settings.consistencyCheck * .random(in: 0.75...1.25))
      guard !Task.isCancelled, zone.unsynced.isEmpty else { continue }
      do {
        metrics.checked(wrong: try await check.run())
      } catch {
        logger.debug("cannot compare the zone with the API server", metadata: ["error": "\(error)"])
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
