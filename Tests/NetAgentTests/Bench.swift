import Glibc
import KubeAPI
import KubeClient
import KubeClientTesting
import Logging
import Netlink
import Synchronization
import Telemetry
import Testing

@testable import NetAgent

/// A node in a network namespace of its own, with an agent that can be stopped and started again.
final class TestNode: Sendable {
  let name: String
  let namespace: NetworkNamespace
  let socket: RouteSocket
  let folder: TemporaryFolder
  let api: FakeAPI
  let registry = MetricsRegistry()
  let health = HealthChecks()
  /// How nodes of other networks are reached, at the next start.
  let tunnels = Mutex(TunnelSettings())
  let explanations = Explanations()
  /// Where the nodes are known from, at the next start; `nil` for the API.
  let nodesFile = Mutex<NodesFile?>(nil)
  /// Whether ``serve()`` waits until pods can be added.
  let waitsForServing = Mutex(true)
  private let agent = Mutex<Task<Void, any Error>?>(nil)

  init(_ name: String, _ api: FakeAPI) throws {
    self.name = name
    self.api = api
    namespace = try NetworkNamespace.make()
    socket = try RouteSocket(in: namespace)
    try socket.set("lo", LinkChange(isUp: true))
    folder = try TemporaryFolder()
  }

  deinit { agent.withLock { $0?.cancel() } }

  var socketPath: String { folder.path + "/cni.sock" }
  var listPath: String { folder.path + "/net.d/10-skiff.conflist" }
  var plugin: Plugin { Plugin(socket: socketPath) }

  var configuration: NetworkAgent.Configuration {
    var configuration = NetworkAgent.Configuration(
      nodeName: name, clusterCIDRs: ["10.244.0.0/16", "fd00:244::/48"].compactMap { IPPrefix($0) },
      serviceCIDRs: ["10.96.0.0/16"].compactMap { IPPrefix($0) }, stateDirectory: folder.path + "/state",
      socketPath: socketPath, cniConfigDirectory: folder.path + "/net.d", cniBinDirectory: folder.path + "/bin",
      cniExecutable: Plugin.executable)
    configuration.tunnels = tunnels.withLock { $0 }
    configuration.nodes = nodesFile.withLock { $0 }
    return configuration
  }

  /// How many changes of the kernel were needed, of all kinds.
  var writes: Double {
    let metrics = AgentMetrics(registry)
    return ["rules", "node-routes", "tunnels", "settings", "pods"].reduce(0) { $0 + metrics.writes.value([$1]) }
  }

  func start() {
    var agent = NetworkAgent(
      configuration: configuration, client: nodesFile.withLock { $0 } == nil ? api.client : nil, metrics: registry,
      health: health, explanations: explanations,
      logger: Logger(label: name) { _ in SwiftLogNoOpLogHandler() })
    agent.namespace = namespace
    let copy = agent
    self.agent.withLock { $0 = Task { try await copy.run() } }
  }

  /// Starts the agent and waits until it serves.
  func serve() async throws {
    start()
    guard waitsForServing.withLock({ $0 }) else { return }
    let plugin = plugin
    try #require(
      try await eventually { try await plugin.call("STATUS", "", [("cniVersion", "1.1.0")]).exitCode == 0 },
      "the agent of \(name) does not serve")
  }

  func stop() async {
    let task = agent.withLock { agent in
      defer { agent = nil }
      return agent
    }
    task?.cancel()
    _ = await task?.result
  }

  /// Joins this node and another by a veth with addresses of one network.
  func join(_ other: TestNode, _ own: String, _ others: String) throws {
    try socket.create(NewLink("up", .veth(peer: NewLink.Peer("up", in: other.namespace)), isUp: true))
    for (socket, text) in [(socket, own), (other.socket, others)] {
      try socket.set("up", LinkChange(isUp: true))
      let prefix = try #require(IPPrefix(text))
      let address = try #require(IPAddress(text.split(separator: "/").first ?? ""))
      try socket.add(
        InterfaceAddress(
          address, prefixLength: prefix.length, interface: try socket.index(of: "up"), flags: .noDuplicateDetection))
    }
  }
}

/// A pod's namespace, and what speaks in it.
final class TestPod: Sendable {
  let container: String
  let namespace: NetworkNamespace

  init() throws {
    container = "pod" + String(UInt64.random(in: 0...UInt64.max), radix: 16)
    namespace = try NetworkNamespace.make()
  }

  /// A path to the namespace that any process can open while the pod lives.
  var path: String { "/proc/\(getpid())/fd/\(namespace.descriptor)" }

  func add(to node: TestNode) async throws -> IPAddress {
    try #require(try await addAll(to: node).first)
  }

  /// The addresses of all families.
  func addAll(to node: TestNode) async throws -> [IPAddress] {
    let outcome = try await node.plugin.call("ADD", container, namespace: path)
    try #require(outcome.exitCode == 0, "\(outcome.message) \(outcome.output?["details"]?.stringValue ?? "")")
    return outcome.addresses
  }
}

/// A UDP socket in a namespace.
final class Datagrams: Sendable {
  private let descriptor: Int32

  init(in namespace: NetworkNamespace, _ address: IPAddress, port: UInt16 = 7000) throws {
    descriptor = try namespace.run { () throws -> Int32 in
      let descriptor = socket(address.isIPv4 ? AF_INET : AF_INET6, Int32(SOCK_DGRAM.rawValue), 0)
      var (storage, size) = Self.storage(address, port)
      let result = withUnsafePointer(to: &storage) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
      }
      guard result == 0 else {
        let code = errno
        close(descriptor)
        throw NetlinkError(call: "bind", object: "\(address)", errno: code)
      }
      return descriptor
    }
  }

  deinit { close(descriptor) }

  /// The error number, 0 for none.
  @discardableResult
  func send(_ text: String, to address: IPAddress, port: UInt16 = 7000) -> Int32 {
    send(Array(text.utf8), to: address, port: port)
  }

  @discardableResult
  func send(_ bytes: [UInt8], to address: IPAddress, port: UInt16 = 7000) -> Int32 {
    var (storage, size) = Self.storage(address, port)
    let count = withUnsafePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { sendto(descriptor, bytes, bytes.count, 0, $0, size) }
    }
    return count < 0 ? errno : 0
  }

  /// Whether packets are never cut: one that is too long for the way is refused (IP_PMTUDISC_DO of linux/in.h).
  func neverFragment(_ family: IPAddress.Family) {
    var mode: Int32 = 2
    let (level, option) = family == .v4 ? (Int32(IPPROTO_IP), Int32(10)) : (Int32(IPPROTO_IPV6), Int32(23))
    setsockopt(descriptor, level, option, &mode, socklen_t(MemoryLayout<Int32>.size))
  }

  /// The next text and who sent it; `nil` where none comes within the milliseconds.
  func receive(within milliseconds: Int32 = 2000) -> (text: String, source: IPAddress)? {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, milliseconds) == 1 else { return nil }
    var storage = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { recvfrom(descriptor, &buffer, buffer.count, 0, $0, &size) }
    }
    let raw = withUnsafeBytes(of: &storage) { Array($0) }
    let bytes = storage.ss_family == sa_family_t(AF_INET) ? raw[4..<8] : raw[8..<24]
    guard count >= 0, let source = IPAddress(bytes: bytes) else { return nil }
    return (String(decoding: buffer[..<count], as: UTF8.self), source)
  }

  static func storage(_ address: IPAddress, _ port: UInt16) -> (sockaddr_storage, socklen_t) {
    var storage = sockaddr_storage()
    storage.ss_family = sa_family_t(address.isIPv4 ? AF_INET : AF_INET6)
    let offset = address.isIPv4 ? 4 : 8
    withUnsafeMutableBytes(of: &storage) { bytes in
      bytes[2] = UInt8(port >> 8)
      bytes[3] = UInt8(port & 0xff)
      for (index, byte) in address.bytes.enumerated() { bytes[offset + index] = byte }
    }
    return (storage, socklen_t(address.isIPv4 ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size))
  }
}

extension FakeAPI {
  /// Stores a Node with a pod CIDR for each family and its InternalIPs.
  func putNode(_ name: String, podCIDRs: [String], addresses: [String]) throws {
    var node = Node()
    node.metadata.name = name
    node.spec.podCIDRs = podCIDRs
    node.json["status"] = [
      "addresses": .array(addresses.map { ["type": "InternalIP", "address": .string($0)] })
    ]
    put(node)
  }
}

extension FakeAPI {
  /// Stores a Pod that a node runs, and its namespace if that is not there.
  @discardableResult
  func putPod(
    _ name: String, in namespace: String = "default", node: String, labels: [String: String] = [:],
    uid: String? = nil
  ) -> Pod {
    put(Namespace(namespace) { $0.metadata.labels = ["kubernetes.io/metadata.name": namespace] })
    return put(
      Pod(name, in: namespace) { pod in
        pod.metadata.labels = labels
        pod.metadata.uid = uid
        pod.spec.nodeName = node
      })
  }
}
