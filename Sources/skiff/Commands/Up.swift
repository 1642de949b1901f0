import ArgumentParser
import FoundationEssentials
import KubeAPI
import KubeClient
import Logging

#if canImport(Glibc)
  import Glibc
#endif

struct Up: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Start a local cluster whose nodes are network namespaces of this machine.",
    discussion: "It can be run again: what runs is left alone, what is missing is started.")

  @OptionGroup var cluster: ClusterOptions

  @Option(help: "How many nodes; 1, or as many as the cluster has, where it is left out.")
  var nodes: Int?

  @Option(
    help: ArgumentHelp("A folder with image archives (OCI or docker) to load into every node.", valueName: "folder"))
  var images: [String] = []

  @Option(help: "How long to wait for the nodes, in seconds.")
  var timeout = 60

  func validate() throws {
    if let nodes, !(1...50).contains(nodes) { throw ValidationError("--nodes takes a number from 1 to 50") }
    guard timeout > 0 else { throw ValidationError("--timeout takes a number of seconds above 0") }
  }

  func run() async throws {
    let started = ContinuousClock.now
    let layout = try cluster.layout()
    try Preflight.requireRoot("up")
    try Preflight.requirePrograms([
      (name: "containerd", package: "containerd"), (name: "containerd-shim-runc-v2", package: "containerd"),
      (name: "ctr", package: "containerd"), (name: "runc", package: "runc"),
    ])
    try Preflight.requireFileSystems(["tmpfs", "proc"])
    let lock = try CommandLock.acquire(layout)
    defer { lock.release() }

    let record = try makeRecord(layout)
    Console.progress(
      "Cluster \(layout.name): \(record.nodes) node\(record.nodes == 1 ? "" : "s") on \(record.network.prefix)")
    try HostNetwork(layout: layout).build(record)
    try ClusterCertificates(layout: layout, record: record).ensure()
    try startSupervisor(layout)
    try await waitUntilReady(layout, record, since: started)
    Console.progress("Ready after \(Self.seconds(ContinuousClock.now - started)). Now type:\n")
    Console.progress(
      "  export KUBECONFIG=\(layout.kubeconfig)\n  kubectl get nodes\n  kubectl apply -f examples/web.yaml\n")
    Console.progress("`skiff down\(layout.name == "default" ? "" : " --name \(layout.name)")` removes the cluster.")
  }

  /// What the cluster is to be: as it was made, changed by what the command line says now.
  private func makeRecord(_ layout: ClusterLayout) throws -> ClusterRecord {
    let folders = try images.map { folder in
      guard Files.isDirectory(folder) else { throw UserError("--images \(folder): there is no such folder") }
      return URL(fileURLWithPath: folder).standardizedFileURL.path
    }
    if var record = try ClusterRecord.load(layout) {
      if let nodes, nodes < record.nodes {
        throw UserError(
          "cluster \(layout.name) has \(record.nodes) nodes; to have fewer, `skiff down --name \(layout.name)` first")
      }
      record.nodes = nodes ?? record.nodes
      if !folders.isEmpty { record.images = folders }
      try record.save(layout)
      return record
    }
    let taken = try HostNetwork.prefixesInUse() + ClusterRecord.otherNetworks(than: layout)
    guard let network = NodeNetwork.choose(for: layout.name, taken: taken) else {
      throw UserError(
        "no /24 of 10.89.0.0/16 is free for the nodes: remove a cluster (`skiff down --name …`) or a route")
    }
    let record = ClusterRecord(nodes: nodes ?? 1, network: network, images: folders)
    try Files.makeDirectory(layout.rootDirectory)
    try record.save(layout)
    return record
  }

  /// A supervisor that runs already may know less than the record: it is replaced, and its successor takes up what runs.
  private func startSupervisor(_ layout: ClusterLayout) throws {
    try Files.makeDirectory(layout.logs)
    try Files.makeDirectory(layout.runDirectory)
    if let pid = DaemonLock.holder(layout.supervisorLock) {
      kill(pid, SIGKILL)
      _ = ChildProcess(pid: pid).wait()
    }
    _ = try ChildProcess.spawn(
      [Files.ownExecutable(), "supervise", "--name", layout.name], log: "\(layout.logs)/supervisor.log")
  }

  private func waitUntilReady(
    _ layout: ClusterLayout, _ record: ClusterRecord, since started: ContinuousClock.Instant
  ) async throws {
    let deadline = started + .seconds(timeout)
    var logger = Logger(label: "up")
    logger.logLevel = .critical  // a server that does not answer yet is no news
    let client = try KubeClient(
      ClientConfiguration(kubeconfig: layout.kubeconfig), userAgent: "skiff-up", logger: logger)
    var problem = "the API server does not answer"
    var serverIsUp = false
    var ready: Set<String> = []
    while ready.count < record.nodes {
      do {
        let list = try await client.list(KubeAPI.Node.self)
        if !serverIsUp {
          serverIsUp = true
          Console.progress("  server is up (\(record.server))")
        }
        for node in list.items where node.isReady {
          guard let name = node.metadata.name, ready.insert(name).inserted else { continue }
          Console.progress("  \(name) is ready")
        }
        problem = "not all nodes are ready: \(Self.describe(list.items, record))"
      } catch {
        if serverIsUp { problem = "\(error)" }
      }
      if ready.count >= record.nodes { break }
      guard ContinuousClock.now < deadline else {
        try? await client.shutdown()
        throw UserError("\(problem) after \(timeout) s; see the logs in \(layout.logs), then run `skiff up` again")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
    try await client.shutdown()
  }

  /// `4.2 s`
  private static func seconds(_ duration: Duration) -> String {
    let tenths = duration / .milliseconds(100)
    return "\(Int(tenths) / 10).\(Int(tenths) % 10) s"
  }

  private static func describe(_ nodes: [KubeAPI.Node], _ record: ClusterRecord) -> String {
    let states = nodes.filter { !$0.isReady }.map { node in
      let condition = node.status.conditions.first { $0.type == "Ready" }
      return "\(node.metadata.name ?? "?") (\(condition?.message ?? "no status yet"))"
    }
    let missing = record.nodes - nodes.count
    return (states + (missing > 0 ? ["\(missing) not registered"] : [])).joined(separator: ", ")
  }
}

extension KubeAPI.Node {
  var isReady: Bool { status.conditions.contains { $0.type == "Ready" && $0.status == "True" } }
}
