import KubeAPI
import KubeClient
import Netlink

/// The agent that is measured: `skiff network`, a process of its own beside an API server that knows its node.
struct PodsAgent: Sendable {
  let session: Session
  let call: PluginCall

  /// 4,093 addresses: enough for all pods of a run, deleted ones included.
  private static let podCIDR = IPPrefix(IPAddress(v4: 0x0A80_0000), length: 20)  // 10.128.0.0/20
  private static let patience = Duration.seconds(60)

  /// Starts it and waits until it serves.
  static func start(_ server: BenchAPIServer, _ scratch: BenchScratch) async throws -> PodsAgent {
    // The node's range is larger than what the control plane would give: no address is used twice.
    _ = try await server.client.delete(KubeAPI.Node.self, ObjectKey(name: BenchNetworks.node))
    var node = BenchObjects.node()
    node.spec.podCIDR = "\(podCIDR)"
    node.spec.podCIDRs = ["\(podCIDR)"]
    _ = try await server.client.create(node)
    _ = try await server.client.update(node, subresource: "status")
    let own = try Files.ownExecutable()
    let folder = "\(scratch.folder)/n"
    let session = try scratch.start(
      "network",
      [
        own, "network", "--kubeconfig", server.kubeconfig, "--node-name", BenchNetworks.node, "--run-dir", folder,
        "--root-dir", "\(scratch.folder)/root", "--cluster-cidr", "\(BenchNetworks.clusterCIDR)", "--service-cidr",
        "\(BenchNetworks.serviceCIDR)", "--telemetry-address", "127.0.0.1:10258", "--log-level", "warning",
      ])
    let agent = PodsAgent(session: session, socket: "\(folder)/cni.sock", executable: own)
    try await agent.serves()
    return agent
  }

  /// - Parameter executable: the agent's program; the plugin lies beside it.
  init(session: Session, socket: String, executable: String) {
    self.session = session
    let plugin = executable.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/skiff-cni"
    call = PluginCall(executable: plugin, socket: socket)
  }

  /// Waits until pods can be added.
  func serves() async throws {
    let deadline = ContinuousClock.now + Self.patience
    while try call.run(.status, "", namespace: "").exitCode != 0 {
      guard session.isRunning else { throw UserError("the agent has ended: \(session.lastWords)") }
      guard ContinuousClock.now < deadline else { throw UserError("the agent does not serve: \(session.lastWords)") }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// - Throws: ``UserError`` with the plugin's words.
  @discardableResult
  func expect(_ answer: PluginCall.Answer, _ what: String) throws -> PluginCall.Answer {
    guard answer.exitCode == 0 else {
      throw UserError("\(what): \(answer.output?.text ?? "no answer"); \(session.lastWords)")
    }
    return answer
  }
}
