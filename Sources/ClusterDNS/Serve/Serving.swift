import Glibc
import Logging
import NIOCore
import NIOPosix

/// The running server: threads for UDP, an event loop for TCP and upstreams.
struct Serving: Sendable {
  /// Where it is asked, with the ports that the kernel chose where 0 was given.
  let addresses: [ListenAddress]
  private let datagramServers: [DatagramServer]
  private let threads: [ServingThread]
  private let streamServer: StreamServer
  private let forwarder: Forwarder
  private let group: MultiThreadedEventLoopGroup

  init(
    _ configuration: DNSServer.Configuration, _ settings: AnswerSettings, _ store: SnapshotStore, metrics: DNSMetrics,
    logger: Logger
  ) async throws {
    let threadCount = max(1, configuration.threads ?? sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    let listeners = try Listeners(configuration.listenAddresses, threads: threadCount)
    addresses = listeners.stream.map(\.address)
    group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let loop = group.next()
    do {
      let targets = configuration.forwardTargets()
      if targets.isEmpty {
        logger.warning("no upstream: names outside the cluster are refused")
      } else {
        logger.info(
          "forwarding", metadata: ["upstreams": "\(targets.map(\.description).joined(separator: ","))"])
      }
      var settingsOfForwarding = ForwardState.Settings(upstreams: targets.count)
      settingsOfForwarding.cache.size = configuration.cacheSize
      forwarder = try Forwarder(
        targets, settings: settingsOfForwarding, loop: loop, metrics: metrics, logger: logger)
    } catch {
      listeners.closeAll()
      try await group.shutdownGracefully()
      throw error
    }
    let forwarder = forwarder
    let forward: @Sendable (ForwardRequest) -> Void = { forwarder.submit($0) }
    var limits = StreamServer.Limits()
    limits.connections = configuration.connectionLimit
    limits.idle = configuration.connectionIdle
    streamServer = StreamServer(store, settings, limits: limits, loop: loop, logger: logger, forward: forward)
    try await streamServer.start(listeners.stream)
    datagramServers = listeners.datagram.map { DatagramServer($0, store, settings, forward: forward) }
    var threads: [ServingThread] = []
    for (index, server) in datagramServers.enumerated() { threads.append(try server.start(index: index)) }
    self.threads = threads
    for counters in streamServer.allCounters + datagramServers.map(\.counters) { metrics.add(counters) }
    logger.info(
      "serving DNS",
      metadata: [
        "addresses": "\(addresses.map(\.description).joined(separator: ","))", "threads": "\(threads.count)",
      ])
  }

  /// Ends all threads and closes all sockets.
  func stop() async throws {
    for server in datagramServers { server.stop() }
    for thread in threads { thread.join() }
    try await streamServer.stop()
    try await forwarder.close().get()
    for server in datagramServers { close(server.socket.descriptor) }
    try await group.shutdownGracefully()
  }
}
