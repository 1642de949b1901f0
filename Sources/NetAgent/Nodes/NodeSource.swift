import KubeAPI
import KubeClient
import Logging

/// Where the cluster's nodes are known from.
enum NodeSource: Sendable {
  case server(Informer<Node, NodeDefinition>)
  case file(NodesFile, Logger)

  /// How often a file is looked at.
  private static let interval = Duration.milliseconds(500)

  /// All nodes, then changes, for ever.
  func events() -> AsyncStream<InformerEvent<NodeDefinition>> {
    switch self {
    case .server(let informer): return informer.events()
    case .file(let file, let logger):
      let (stream, continuation) = AsyncStream<InformerEvent<NodeDefinition>>.makeStream()
      let task = Task {
        var last: [UInt8]?
        while !Task.isCancelled {
          if let nodes = Self.changed(file, &last, logger) { continuation.yield(.replaced(nodes)) }
          try? await Task.sleep(for: Self.interval)
        }
        continuation.finish()
      }
      continuation.onTermination = { _ in task.cancel() }
      return stream
    }
  }

  /// The nodes, where the file has changed and can be used. One that cannot changes nothing.
  private static func changed(
    _ file: NodesFile, _ last: inout [UInt8]?, _ logger: Logger
  ) -> [ObjectKey: NodeDefinition]? {
    do throws(NodesFileError) {
      let contents = try file.contents()
      guard contents != last else { return nil }
      let isFirst = last == nil
      last = contents
      let nodes = try file.nodes(contents)
      if !isFirst {
        logger.info("read the nodes again", metadata: ["file": "\(file.path)", "nodes": "\(nodes.count)"])
      }
      return nodes
    } catch {
      // While an editor writes, the file may be gone for a moment; what is wrong inside is said once.
      let log: Logger.Level = error.problems.first?.hasPrefix("cannot read") == true ? .debug : .error
      logger.log(level: log, "the nodes stay as they were: \(error)")
      return nil
    }
  }
}
