import ArgumentParser
import KubeAPI
import KubeClient
import Logging
import Netlink
import ServiceProxy

struct Explain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "What the kernel and the zone hold for something now, and why.",
    subcommands: [ExplainService.self, ExplainDNS.self, ExplainPod.self])
}

/// Where to look: a node of a local cluster, or the machine this runs on.
struct ExplainPlace: ParsableArguments {
  @OptionGroup var cluster: ClusterOptions

  @Option(help: "The kubeconfig of a cluster that exists already; this machine is the node then.")
  var kubeconfig: String?

  @Option(help: "The node to look at: node-1 of a local cluster, or this host's name, where it is left out.")
  var nodeName: String?

  @Flag(help: "Print JSON.") var json = false

  /// The client, the node's name, and the network namespace to look into; nil for the process's.
  func open() throws -> (client: KubeClient, node: String, namespace: NetworkNamespace?) {
    let quiet = Logger(label: "explain") { _ in SwiftLogNoOpLogHandler() }
    func client(_ path: String) throws -> KubeClient {
      try KubeClient(
        ClientConfiguration(kubeconfig: path), userAgent: "skiff-explain/\(Version.current)", logger: quiet)
    }
    if let kubeconfig { return (try client(kubeconfig), nodeName ?? Machine.hostName, nil) }
    let layout = try cluster.layout()
    guard let record = try ClusterRecord.load(layout) else {
      throw UserError(
        "there is no cluster named \(layout.name): name one with --name, or the kubeconfig of another with --kubeconfig"
      )
    }
    let nodes = (1...record.nodes).map { layout.node($0) }
    guard let node = nodes.first(where: { $0.name == nodeName ?? nodes[0].name }) else {
      throw UserError(
        "cluster \(layout.name) has no node \(nodeName ?? ""): it has \(nodes.map(\.name).joined(separator: ", "))")
    }
    return (try client(layout.kubeconfig), node.name, try NetworkNamespace.open(at: node.namespacePath))
  }
}

struct ExplainService: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "service",
    abstract: "A Service's frontends and endpoints on a node, why each is used or not, and what the kernel holds.",
    discussion: "Ends with exit code 1 where the kernel holds something else than it should.")

  @Argument(help: ArgumentHelp("The Service, as namespace/name.", valueName: "namespace/name")) var service: String
  @OptionGroup var place: ExplainPlace

  private var key: ObjectKey? {
    let parts = service.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
    return ObjectKey(namespace: String(parts[0]), name: String(parts[1]))
  }

  func validate() throws {
    guard key != nil else { throw ValidationError("\(service) is no Service: write it as namespace/name") }
  }

  func run() async throws {
    guard let key else { return }
    try Preflight.requireRoot("explain")
    let (client, node, namespace) = try place.open()
    let explanation: ServiceExplanation
    do {
      explanation = try await explain(key, client, node, namespace)
      try await client.shutdown()
    } catch {
      try? await client.shutdown()
      throw error
    }
    if place.json {
      Console.line(explanation.json.text)
    } else {
      for line in explanation.lines { Console.line(line) }
    }
    if !explanation.differences.isEmpty { throw ExitCode(1) }
  }

  private func explain(
    _ key: ObjectKey, _ client: KubeClient, _ node: String, _ namespace: NetworkNamespace?
  ) async throws -> ServiceExplanation {
    let object: KubeAPI.Service
    let machine: KubeAPI.Node
    do {
      object = try await client.get(KubeAPI.Service.self, key)
      machine = try await client.get(KubeAPI.Node.self, ObjectKey(name: node))
    } catch let error as APIError where error.isNotFound {
      throw UserError("\(error)")
    }
    let slices = try await client.list(
      EndpointSlice.self, in: key.namespace, labelSelector: "kubernetes.io/service-name=\(key.name)"
    ).items
    return try ServiceExplanation(object, slices: slices, node: machine) { keys in
      func read() throws(NetlinkError) -> [FrontendKey: KernelFrontend] {
        try KernelFrontend.read(keys, from: NFTablesSocket(), ConntrackSocket())
      }
      guard let namespace else { return try read() }
      return try namespace.run { () throws(NetlinkError) in try read() }
    }
  }
}
