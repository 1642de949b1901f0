import ArgumentParser

struct ExplainDNS: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dns",
    abstract: "Which zone and object answer for a name, what the cache holds, and which upstream would be asked.",
    discussion: "The running daemon is asked, over the socket in its run folder.")

  @Argument(help: "The name; with or without a final dot, it is taken as it stands.") var name: String
  @Argument(help: "The type of record.") var type = "A"

  @OptionGroup var cluster: ClusterOptions
  @Option(help: "The node of a local cluster; its first one where it is left out.") var nodeName: String?
  @Option(
    help: ArgumentHelp(
      "The run folder of a daemon that runs without a local cluster; /run/skiff-node where it is left out and there is none.",
      valueName: "folder"))
  var runDir: String?
  @Flag(help: "Print JSON.") var json = false

  func run() throws {
    try Preflight.requireRoot("explain")
    let folder = try runDir ?? nodeFolder() ?? "/run/skiff-node"
    let arguments =
      [(name: "name", value: name), (name: "type", value: type)] + (json ? [(name: "format", value: "json")] : [])
    for daemon in ["dns", "node"] {
      let path = ExplainSocket.path(folder, daemon: daemon)
      if let text = try ExplainSocket.get("/explain/dns", arguments, from: path) {
        Console.line(text.hasSuffix("\n") ? String(text.dropLast()) : text)
        return
      }
    }
    throw UserError(
      "no daemon with DNS runs in \(folder): name a local cluster with --name, or the daemon's folder with --run-dir")
  }

  /// `nil` where there is no such local cluster.
  private func nodeFolder() throws -> String? {
    let layout = try cluster.layout()
    guard let record = try ClusterRecord.load(layout) else { return nil }
    let nodes = (1...record.nodes).map { layout.node($0) }
    guard let node = nodes.first(where: { $0.name == nodeName ?? nodes[0].name }) else {
      throw UserError(
        "cluster \(layout.name) has no node \(nodeName ?? ""): it has \(nodes.map(\.name).joined(separator: ", "))")
    }
    return node.runDirectory
  }
}
