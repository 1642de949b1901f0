import ArgumentParser
import KubeAPI
import KubeClient
import Logging

struct Status: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show nodes, components and versions of a local cluster, and what is not well and why.",
    discussion: "Ends with exit code 1 where something is not well.")

  @OptionGroup var cluster: ClusterOptions

  func run() async throws {
    let layout = try cluster.layout()
    guard let record = try ClusterRecord.load(layout) else {
      throw UserError("there is no cluster named \(layout.name): `skiff up --name \(layout.name)` makes it")
    }
    var problems: [String] = []
    var rows = [["COMPONENT", "STATE", "DETAIL"]]

    func daemon(_ name: String, lock: String, log: String) {
      if let pid = DaemonLock.holder(lock) {
        rows.append([name, "running", "pid \(pid)"])
      } else {
        rows.append([name, "stopped", "see \(log)"])
        problems.append("\(name) does not run")
      }
    }
    daemon("supervisor", lock: layout.supervisorLock, log: "\(layout.logs)/supervisor.log")
    daemon("server", lock: "\(layout.serverRunDirectory)/lock", log: "\(layout.logs)/server.log")
    for number in 1...record.nodes {
      let node = layout.node(number)
      daemon(node.name, lock: "\(node.runDirectory)/lock", log: node.log)
    }

    do {
      let client = try KubeClient(
        ClientConfiguration(kubeconfig: layout.kubeconfig), userAgent: "skiff-status/\(Version.current)",
        logger: Logger(label: "status") { _ in SwiftLogNoOpLogHandler() })
      do {
        try await addAPI(client, record, &rows, &problems)
        try await client.shutdown()
      } catch {
        try? await client.shutdown()
        throw error
      }
    } catch {
      rows.append(["api", "unreachable", "\(record.server)"])
      problems.append("the API server does not answer: \(error)")
    }

    Console.line("Cluster \(layout.name), skiff \(Version.current), kubeconfig \(layout.kubeconfig)\n")
    for line in Table.aligned(rows) { Console.line(line) }
    if problems.isEmpty { return }
    Console.line("")
    for problem in problems { Console.line("not well: \(problem)") }
    throw ExitCode(1)
  }

  private func addAPI(
    _ client: KubeClient, _ record: ClusterRecord, _ rows: inout [[String]], _ problems: inout [String]
  ) async throws {
    let version = try await client.request("GET", "/version")
    rows.append(["api", "answers", "\(record.server), Kubernetes \(version["gitVersion"]?.stringValue ?? "?")"])
    let nodes = try await client.list(KubeAPI.Node.self).items
    for node in nodes {
      let name = node.metadata.name ?? "?"
      let condition = node.status.conditions.first { $0.type == "Ready" }
      let runtime = node.status.nodeInfo?.containerRuntimeVersion ?? "?"
      rows.append(["node \(name)", node.isReady ? "ready" : "not ready", runtime])
      if !node.isReady { problems.append("node \(name) is not ready: \(condition?.message ?? "no status yet")") }
    }
    if nodes.count < record.nodes {
      problems.append("\(record.nodes - nodes.count) of \(record.nodes) nodes are not registered")
    }
    let pods = try await client.list(Pod.self).items
    let waiting = pods.filter { $0.status.phase == "Pending" || $0.status.phase == "Unknown" }
    rows.append(["pods", "\(pods.count)", waiting.isEmpty ? "" : "\(waiting.count) not running"])
  }
}
