import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// The running server: threads for UDP, an event loop for TCP and upstreams.
final class Serving: Sendable {
  /// What a configuration has brought about, to be kept where the next one says the same.
  private struct Applied {
    var configuration: DNSConfiguration
    var plan: ForwardPlan
    var resolver: Resolver
  }

  /// Where it is asked, with the ports that the kernel chose where 0 was given.
  let addresses: [ListenAddress]
  private let nodeName: String
  private let version: String
  private let store: SnapshotStore
  private let metrics: DNSMetrics
  private let logger: Logger
  private let group: MultiThreadedEventLoopGroup
  private let live: LiveSettings
  private let applied: Mutex<Applied>
  private let datagramServers: [DatagramServer]
  private let threads: [ServingThread]
  private let streamServer: StreamServer

  /// Serves on sockets that are bound, and owns them from now on.
  init(
    _ configuration: DNSServer.Configuration, _ settings: DNSConfiguration, _ listeners: Listeners,
    _ store: SnapshotStore, pods: PodDirectory, metrics: DNSMetrics, logger: Logger
  ) async throws {
    nodeName = configuration.nodeName
    version = configuration.version
    addresses = listeners.stream.map(\.address)
    self.store = store
    self.metrics = metrics
    self.logger = logger
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    self.group = group
    let loop = group.next()
    let first: (Applied, LiveSettings.Current)
    do {
      first = try await Self.make(
        settings, nil, nodeName: nodeName, version: version, own: addresses, store: store, loop: loop, metrics, logger)
    } catch {
      listeners.closeAll()
      try await group.shutdownGracefully()
      throw error
    }
    applied = Mutex(first.0)
    live = LiveSettings(first.1)
    streamServer = StreamServer(
      store, live, settings: settings.streams, pods: pods, loop: loop, logger: logger)
    try await streamServer.start(listeners.stream)
    datagramServers = listeners.datagram.map { [live] in DatagramServer($0, store, live, pods: pods, logger: logger) }
    var threads: [ServingThread] = []
    for (index, server) in datagramServers.enumerated() { threads.append(try server.start(index: index)) }
    self.threads = threads
    for counters in streamServer.allCounters + datagramServers.map(\.counters) { metrics.add(counters) }
    metrics.setResolver { [weak self] in self?.resolver }
    logger.info(
      "serving DNS",
      metadata: [
        "addresses": "\(addresses.map(\.description).joined(separator: ","))", "threads": "\(threads.count)",
      ])
  }

  var resolver: Resolver { applied.withLock { $0.resolver } }
  var configuration: DNSConfiguration { applied.withLock { $0.configuration } }

  /// Works by another configuration from now on; what cannot change in a running server must be as it was.
  /// - Throws: ``DNSServerError``; then all stays as it was.
  func apply(_ settings: DNSConfiguration) async throws {
    let old = applied.withLock { $0 }
    let (next, current) = try await Self.make(
      settings, old, nodeName: nodeName, version: version, own: addresses, store: store, loop: group.next(), metrics,
      logger)
    applied.withLock { $0 = next }
    live.replace(current)
    streamServer.apply(settings.streams)
    if old.resolver.forwarder !== next.resolver.forwarder {
      let forwarder = old.resolver.forwarder
      group.next().execute { forwarder.retire() }
    }
  }

  private static func make(
    _ settings: DNSConfiguration, _ old: Applied?, nodeName: String, version: String, own: [ListenAddress],
    store: SnapshotStore, loop: any EventLoop, _ metrics: DNSMetrics, _ logger: Logger
  ) async throws -> (Applied, LiveSettings.Current) {
    let answer = try settings.answerSettings(nodeName: nodeName, version: version)
    let resolvConf = TextFile.read(settings.resolvConf)
    let plan = ForwardPlan(settings, resolvConf: resolvConf, own: own)
    let forwarder: Forwarder
    let cache: AnswerCache
    if let old, old.plan == plan, old.configuration.cache == settings.cache,
      old.configuration.forwarding == settings.forwarding, !plan.usesAuthorities
    {
      (forwarder, cache) = (old.resolver.forwarder, old.resolver.cache)
    } else {
      // Answers of other upstreams may be other answers.
      cache = AnswerCache(settings.cache)
      let newCache = cache
      forwarder = try await loop.submit {
        try Forwarder(plan, settings.forwarding, cache: newCache, loop: loop, metrics: metrics, logger: logger)
      }.get()
      tell(plan, logger)
    }
    let resolver = Resolver(
      Resolver.Settings(
        rewrites: RewriteRules(settings.rewrites), searchDomains: ResolvConf.searchDomains(resolvConf ?? ""),
        answer: answer), cache: cache, forwarder: forwarder, store: store, limit: settings.forwarding.clients,
      loop: loop)
    var current = LiveSettings.Current(
      answer: answer, cache: settings.cache.size > 0 ? cache : nil, submit: { resolver.submit($0) },
      refresh: { resolver.refresh($0) })
    current.queryLog = settings.queryLog
    current.completesSearchPath = settings.completesSearchPath
    return (Applied(configuration: settings, plan: plan, resolver: resolver), current)
  }

  private static func tell(_ plan: ForwardPlan, _ logger: Logger) {
    for route in plan.routes {
      let upstreams = route.servers.map { plan.servers[$0].upstream.description }.joined(separator: ",")
      if upstreams.isEmpty {
        logger.warning("no upstream: names are refused", metadata: ["zone": "\(route.zone)"])
      } else {
        logger.info("forwarding", metadata: ["zone": "\(route.zone)", "upstreams": "\(upstreams)"])
      }
    }
  }

  /// Takes no more queries, answers those that have been taken, and ends. What arrives on the sockets meanwhile waits
  /// in them for whoever else holds them.
  func stop() async throws {
    for server in datagramServers { server.stop() }
    for thread in threads { thread.interruptAndJoin() }
    try await streamServer.stopAccepting()
    let loop = group.next()
    let forwarder = resolver.forwarder
    let deadline = MonotonicClock.nanoseconds() + configuration.forwarding.timeout.nanoseconds
    while MonotonicClock.nanoseconds() < deadline, try await loop.submit({ forwarder.hasFlights }).get() {
      try? await Task.sleep(for: .milliseconds(5))
    }
    try await streamServer.stop()
    try await loop.submit { forwarder.close() }.get()
    for server in datagramServers { close(server.socket.descriptor) }
    try await group.shutdownGracefully()
  }
}
