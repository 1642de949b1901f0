import ArgumentParser
import KubeAPI

struct ExplainPod: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pod",
    abstract:
      "A pod's addresses, links, routes, neighbours, hostPorts and bandwidth, and what the kernel holds of them.",
    discussion: """
      The running daemon is asked, over the socket in its run folder. Ends with exit code 1 where the kernel holds \
      something else than it should.
      """)

  @Argument(help: ArgumentHelp("The pod, as namespace/name, or a container's id.", valueName: "namespace/name"))
  var pod: String

  @OptionGroup var cluster: ClusterOptions
  @Option(help: "The node of a local cluster; all are asked where it is left out.") var nodeName: String?
  @Option(
    help: ArgumentHelp(
      "The run folder of a daemon that runs without a local cluster; /run/skiff-node where it is left out and there is none.",
      valueName: "folder"))
  var runDir: String?
  @Flag(help: "Print JSON.") var json = false

  func run() throws {
    try Preflight.requireRoot("explain")
    let text = try ask()
    let explanations = try JSONValue(parsing: text).arrayValue ?? []
    if json {
      Console.line(text.hasSuffix("\n") ? String(text.dropLast()) : text)
    } else {
      for line in explanations.map(Self.lines).joined(separator: [""]) { Console.line(line) }
    }
    if explanations.contains(where: { $0["differences"]?.arrayValue?.isEmpty == false }) { throw ExitCode(1) }
  }

  /// Asks one daemon after the other; where none knows the pod, the last one's words are the error.
  private func ask() throws -> String {
    let folders = try runDir.map { [$0] } ?? nodeFolders() ?? ["/run/skiff-node"]
    var refusal = UserError(
      "no daemon with the pod network runs in \(folders.joined(separator: ", ")): name a local cluster with --name, "
        + "or the daemon's folder with --run-dir")
    for folder in folders {
      for daemon in ["network", "node"] {
        do {
          let path = ExplainSocket.path(folder, daemon: daemon)
          if let text = try ExplainSocket.get("/explain/pod", [(name: "name", value: pod)], from: path) { return text }
        } catch let error as UserError {
          refusal = error
        }
      }
    }
    throw refusal
  }

  /// `nil` where there is no such local cluster.
  private func nodeFolders() throws -> [String]? {
    let layout = try cluster.layout()
    guard let record = try ClusterRecord.load(layout) else { return nil }
    let nodes = (1...record.nodes).map { layout.node($0) }
    guard let nodeName else { return nodes.map(\.runDirectory) }
    guard let node = nodes.first(where: { $0.name == nodeName }) else {
      throw UserError(
        "cluster \(layout.name) has no node \(nodeName): it has \(nodes.map(\.name).joined(separator: ", "))")
    }
    return [node.runDirectory]
  }

  /// One interface, for people.
  private static func lines(_ explanation: JSONValue) -> [String] {
    func text(_ name: String) -> String { explanation[name]?.stringValue ?? "" }
    let pod = text("pod")
    var rows = [["pod", pod.isEmpty ? "its name is not known" : pod], ["attachment", text("attachment")]]
    for part in explanation["parts"]?.arrayValue ?? [] {
      let lines = part["lines"]?.arrayValue?.compactMap(\.stringValue) ?? []
      for (index, line) in lines.enumerated() {
        rows.append([index == 0 ? part["name"]?.stringValue ?? "" : "", line])
      }
    }
    let differences = explanation["differences"]?.arrayValue?.compactMap(\.stringValue) ?? []
    rows.append(["kernel", differences.isEmpty ? "as it should be" : "differs"])
    return Table.aligned(rows) + differences.map { "differs: \($0)" }
  }
}
