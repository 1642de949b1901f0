import KubeAPI
import KubeClient
import Logging
import Netlink
import Synchronization
import Telemetry

/// Follows the cluster's policies, namespaces and pods, and what others do to the table.
struct PolicyAgent: Sendable {
  /// How often an API server that does not know a kind of policy is asked again.
  static let pause = Duration.seconds(60)
  /// Changes that others make at once are looked at together.
  static let settle = Duration.milliseconds(100)

  let engine: PolicyEngine
  private let client: KubeClient
  private let nodeName: String
  private let nftables: NFTablesSocket
  private let monitor: NFTablesMonitor
  private let flows: FlowSweep
  private let routes: RouteSocket
  private let metrics: PolicyMetrics
  private let logger: Logger

  /// - Parameter network: of the node's namespace.
  init(
    client: KubeClient, nodeName: String, in network: NetworkNamespace, routes: RouteSocket,
    registry: MetricsRegistry, logger: Logger
  ) throws(NetlinkError) {
    self.client = client
    self.nodeName = nodeName
    self.routes = routes
    self.logger = logger
    metrics = PolicyMetrics(registry)
    nftables = try network.run { () throws(NetlinkError) in try NFTablesSocket() }
    flows = FlowSweep(connection: try network.run { () throws(NetlinkError) in try ConntrackSocket() })
    // Listening begins before anything is read: no change falls between.
    monitor = try network.run { () throws(NetlinkError) in try NFTablesMonitor() }
    engine = PolicyEngine(nftables, metrics: metrics, logger: logger)
  }

  /// Runs until the task is cancelled.
  func run() async {
    let node = nodeName
    let namespaces = Informer<Namespace, [String: String]>(client) { $0.metadata.labels }
    let pods = Informer<Pod, PolicyPod>(client) { PolicyPod($0, node: node) }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { for await event in namespaces.events() { engine.post(.namespaces(event)) } }
      group.addTask { for await event in pods.events() { engine.post(.pods(event)) } }
      group.addTask {
        await follow(NetworkPolicy.self, { $0.reading }) { engine.post(.networkPolicies($0)) }
      }
      group.addTask {
        await follow(ClusterNetworkPolicy.self, { $0.reading }) { engine.post(.clusterPolicies($0)) }
      }
      group.addTask { await listen() }
      group.addTask { await work() }
      group.addTask { await sweep() }
      group.addTask { await removeLeftovers() }
      await withTaskCancellationHandler {
        await group.waitForAll()
      } onCancel: {
        engine.close()
        monitor.stop()
      }
    }
  }

  /// Follows a kind of policy that the API server need not know. One that knows it not has none.
  private func follow<Object: KubeObject>(
    _: Object.Type, _ transform: @escaping @Sendable (Object) -> PolicyReading,
    _ post: @Sendable (InformerEvent<PolicyReading>) -> Void
  ) async {
    var backoff = Backoff()
    var isTold = false
    while !Task.isCancelled {
      do {
        _ = try await client.listPage(ResourceSelection(resource: Object.resource), limit: 1)
        break
      } catch {
        let isUnknown = error.apiError?.isNotFound ?? false
        if isUnknown {
          post(.replaced([:]))
          if !isTold {
            logger.notice(
              "the API server has no such resource, so there are no policies of this kind",
              metadata: ["resource": "\(Object.resource.resource).\(Object.resource.group)"])
          }
          isTold = true
        } else if !isTold, error.apiError?.isForbidden ?? false {
          logger.error(
            "policies may not be read, so pods cannot be started: allow get, list and watch",
            metadata: ["resource": "\(Object.resource.resource).\(Object.resource.group)", "error": "\(error)"])
          isTold = true
        }
        do { try await Task.sleep(for: isUnknown ? Self.pause : backoff.next()) } catch { return }
      }
    }
    let informer = Informer<Object, PolicyReading>(client, transform: transform)
    for await event in informer.events() { post(event) }
  }

  /// Carries out what nobody waits for.
  private func work() async {
    var backoff = Backoff(base: .milliseconds(100), limit: .seconds(5))
    for await _ in engine.wakeups {
      while !engine.process(), !Task.isCancelled {
        // What is not known yet comes with a wake-up of its own.
        guard engine.hasFailed else { break }
        do { try await Task.sleep(for: backoff.next()) } catch { return }
      }
      backoff.reset()
    }
  }

  private func listen() async {
    let (stream, found) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let own = nftables.portID
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for await event in monitor.events() {
          switch event {
          case .changed(let table, let port): if table == PolicyRuleset.table, port != own { found.yield() }
          case .overrun: found.yield()
          }
        }
        found.finish()
      }
      group.addTask {
        for await _ in stream {
          engine.post(.damage)
          do { try await Task.sleep(for: Self.settle) } catch { return }
        }
      }
      await group.waitForAll()
    }
  }

  /// Ends connections that are not allowed any more. The more flows there are, the longer the pause before the next look.
  private func sweep() async {
    for await _ in engine.sweeps {
      let begin = ContinuousClock.now
      do {
        let count = try endDenied()
        if count > 0 {
          metrics.cut.increment(by: Double(count))
          logger.info("ended connections that policies allow no more", metadata: ["count": "\(count)"])
        }
      } catch {
        logger.warning("cannot end connections that policies allow no more", metadata: ["error": "\(error)"])
        engine.requestSweep()
      }
      let took = ContinuousClock.now - begin
      do { try await Task.sleep(for: max(.milliseconds(50), min(took * 5, .seconds(2)))) } catch { return }
    }
  }

  /// Removes what nothing refers to, a tenth of the time at most: whoever has changes waits for it.
  private func removeLeftovers() async {
    for await _ in engine.leftovers {
      var areMore = true
      while areMore {
        let begin = ContinuousClock.now
        areMore = engine.removeLeftovers()
        let took = ContinuousClock.now - begin
        do { try await Task.sleep(for: max(.milliseconds(10), took * 10)) } catch { return }
      }
    }
  }

  private func endDenied() throws -> Int {
    let subjects = engine.inspect { $0.subjects }
    guard !subjects.isEmpty else { return 0 }
    let own = Set(try routes.addresses().map(\.address))
    let found = try flows.flows(of: subjects, nodeAddresses: own)
    var count = 0
    var rest = found[...]
    while !rest.isEmpty {
      let part = rest.prefix(512)
      rest = rest.dropFirst(512)
      let denied = engine.inspect { planner in part.filter { !planner.allows($0) } }
      try flows.end(denied)
      count += denied.count
    }
    return count
  }

  /// Removes the table, where policies are not enforced any more.
  static func cleanup(in network: NetworkNamespace) throws {
    try PolicyProgrammer.cleanup(try network.run { () throws(NetlinkError) in try NFTablesSocket() })
  }
}
