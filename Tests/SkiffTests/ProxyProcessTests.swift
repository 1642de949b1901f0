import Foundation
import Netlink
import Testing

@testable import skiff

/// `skiff proxy` as a process, beside our own API server, in a network namespace. The client is curl.
@Suite(
  .enabled(
    if: ProcessInfo.processInfo.environment["SKIFF_BIN"] != nil && geteuid() == 0,
    "SKIFF_BIN is not set, or not root: use hack/test"))
struct ProxyProcessTests {
  /// A namespace with one address, and a control plane that listens on it.
  private final class Cluster {
    let namespace: NetworkNamespace
    let folder: String
    private let executable: String
    private var processes: [ChildProcess] = []

    init() throws {
      executable = (ProcessInfo.processInfo.environment["SKIFF_BIN"] ?? "") + "/skiff"
      folder = FileManager.default.temporaryDirectory.appendingPathComponent("skiff-test-\(UUID().uuidString)").path
      try Files.makeDirectory(folder)
      namespace = try NetworkNamespace.make()
      try run("ip", "link", "set", "lo", "up")
      try run("ip", "address", "add", "192.0.2.1/32", "dev", "lo")
    }

    deinit {
      for process in processes {
        kill(process.pid, SIGKILL)
        _ = process.wait()
      }
      try? FileManager.default.removeItem(atPath: folder)
    }

    /// Starts skiff in the namespace; what it says goes to `LOG.log`.
    func start(_ log: String, _ arguments: [String]) throws -> ChildProcess {
      let command = [executable] + arguments
      let process = try namespace.run { () throws in
        try ChildProcess.spawn(command, log: "\(folder)/\(log).log")
      }
      processes.append(process)
      return process
    }

    func log(_ name: String) throws -> String {
      String(decoding: try Files.readIfPresent("\(folder)/\(name).log") ?? [], as: UTF8.self)
    }

    func skiff(_ arguments: [String]) throws -> (end: String?, output: String) {
      try collect([executable] + arguments)
    }

    /// Runs a program in the namespace.
    @discardableResult
    func run(_ arguments: String...) throws -> String {
      let (end, output) = try collect(["/usr/bin/env"] + arguments)
      guard end == "exit code 0" else {
        throw UserError("\(arguments.joined(separator: " ")): \(end ?? "?") \(output)")
      }
      return output
    }

    private func collect(_ command: [String]) throws -> (end: String?, output: String) {
      let log = "\(folder)/\(UUID().uuidString)"
      let process = try namespace.run { () throws in try ChildProcess.spawn(command, log: log) }
      let end = process.wait()
      return (end, String(decoding: try Files.readIfPresent(log) ?? [], as: UTF8.self))
    }

    /// Asks an HTTP server in the namespace: the status and the body.
    func get(_ url: String) throws -> (status: Int, body: String) {
      let (_, output) = try collect(["/usr/bin/curl", "-s", "-m", "5", "-w", "\n%{http_code}", url])
      let lines = output.split(separator: "\n", omittingEmptySubsequences: false)
      return (Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n"))
    }

    /// Writes an object to the API server.
    func api(_ method: String, _ path: String, _ body: String) throws {
      try run(
        "curl", "-s", "-S", "-f", "-m", "10", "--cacert", "\(folder)/pki/ca.crt", "--cert", "\(folder)/admin.crt",
        "--key", "\(folder)/admin.key", "-X", method, "-H", "Content-Type: application/json", "-d", body,
        "https://192.0.2.1:6443\(path)")
    }

    /// Starts the control plane, and takes the administrator's key out of its kubeconfig.
    func startServer() async throws {
      _ = try start(
        "server",
        [
          "server", "--store", "sqlite:\(folder)/store.sqlite", "--certificates", "\(folder)/pki", "--run-dir",
          "\(folder)/server", "--bind-address", "192.0.2.1",
        ])
      try await eventually("the API server answers") {
        try self.run("curl", "-s", "-k", "-o", "/dev/null", "https://192.0.2.1:6443/readyz").isEmpty
      }
      let kubeconfig = String(
        decoding: try Files.readIfPresent("\(folder)/pki/admin.kubeconfig") ?? [], as: UTF8.self)
      for (field, file) in [("client-certificate-data: ", "admin.crt"), ("client-key-data: ", "admin.key")] {
        let line = try #require(kubeconfig.split(separator: "\n").first { $0.contains(field) })
        let text = try #require(line.range(of: field).map { line[$0.upperBound...] })
        try Files.write(Array(try #require(Data(base64Encoded: String(text)))), to: "\(folder)/\(file)", mode: 0o600)
      }
    }

    func eventually(_ what: String, _ condition: () throws -> Bool) async throws {
      let deadline = ContinuousClock.now + .seconds(60)
      while ContinuousClock.now < deadline {
        if (try? condition()) == true { return }
        try await Task.sleep(for: .milliseconds(50))
      }
      Issue.record("not seen: \(what)\n\(try log("server"))\n\(try log("proxy"))")
      throw UserError(what)
    }
  }

  @Test func takesAKubeProxysPlace() async throws {
    let cluster = try Cluster()
    try await cluster.startServer()
    try cluster.api(
      "POST", "/api/v1/nodes", #"{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}}"#)
    try cluster.api(
      "PUT", "/api/v1/nodes/node-1/status",
      #"""
      {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"},
       "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.1"}]}}
      """#)
    // Its one endpoint is the proxy's own server, by the node's address.
    try cluster.api(
      "POST", "/api/v1/namespaces/default/services",
      #"""
      {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "self"},
       "spec": {"clusterIP": "10.96.0.77", "ports": [{"port": 80, "targetPort": 10256}]}}
      """#)
    try cluster.api(
      "POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
      #"""
      {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
       "metadata": {"name": "self-1", "labels": {"kubernetes.io/service-name": "self"}},
       "ports": [{"name": "", "port": 10256, "protocol": "TCP"}],
       "endpoints": [{"addresses": ["192.0.2.1"], "nodeName": "node-1"}]}
      """#)
    try cluster.run("nft", "add", "table", "ip", "kube-proxy")
    let file = "\(cluster.folder)/config.conf"
    try """
    apiVersion: kubeproxy.config.k8s.io/v1alpha1
    kind: KubeProxyConfiguration
    mode: iptables
    clientConnection: {kubeconfig: \(cluster.folder)/pki/admin.kubeconfig}
    clusterCIDR: 10.244.0.0/16
    iptables: {masqueradeBit: 14}
    conntrack: {tcpEstablishedTimeout: 2h}
    """.write(toFile: file, atomically: true, encoding: .utf8)
    let runFolder = "\(cluster.folder)/run"
    let proxy = try cluster.start(
      "proxy",
      [
        "proxy", "--config=\(file)", "--hostname-override=node-1", "--service-cidr", "10.96.0.0/16", "--run-dir",
        runFolder, "--cleanup-kube-proxy",
      ])

    try await cluster.eventually("the ClusterIP answers") { try cluster.get("http://10.96.0.77/livez").status == 200 }
    let health = try cluster.get("http://127.0.0.1:10256/healthz")
    #expect(health.status == 200)
    #expect(health.body.contains("\"nodeEligible\":true"))
    // Where kube-proxy's metrics are looked for.
    let metrics = try cluster.get("http://127.0.0.1:10249/metrics").body
    #expect(metrics.contains("kubeproxy_sync_proxy_rules_duration_seconds_count{ip_family=\"IPv4\"}"))
    #expect(metrics.contains("rest_client_requests_total{code=\"200\",host=\"192.0.2.1:6443\",method=\"GET\"}"))
    #expect(metrics.contains("kubeproxy_proxy_livez_total{code=\"200\"}"))
    let log = try cluster.log("proxy")
    #expect(log.contains("iptables.masqueradeBit") && log.contains("mode (iptables"))
    #expect(log.contains("removed a table of kube-proxy"))
    #expect(try cluster.run("nft", "list", "tables") == "table inet skiff-proxy\n")
    #expect(
      try cluster.run("cat", "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established") == "7200\n")

    // It must not clean up behind a proxy that runs.
    let early = try cluster.skiff(["proxy", "--cleanup", "--run-dir", runFolder])
    #expect(early.end == "exit code 1")
    #expect(early.output.contains("pid \(proxy.pid)"))
    kill(proxy.pid, SIGTERM)
    #expect(proxy.wait() == "exit code 0")
    // The rules stay: only the endpoint is gone, for it was the proxy itself.
    #expect(try cluster.run("nft", "list", "tables").contains("skiff-proxy"))
    for _ in 0..<2 {
      let cleanup = try cluster.skiff(["proxy", "--cleanup", "--run-dir", runFolder])
      #expect(cleanup.end == "exit code 0", "\(cleanup.output)")
    }
    #expect(try cluster.run("nft", "list", "tables").isEmpty)
    #expect(try cluster.run("ip", "route").isEmpty)
  }

  @Test func errorsAreOneLine() throws {
    let cluster = try Cluster()
    let file = "\(cluster.folder)/config.conf"
    try "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nipvs: {shceduler: rr}".write(
      toFile: file, atomically: true, encoding: .utf8)
    for (arguments, end, text) in [
      (["--config", file], "exit code 1", "unknown: ipvs.shceduler"), ([], "exit code 2", "--kubeconfig is missing"),
      (["--detect-local-mode", "BridgeInterface"], "exit code 2", "--pod-bridge-interface"),
    ] {
      let result = try cluster.skiff(["proxy"] + arguments)
      #expect(result.end == end, "\(result.output)")
      #expect(result.output.contains(text), "\(result.output)")
      #expect(result.output.split(separator: "\n").count == 1, "\(result.output)")
    }
  }
}
