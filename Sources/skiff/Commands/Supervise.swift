import ArgumentParser
import Logging

#if canImport(Glibc)
  import Glibc
#endif

/// The process behind `skiff up`: it keeps the daemons of one cluster running.
struct Supervise: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Keep the daemons of a local cluster running (`skiff up` starts it).", shouldDisplay: false)

  @OptionGroup var cluster: ClusterOptions
  @OptionGroup var logging: LoggingOptions

  func run() throws {
    logging.bootstrap()
    let layout = try cluster.layout()
    guard let record = try ClusterRecord.load(layout) else {
      throw UserError("there is no cluster named \(layout.name): `skiff up --name \(layout.name)` makes it")
    }
    try DaemonLock.acquire(layout.supervisorLock, for: "the supervisor of cluster \(layout.name)")
    // The daemons are in a leaf of their own: under cgroup v2 a group with groups below it can hold no process.
    try ControlGroup(path: "\(layout.controlGroup)/daemons").enter()
    let executable = try Files.ownExecutable()
    let nodes = (1...record.nodes).map { nodeMember(layout.node($0), record, executable) }
    Supervisor(members: [serverMember(layout, record, executable)] + nodes, logger: Logger(label: "supervisor")).run()
  }

  private func serverMember(
    _ layout: ClusterLayout, _ record: ClusterRecord, _ executable: String
  ) -> Supervisor.Member {
    Supervisor.Member(
      name: "server", lock: "\(layout.serverRunDirectory)/lock", log: "\(layout.logs)/server.log",
      arguments: [
        executable, "server", "--store", "sqlite:\(layout.store)", "--certificates", layout.certificates,
        "--run-dir", layout.serverRunDirectory, "--bind-address", "\(record.network.host)", "--advertise-address",
        "\(record.network.host)", "--port", "\(ClusterRecord.serverPort)",
      ])
  }

  private func nodeMember(_ node: NodeLayout, _ record: ClusterRecord, _ executable: String) -> Supervisor.Member {
    var arguments = [
      executable, "node", "--kubeconfig", node.kubeconfig, "--node-name", node.name, "--node-ip",
      "\(record.network.node(node.number))", "--root-dir", node.rootDirectory, "--run-dir", node.runDirectory,
      "--cgroup-root", node.controlGroup, "--certificates", node.certificates,
    ]
    for folder in record.images { arguments += ["--images", folder] }
    return Supervisor.Member(
      name: node.name, lock: "\(node.runDirectory)/lock", log: node.log, arguments: arguments,
      namespacePath: node.namespacePath)
  }
}
