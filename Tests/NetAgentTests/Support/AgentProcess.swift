import Glibc
import KubeAPI
import Netlink
import Synchronization
import Testing

@testable import NetAgent

/// `skiff network` as a process of its own in a node's namespace, to be killed at any moment and started again.
final class AgentProcess: Sendable {
  static let program = getenv("SKIFF_BIN").map { String(cString: $0) + "/skiff" }

  let namespace: NetworkNamespace
  let socket: RouteSocket
  let folder: TemporaryFolder
  private let server: NodeListServer
  private let process = Mutex<pid_t?>(nil)

  init(podCIDRs: [String]) throws {
    namespace = try NetworkNamespace.make()
    socket = try RouteSocket(in: namespace)
    folder = try TemporaryFolder()
    try socket.set("lo", LinkChange(isUp: true))
    try socket.add(InterfaceAddress(IPAddress(172, 30, 0, 1), interface: 1))
    let node: JSONValue = [
      "apiVersion": "v1", "kind": "Node", "metadata": ["name": "one", "uid": "1", "resourceVersion": "1"],
      "spec": ["podCIDRs": .array(podCIDRs.map { .string($0) })],
      "status": ["addresses": [["type": "InternalIP", "address": "172.30.0.1"]]],
    ]
    server = try NodeListServer(in: namespace, nodes: [node])
    let kubeconfig: JSONValue = [
      "apiVersion": "v1", "kind": "Config", "current-context": "c",
      "clusters": [["name": "c", "cluster": ["server": .string("http://127.0.0.1:\(server.port)")]]],
      "users": [["name": "u", "user": ["token": "t"]]],
      "contexts": [["name": "c", "context": ["cluster": "c", "user": "u"]]],
    ]
    let file = open(folder.path + "/kubeconfig", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    let bytes = Array(kubeconfig.text.utf8)
    _ = write(file, bytes, bytes.count)
    close(file)
  }

  deinit {
    kill()
    server.stop()
  }

  var plugin: Plugin { Plugin(socket: folder.path + "/run/cni.sock") }

  func start() throws {
    let program = try #require(Self.program)
    let log = folder.path + "/log"
    let arguments = [
      program, "network", "--kubeconfig", folder.path + "/kubeconfig", "--node-name", "one", "--run-dir",
      folder.path + "/run", "--root-dir", folder.path + "/root", "--telemetry-address", "127.0.0.1:10258",
      "--cluster-cidr", "10.244.0.0/16,fd00:244::/48",
    ]
    let pid = try namespace.run { () throws -> pid_t in
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
      posix_spawn_file_actions_adddup2(&actions, 1, 2)
      var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
      defer { for pointer in words { free(pointer) } }
      var pid = pid_t()
      let code = posix_spawn(&pid, program, &actions, nil, &words, environ)
      guard code == 0 else { throw NetlinkError(call: "start", object: program, errno: code) }
      return pid
    }
    process.withLock { $0 = pid }
  }

  /// Starts it and waits until it serves.
  func serve() async throws {
    try start()
    let plugin = plugin
    let serves = try await eventually(within: .seconds(60)) {
      try await plugin.call("STATUS", "", [("cniVersion", "1.1.0")]).code.map { $0 == 51 } ?? true
    }
    try #require(serves, "the agent does not serve:\n\(log)")
  }

  /// Ends it as a crash would, and waits for its end.
  func kill() {
    let pid = process.withLock { process in
      defer { process = nil }
      return process
    }
    guard let pid else { return }
    Glibc.kill(pid, SIGKILL)
    var status: Int32 = 0
    waitpid(pid, &status, 0)
  }

  var log: String { String(decoding: (contents(of: folder.path + "/log") ?? []).suffix(2000), as: UTF8.self) }

  /// What the journal on the disk leads to.
  func ledger() throws -> AddressLedger {
    let bytes = try #require(contents(of: folder.path + "/root/network/addresses.journal"))
    return AddressLedger(replaying: bytes.split(separator: 0x0a).compactMap { JournalRecord(line: $0) })
  }
}
