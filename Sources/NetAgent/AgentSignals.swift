import KubeAPI
import KubeClient
import Netlink

/// Everything that can make the agent look again, in one stream.
struct AgentSignals: Sendable {
  enum Signal: Sendable {
    case nodes(InformerEvent<NodeDefinition>)
    case kernel(RouteEvent)
    case rules
    /// Time for what no event tells.
    case tick
  }

  /// Whose changes wake the agent.
  private static let tables: Set<NFTableName> = [NetworkRules.table, PodRules.table, PodRules.arpTable]

  private let nodes: Informer<Node, NodeDefinition>
  private let kernel: AsyncStream<RouteEvent>
  private let monitor: NFTablesMonitor

  init(nodes: Informer<Node, NodeDefinition>, in namespace: NetworkNamespace) throws(NetlinkError) {
    self.nodes = nodes
    // Listening begins here, before anything is read: no change falls between.
    kernel = try RouteEvents.stream(.all, in: namespace)
    monitor = try namespace.run { () throws(NetlinkError) -> NFTablesMonitor in try NFTablesMonitor() }
  }

  /// Hands signals to `body`, one at a time, until the task is cancelled.
  func forEach(tick: Duration, _ body: @Sendable (Signal) async throws -> Void) async throws {
    let (stream, continuation) = AsyncStream.makeStream(of: Signal.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { for await event in nodes.events() { continuation.yield(.nodes(event)) } }
      group.addTask { for await event in kernel { continuation.yield(.kernel(event)) } }
      group.addTask {
        for await event in monitor.events() {
          if case .changed(let table, _) = event, !Self.tables.contains(table) { continue }
          continuation.yield(.rules)
        }
      }
      group.addTask {
        while !Task.isCancelled {
          continuation.yield(.tick)
          try await Task.sleep(for: tick)
        }
      }
      defer { group.cancelAll() }
      for await signal in stream { try await body(signal) }
    }
  }
}
