import ArgumentParser
import ClusterDNS
import KubeClient
import Kubelet
import Logging
import NetAgent
import Netlink
import ServiceLifecycle
import ServiceProxy

/// The parts of the node daemon, each with the settings that the command line gives.
struct NodeParts {
  enum Part: String, CaseIterable, ExpressibleByArgument {
    case network, proxy, dns, kubelet
  }

  let settings: NodeSettings
  let daemon: Daemon
  /// Where DNS has its settings from, beside the command line.
  var dnsFile: ConfigurationFile?

  private var cniConfigDirectory: String { "\(settings.runDirectory)/cni/net.d" }
  private var cniBinDirectory: String { "\(settings.runDirectory)/cni/bin" }

  private func logger(_ label: String) -> Logger { Logger(label: label) }

  private func client(_ component: String) throws -> KubeClient {
    try settings.client(component, metrics: daemon.metrics, logger: logger("client"))
  }

  /// An executable of skiff that lies beside the running one.
  private func sibling(_ name: String) throws -> String {
    let own = try Files.ownExecutable()
    let path = String(own[..<(own.lastIndex(of: "/") ?? own.startIndex)]) + "/\(name)"
    guard Files.exists(path) else { throw UserError("\(path) is missing: it is built and installed beside skiff") }
    return path
  }

  func network(_ client: KubeClient?) throws -> NetworkAgent {
    let networks = settings.networks
    var configuration = NetworkAgent.Configuration(
      nodeName: settings.name, clusterCIDRs: networks.clusterCIDRs,
      serviceCIDRs: networks.serviceCIDRs, stateDirectory: "\(settings.rootDirectory)/network",
      socketPath: "\(settings.runDirectory)/cni.sock", cniConfigDirectory: cniConfigDirectory,
      cniBinDirectory: cniBinDirectory, cniExecutable: try sibling("skiff-cni"))
    configuration.tunnels = settings.tunnels
    configuration.enforcesPolicies = settings.enforcesPolicies
    configuration.nodes = settings.nodes
    return NetworkAgent(
      configuration: configuration, client: client, metrics: daemon.metrics, health: daemon.health,
      explanations: daemon.explanations, logger: logger("network"))
  }

  func proxy(_ client: KubeClient) throws -> Proxy {
    var proxy = settings.proxy
    if proxy.clusterCIDRs == nil { proxy.clusterCIDRs = settings.networks.clusterCIDRs }
    return Proxy(
      configuration: try proxy.configuration(
        nodeName: settings.name, serviceCIDRs: settings.networks.serviceCIDRs),
      client: client, metrics: daemon.metrics, health: daemon.health,
      logger: logger("proxy"))
  }

  func dns(_ client: KubeClient) -> DNSServer {
    DNSServer(
      configuration: DNSServer.Configuration(
        nodeName: settings.name, settings: settings.networks.dnsDefaults, file: dnsFile,
        heldSockets: .holder(settings.runDirectory), version: "skiff \(Version.current)"),
      client: client, metrics: daemon.metrics, health: daemon.health, explanations: daemon.explanations,
      logger: logger("dns"))
  }

  func kubelet(_ client: KubeClient, _ options: KubeletOptions) throws -> NodeKubelet {
    let networks = settings.networks
    let folder = CertificateFolder(path: options.certificates)
    let hasCertificate = Files.exists(folder.certificate("kubelet"))
    return NodeKubelet(
      configuration: NodeKubelet.Configuration(
        nodeName: settings.name, nodeAddresses: try options.addresses(), rootDirectory: settings.rootDirectory,
        runDirectory: settings.runDirectory, cniConfigDirectory: cniConfigDirectory, cniBinDirectory: cniBinDirectory,
        clusterDNS: [networks.dns], clusterDomain: networks.domain, imagesDirectories: options.images,
        pauseExecutable: try sibling("skiff-pause"),
        servingCertificatePath: hasCertificate ? folder.certificate("kubelet") : nil,
        servingKeyPath: hasCertificate ? folder.key("kubelet") : nil,
        clientCAPath: Files.exists(folder.authorityCertificate) ? folder.authorityCertificate : nil,
        cgroupRoot: options.cgroupRoot, runtimeEndpoint: options.runtimeEndpoint),
      client: client, metrics: daemon.metrics, health: daemon.health, logger: logger("kubelet"))
  }

  /// The parts that are asked for, over one connection to the API server.
  func services(_ parts: [Part], _ kubelet: KubeletOptions?) throws -> [any ServiceLifecycle.Service] {
    // The network alone may have its nodes from a file.
    if settings.kubeconfig.isEmpty, parts == [.network] { return [try network(nil)] }
    let client = try client(daemon.name == "node" ? "skiff-node" : "skiff-\(daemon.name)")
    var services: [any ServiceLifecycle.Service] = [ClientService(client: client)]
    for part in Part.allCases where parts.contains(part) {
      switch part {
      case .network: services.append(try network(client))
      case .proxy: services.append(try proxy(client))
      case .dns: services.append(dns(client))
      case .kubelet:
        guard let kubelet else { throw UserError("the kubelet runs as a part of `skiff node` only", exitCode: 2) }
        services.append(try self.kubelet(client, kubelet))
      }
    }
    return services
  }
}

/// What only the kubelet takes.
struct KubeletOptions: ParsableArguments {
  @Option(help: "The node's address; the first one that other machines can reach where it is left out.")
  var nodeIp: String?

  @Option(help: ArgumentHelp("A folder with image archives (OCI or docker) to load.", valueName: "folder"))
  var images: [String] = []

  @Option(help: "The control group below which those of the pods are made.")
  var cgroupRoot = "/skiff"

  @Option(
    help: ArgumentHelp(
      "kubelet.crt, kubelet.key and ca.crt, by which the API server knows the kubelet.", valueName: "folder")
  )
  var certificates = "/etc/skiff/pki"

  @Option(help: "The unix socket of a container runtime (CRI); a containerd of its own where it is left out.")
  var runtimeEndpoint: String?

  func validate() throws {
    if let nodeIp, IPAddress(nodeIp) == nil { throw ValidationError("--node-ip \(nodeIp) is no address") }
    for folder in images where !Files.isDirectory(folder) {
      throw ValidationError("--images \(folder): there is no such folder")
    }
  }

  /// The node's addresses, IPv4 first.
  func addresses() throws -> [String] {
    if let nodeIp { return [nodeIp] }
    let socket = try RouteSocket()
    let links = try socket.links().filter { $0.isUp && !$0.isLoopback }.map(\.index)
    let all = try socket.addresses().filter { $0.scope == 0 && links.contains($0.interface) }.map(\.address)
    let own = IPAddress.Family.allCases.compactMap { family in all.first { $0.family == family } }
    guard !own.isEmpty else {
      throw UserError("this machine has no address that others can reach: name one with --node-ip")
    }
    return own.map { "\($0)" }
  }
}
