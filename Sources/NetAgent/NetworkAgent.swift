import KubeAPI
public import KubeClient
public import Logging
import Netlink
public import ServiceLifecycle
public import Telemetry

/// The pod network of one node: answers CNI calls, and keeps routes and rules as the cluster's nodes say.
///
/// It works in the network namespace that the process is in when ``run()`` begins.
public struct NetworkAgent: ServiceLifecycle.Service {
  let configuration: Configuration
  let client: KubeClient?
  let metrics: AgentMetrics
  private let registry: MetricsRegistry
  let health: HealthChecks
  let explanations: Explanations
  let logger: Logger
  /// The node's namespace; `nil` for the process's own. Tests have several nodes in one process.
  var namespace: NetworkNamespace?

  /// - Parameter client: may be `nil` where the configuration has a file with nodes.
  public init(
    configuration: Configuration, client: KubeClient?, metrics: MetricsRegistry, health: HealthChecks,
    explanations: Explanations = Explanations(), logger: Logger
  ) {
    self.configuration = configuration
    self.client = client
    self.metrics = AgentMetrics(metrics)
    registry = metrics
    self.health = health
    self.explanations = explanations
    self.logger = logger
  }

  /// Runs until graceful shutdown or cancellation. Pods, routes and rules stay as they are: a restart takes them up.
  ///
  /// - Throws: where the journal, the socket or the plugin's folders cannot be used, or the kernel lacks something.
  public func run() async throws {
    let installation = CNIInstallation(configuration: configuration)
    installation.removeOutdatedList()
    let network = try PodNetwork(in: try namespace ?? NetworkNamespace.current())
    let (journal, records, damaged) = try AddressJournal.open(folder: configuration.stateDirectory)
    if damaged > 0 { logger.error("the address journal has \(damaged) damaged lines, which were passed over") }
    defer { journal.unlock() }
    let ledger = AddressLedger(replaying: records)
    let policy = try policy(network, ledger)
    let handler = CNIHandler(
      ledger: ledger, journal: journal, network: network, ports: try PodTable(network, metrics), policy: policy?.engine,
      metrics: metrics, logger: logger)
    explain(handler)
    try installation.linkPlugins()
    let loop = AgentLoop(
      handler: handler, apply: try NetworkApply(network, configuration.tunnels), installation: installation,
      scope: NetworkScope(
        nodeName: configuration.nodeName, clusterCIDRs: configuration.clusterCIDRs,
        serviceCIDRs: configuration.serviceCIDRs, tunnels: configuration.tunnels),
      metrics: metrics, logger: logger)
    health.register("network", [.ready, .health]) { [weak loop] in
      await loop?.health() ?? .unhealthy("the network agent has ended")
    }
    let signals = try AgentSignals(
      nodes: try nodes(), in: network.namespace)
    let server = try CNIServer(path: configuration.socketPath) { handler.answer($0) }
    server.start()
    defer { server.stop() }
    logger.info("network agent listens", metadata: ["socket": "\(configuration.socketPath)"])
    try await cancelWhenGracefulShutdown {
      try await withThrowingTaskGroup(of: Void.self) { group in
        if let policy { group.addTask { await policy.run() } }
        group.addTask { try await loop.run(signals) }
        defer { group.cancelAll() }
        try await group.next()
      }
    }
  }

  /// Answers `skiff explain pod`.
  private func explain(_ handler: CNIHandler) {
    let sections: [PodExplainer.Section] = handler.policy.map { policy in [{ try policy.explain($0, &$1) }] } ?? []
    let explainer = PodExplainer(handler: handler, sections: sections)
    let node = configuration.nodeName
    explanations.register("pod") { arguments in
      let name = arguments["name"] ?? ""
      let found = try explainer.explain(name)
      guard !found.isEmpty else {
        throw Explanations.Refusal("node \(node) has no pod \(name) with a network of its own")
      }
      return JSONValue.array(found.map(\.json)).text + "\n"
    }
  }

  /// What enforces policies, which knows the pods that are there already; nil where nothing shall.
  private func policy(_ network: PodNetwork, _ ledger: AddressLedger) throws -> PolicyAgent? {
    // Policies come from the API server alone.
    guard configuration.enforcesPolicies, let client else {
      try PolicyAgent.cleanup(in: network.namespace)
      return nil
    }
    let policy = try PolicyAgent(
      client: client, nodeName: configuration.nodeName, in: network.namespace, routes: network.node,
      registry: registry, logger: logger)
    policy.engine.take(ledger.leases.values)
    registry.collector { [engine = policy.engine] in engine.deniedPackets() }
    health.register("network-policy", [.ready, .health]) { [engine = policy.engine] in
      engine.problem.map { .unhealthy($0) } ?? .healthy
    }
    return policy
  }

  private func nodes() throws -> NodeSource {
    if let file = configuration.nodes {
      try file.check()
      return .file(file, logger)
    }
    guard let client else {
      throw NetworkAgentError(description: "there is neither an API server nor a file with nodes")
    }
    return .server(Informer<Node, NodeDefinition>(client) { NodeDefinition($0) })
  }
}

/// Why an agent cannot run.
struct NetworkAgentError: Error, CustomStringConvertible {
  var description: String
}
