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

  private let nodes: NodeSource
  private let kernel: AsyncStream<RouteEvent>
  private let monitor: NFTablesMonitor

  init(nodes: NodeSource, in namespace: NetworkNamespace) throws(NetlinkError) {
    self.nodes = nodes
    // Listening begins here, before anything is read: no change falls between.
    kernel = try RouteEvents.stream(.all, in: namespace)
    monitor = try namespace.run { () throws(NetlinkError) -> NFTablesMonitor in try NFTablesMonitor() }
  }

  /// Hands signals to `body`, until the task is cancelled. Where it takes long, what the kernel tells meanwhile is told as one
  /// overrun, and never fills the memory.
  func forEach(tick: Duration, _ body: @escaping @Sendable (Signal) async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { for await event in nodes.events() { try await body(.nodes(event)) } }
      group.addTask { for await event in kernel { try await body(.kernel(event)) } }
      group.addTask {
        for await event in monitor.events() {
          if case .changed(let table, _) = event, !Self.tables.contains(table) { continue }
          try await body(.rules)
        }
      }
      group.addTask {
        while !Task.isCancelled {
          try await body(.tick)
          try? await Task.sleep(for: tick)
        }
      }
      try await group.waitForAll()
    }
  }
}
