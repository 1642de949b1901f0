import FoundationEssentials
import Glibc
import KubeAPI
import KubeClient
import KubeClientTesting
import Logging
import Telemetry
import Testing

@testable import Kubelet

/// A kubelet with a containerd of its own in a folder of its own, on a Kubernetes API in memory. It runs in the namespaces
/// that ``ContainerTests`` makes, never in those of the machine.
final class NodeFixture: Sendable {
  static let isInside = getenv("SKIFF_KUBELET_TESTS_INSIDE") != nil

  let api = FakeAPI()
  let directory: String
  let configuration: NodeKubelet.Configuration
  let metrics = MetricsRegistry()

  init(clientCA: String? = nil) throws {
    var template = Array("/tmp/skiff-kubelet-XXXXXX".utf8CString)
    guard let path = mkdtemp(&template) else { throw SystemError("make a folder like", "/tmp/skiff-kubelet-") }
    directory = String(cString: path)
    let name = directory.split(separator: "-").last.map { String($0) } ?? ""
    for folder in ["bin", "net.d", "images"] { try Files.makeDirectory(directory + "/" + folder) }
    configuration = NodeKubelet.Configuration(
      nodeName: "node-1", nodeAddresses: ["10.99.0.1"], rootDirectory: directory + "/root",
      runDirectory: directory + "/run", cniConfigDirectory: directory + "/net.d", cniBinDirectory: directory + "/bin",
      imagesDirectories: [directory + "/images"], pauseExecutable: try Self.pause(), clientCAPath: clientCA,
      cgroupRoot: "/skiff-kubelet-tests/" + name, serverAddress: "127.0.0.1", serverPort: 10250)
    for name in ["test-cni", "loopback"] {
      try Files.write(Array(Self.plugin.utf8), to: directory + "/bin/" + name, mode: 0o755)
    }
    try Files.write(Self.busybox(name: "test.local/busybox:1"), to: directory + "/images/busybox.tar")
  }

  /// The product beside the test bundle.
  private static func pause() throws -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let program = String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let folder = program.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    let path = folder + "/skiff-pause"
    guard Files.exists(path) else { throw KubeletError("no \(path): build the product skiff-pause first") }
    return path
  }

  static func busybox(name: String) throws -> [UInt8] {
    var layer = TarArchive()
    for folder in ["bin", "tmp", "etc", "proc", "sys", "dev"] { layer.addDirectory(folder) }
    layer.addFile("bin/busybox", try Files.read("/usr/bin/busybox"), mode: 0o755)
    for applet in [
      "sh", "sleep", "cat", "echo", "httpd", "wget", "ls", "test", "id", "true", "false", "hostname", "env",
    ] {
      layer.addLink("bin/" + applet, to: "busybox")
    }
    return ImageArchive(name: name, layer: layer, command: ["sh"]).bytes()
  }

  /// A plugin for a pair of interfaces with an address of 10.99.1.0/24 for each pod, in the namespace it is called in.
  private static let plugin = """
    #!/bin/sh
    set -e
    case "$CNI_COMMAND" in
      VERSION) echo '{"cniVersion":"0.4.0","supportedVersions":["0.4.0"]}'; exit 0 ;;
      DEL|CHECK)
        if [ -n "$CNI_NETNS" ] && [ -e "$CNI_NETNS" ]; then nsenter --net="$CNI_NETNS" ip link del eth0 2>/dev/null || true; fi
        exit 0 ;;
    esac
    if [ "$(basename "$0")" = loopback ]; then
      nsenter --net="$CNI_NETNS" ip link set lo up
      echo '{"cniVersion":"0.4.0"}'
      exit 0
    fi
    directory=$(dirname "$0")
    exec 9>"$directory/lock"
    flock 9
    number=$(cat "$directory/number" 2>/dev/null || echo 1)
    number=$((number + 1))
    echo $number > "$directory/number"
    name="t$number"
    peer="p$number"
    ip link add "$name" type veth peer name "$peer"
    ip link set "$peer" netns "$CNI_NETNS" 2>/dev/null || nsenter --net="$CNI_NETNS" true
    nsenter --net="$CNI_NETNS" ip link set "$peer" name eth0
    nsenter --net="$CNI_NETNS" ip addr add "10.99.1.$number/32" dev eth0
    nsenter --net="$CNI_NETNS" ip link set eth0 up
    nsenter --net="$CNI_NETNS" ip link set lo up
    nsenter --net="$CNI_NETNS" ip route add 10.99.0.1/32 dev eth0
    ip link set "$name" up
    ip route add "10.99.1.$number/32" dev "$name" src 10.99.0.1
    echo "{\\"cniVersion\\":\\"0.4.0\\",\\"ips\\":[{\\"version\\":\\"4\\",\\"address\\":\\"10.99.1.$number/32\\"}]}"
    """

  func openNetwork() throws {
    let list = #"{"cniVersion":"0.4.0","name":"test","plugins":[{"type":"test-cni"}]}"#
    try Files.replace(directory + "/net.d/10-test.conflist", with: Array(list.utf8))
  }

  private var logger: Logger {
    var logger = Logger(label: "kubelet", factory: { StreamLogHandler.standardError(label: $0) })
    logger.logLevel = getenv("SKIFF_KUBELET_DEBUG") == nil ? .warning : .debug
    return logger
  }

  /// Starts the kubelet; cancel the task to end it, as a kill would: nothing is cleaned up.
  func start() -> Task<Void, any Error> {
    let kubelet = NodeKubelet(
      configuration: configuration, client: api.client, metrics: metrics, health: HealthChecks(), logger: logger)
    return Task { try await kubelet.run() }
  }

  /// Runs `body` with a kubelet, and removes everything whatever comes of it.
  static func with(clientCA: String? = nil, _ body: (NodeFixture, inout Task<Void, any Error>) async throws -> Void)
    async throws
  {
    let node = try NodeFixture(clientCA: clientCA)
    var task = node.start()
    var failure: (any Error)?
    do { try await body(node, &task) } catch { failure = error }
    task.cancel()
    let log = Files.text(node.configuration.rootDirectory + "/containerd.log") ?? ""
    do { try await task.value } catch {
      if !(error is CancellationError) {
        failure = KubeletError("the kubelet ended: \(error); \(failure.map { "\($0)" } ?? "")")
      }
    }
    try await node.remove()
    if let failure {
      throw KubeletError(
        "\(failure)\n\(log.split(separator: "\n").filter { !$0.contains("level=info") }.suffix(15).joined(separator: "\n"))"
      )
    }
  }

  private func remove() async throws {
    try await NodeRemains(
      rootDirectory: configuration.rootDirectory, runDirectory: configuration.runDirectory,
      cgroupRoot: configuration.cgroupRoot
    ).remove()
    try Files.removeTree(directory)
  }

  // MARK: pods

  @discardableResult
  func create(_ name: String, _ fill: (inout PodSpec) -> Void) async throws -> ObjectKey {
    var pod = Pod(name, in: "default")
    pod.spec.nodeName = configuration.nodeName
    pod.spec.terminationGracePeriodSeconds = 1
    fill(&pod.spec)
    return try await api.client.create(pod).key
  }

  static func container(_ name: String, _ script: String, _ fill: (inout Container) -> Void = { _ in }) -> Container {
    var container = Container {
      $0.name = name
      $0.image = "test.local/busybox:1"
      $0.command = ["sh", "-c", script]
    }
    fill(&container)
    return container
  }

  func status(_ key: ObjectKey) -> PodStatus? { api.stored(Pod.self, key)?.status }

  /// Waits until the pod's status is as wanted.
  @discardableResult
  func wait(
    _ key: ObjectKey, _ what: String, within limit: Duration = .seconds(20),
    _ condition: (PodStatus) -> Bool
  ) async throws -> PodStatus {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
      if let status = status(key), condition(status) { return status }
      try await Task.sleep(for: .milliseconds(5))
    }
    throw KubeletError(
      "pod \(key) is not \(what) after \(limit): \(status(key)?.json.text ?? "gone"), events \(events)")
  }

  func wait(_ what: String, within limit: Duration = .seconds(20), _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
      if try await condition() { return }
      try await Task.sleep(for: .milliseconds(5))
    }
    throw KubeletError("not \(what) after \(limit)")
  }

  func waitReady(_ key: ObjectKey) async throws -> PodStatus {
    try await wait(key, "ready") { status in status.conditions.contains { $0.type == "Ready" && $0.status == "True" } }
  }

  var events: [String] { api.stored(Event.self).map { "\($0.reason ?? ""): \($0.message ?? "")" } }

  /// Waits until nothing of the pod is left: object, sandbox, containers, folders, cgroups.
  func waitGone(_ key: ObjectKey, uid: String) async throws {
    try await wait("gone: \(key)") { api.stored(Pod.self, key)?.metadata.uid != uid }
    try await runtime { runtime in
      try await wait("removed from the runtime: \(key)") {
        try await RuntimePod.read(uid, known: RuntimePod(), from: runtime) == RuntimePod()
      }
    }
    let cgroups = CgroupTree(root: configuration.cgroupRoot, hierarchies: CgroupHierarchy.mounted())
    try await wait("cleaned up after: \(key)", within: .seconds(2)) {
      !Files.exists("\(configuration.rootDirectory)/pods/\(uid)") && !cgroups.podUIDs().contains(uid)
    }
  }

  func runtime<T: Sendable>(_ body: @Sendable (RuntimeClient) async throws -> T) async throws -> T {
    let client = try RuntimeClient(socket: configuration.runDirectory + "/containerd/containerd.sock")
    let connections = Task { try await client.run() }
    defer { connections.cancel() }
    return try await body(client)
  }

  /// What a container has written, without the form of the log file.
  func log(_ key: ObjectKey, _ container: String, attempt: Int = 0) -> String {
    guard let uid = api.stored(Pod.self, key)?.metadata.uid else { return "" }
    let path = "\(configuration.rootDirectory)/logs/\(key.namespace)_\(key.name)_\(uid)/\(container)/\(attempt).log"
    return LogFile.lastLines(path, count: 1000, bytes: 1 << 20)
  }

  static func get(_ url: String) async throws -> String {
    try await Command.run(["/usr/bin/curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "5", url]).text
  }
}
