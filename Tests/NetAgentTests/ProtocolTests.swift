import Glibc
import KubeAPI
import KubeClientTesting
import Netlink
import Testing

@testable import NetAgent

/// The executable as runtimes call it: versions, chaining, nonsense, calls at once.
@Suite(.namespaces, .timeLimit(.minutes(3))) struct ProtocolTests {
  private func node(_ podCIDRs: [String] = ["10.244.1.0/24", "fd00:244:0:1::/64"]) async throws -> TestNode {
    let api = FakeAPI()
    let node = try TestNode("one", api)
    try api.putNode("one", podCIDRs: podCIDRs, addresses: ["172.30.0.1"])
    try await node.serve()
    return node
  }

  /// What libcni and cnitool do with one network: ADD, CHECK and DEL with the result that ADD gave.
  @Test(arguments: CNIVersion.allCases) func everyVersionGetsItsOwnShape(version: CNIVersion) async throws {
    let node = try await node()
    let pod = try TestPod()
    var plugin = node.plugin
    plugin.version = version.rawValue
    let added = try await plugin.call(
      "ADD", pod.container, namespace: pod.path, [("dns", ["nameservers": ["10.96.0.10"]])])
    let result = try #require(added.output)
    try #require(added.exitCode == 0, "\(added.message)")
    #expect(result["cniVersion"]?.stringValue == version.rawValue)
    #expect(result["dns"] == ["nameservers": ["10.96.0.10"]])
    let addresses = try #require(result["ips"]?.arrayValue)
    let families: [JSONValue?] = version < .v1_0_0 ? ["4", "6"] : [nil, nil]
    #expect(addresses.map { $0["version"] } == families)
    #expect(addresses.map { $0["interface"] } == [1, 1])
    let interfaces = try #require(result["interfaces"]?.arrayValue)
    #expect(interfaces.allSatisfy { ($0["mtu"] != nil) == (version >= .v1_1_0) })
    #expect(interfaces.map { $0["sandbox"]?.stringValue } == [nil, pod.path])
    let check = try await plugin.call("CHECK", pod.container, namespace: pod.path, [("prevResult", result)])
    if version >= .v0_4_0 {
      #expect(check.exitCode == 0, "\(check.message)")
    } else {
      #expect(check.code == 1)
    }
    // With everything, without a namespace, and once more.
    for (namespace, previous) in [(pod.path, result), ("", .null), ("/nowhere", [:])] as [(String, JSONValue)] {
      let deleted = try await plugin.call("DEL", pod.container, namespace: namespace, [("prevResult", previous)])
      #expect(deleted.exitCode == 0 && deleted.output == nil, "\(deleted.message)")
    }
    await node.stop()
  }

  @Test(arguments: ["0.1.0", "0.2.0", "1.2.0", "", "one"]) func otherVersionsAreRefused(version: String) async throws {
    let node = try await node()
    let pod = try TestPod()
    var plugin = node.plugin
    plugin.version = version
    for command in ["ADD", "DEL", "CHECK"] {
      let refused = try await plugin.call(command, pod.container, namespace: pod.path, [("prevResult", [:])])
      #expect(refused.exitCode == 1 && refused.code == 1, "\(command): \(refused.message)")
      #expect(refused.output?["details"]?.stringValue?.contains("1.1.0") == true)
    }
    let versions = try await plugin.call("VERSION", "", [])
    #expect(versions.output?["supportedVersions"] == ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"])
    await node.stop()
  }

  @Test func anEarlierPluginsResultGoesThrough() async throws {
    let node = try await node()
    let pod = try TestPod()
    let previous: JSONValue = [
      "cniVersion": "1.0.0", "interfaces": [["name": "tap0", "mac": "02:00:00:00:00:01"]],
      "ips": [["address": "192.0.2.1/24", "interface": 0]], "routes": [["dst": "192.0.2.0/24"]],
      "dns": ["nameservers": ["192.0.2.53"]],
    ]
    let added = try await node.plugin.call("ADD", pod.container, namespace: pod.path, [("prevResult", previous)])
    try #require(added.exitCode == 0, "\(added.message)")
    let names = added.output?["interfaces"]?.arrayValue?.map { $0["name"]?.stringValue }
    #expect(names?.first == "tap0" && names?.last == "eth0" && names?.count == 3)
    #expect(added.output?["ips"]?.arrayValue?.map { $0["interface"] } == [0, 2, 2])
    #expect(added.output?["dns"] == ["nameservers": ["192.0.2.53"]])
    // What plugins after this one add does not trouble CHECK.
    var later = try #require(added.output)
    later["interfaces"] = .array((later["interfaces"]?.arrayValue ?? []) + [["name": "later0"]])
    #expect(
      try await node.plugin.call("CHECK", pod.container, namespace: pod.path, [("prevResult", later)]).exitCode == 0)
    await node.stop()
  }

  @Test func withoutADaemonEachVerbSaysSo() async throws {
    let folder = try TemporaryFolder()
    let plugin = Plugin(socket: folder.path + "/nobody.sock", version: "1.1.0")
    for (command, code) in [("ADD", 11), ("DEL", 11), ("CHECK", 11), ("GC", 11), ("STATUS", 50)] as [(String, Int64)] {
      let outcome = try await plugin.call(command, "abc", namespace: "/run/netns/x")
      #expect(outcome.exitCode == 1 && outcome.code == code, "\(command)")
      #expect(outcome.message.contains("skiff's daemon"))
      #expect(outcome.output?["cniVersion"] == "1.1.0")
    }
    #expect(try await plugin.call("VERSION", "").exitCode == 0)
  }

  @Test func nonsenseIsAnsweredAndLeavesNothing() async throws {
    let node = try await node()
    let pod = try TestPod()
    let whole = Array(
      node.plugin.configuration([
        ("runtimeConfig", ["portMappings": [["hostPort": 80, "containerPort": 80]], "bandwidth": ["ingressRate": 1]]),
        ("prevResult", ["ips": [["address": "10.0.0.1/24"]]]), ("cni.dev/valid-attachments", []),
      ]).text.utf8)
    var generator = SystemRandomNumberGenerator()
    for number in 0..<120 {
      var bytes = whole
      switch number % 4 {
      case 0: bytes = Array(bytes.prefix(Int.random(in: 0..<bytes.count, using: &generator)))
      case 1:
        for _ in 0..<8 {
          bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
        }
      case 2: bytes = (0..<200).map { _ in .random(in: 0...255, using: &generator) }
      default: bytes.insert(contentsOf: Array(repeating: UInt8(ascii: "["), count: 2000), at: bytes.count / 2)
      }
      let command = ["ADD", "DEL", "CHECK", "STATUS", "GC", "VERSION", "", "add", "A=B"][number % 9]
      let outcome = try await Plugin.run(
        environment: [
          "CNI_COMMAND=\(command)", "CNI_CONTAINERID=\(pod.container)", "CNI_IFNAME=eth\(number)",
          "CNI_NETNS=\(pod.path)", "CNI_ARGS=a=b;;c=d",
        ], input: bytes)
      #expect(outcome.exitCode == 0 || outcome.exitCode == 1)
      if outcome.exitCode == 1 {
        #expect(outcome.code ?? 0 > 0 && !outcome.message.isEmpty, "\(command) \(number)")
        #expect(outcome.output?["cniVersion"]?.stringValue != nil)
      }
    }
    #expect(
      try await node.plugin.call("GC", "", [("cniVersion", "1.1.0"), ("cni.dev/valid-attachments", [])]).exitCode == 0)
    #expect(try node.socket.links().allSatisfy { !$0.name.hasPrefix("sk") })
    await node.stop()
  }

  @Test func oneOfManyAddsOfOnePodWins() async throws {
    let node = try await node()
    let pod = try TestPod()
    let outcomes = try await withThrowingTaskGroup(of: Plugin.Outcome.self) { group in
      for _ in 0..<20 {
        group.addTask { try await node.plugin.call("ADD", pod.container, namespace: pod.path) }
      }
      return try await group.reduce(into: [Plugin.Outcome]()) { $0.append($1) }
    }
    #expect(outcomes.count { $0.exitCode == 0 } == 1)
    #expect(outcomes.count { $0.code == 103 } == 19)
    #expect(try node.socket.routes(RouteFilter(.v4, origin: .skiffPod)).count == 1)
    // A second interface of the same container is another attachment.
    let second = try await node.plugin.call("ADD", pod.container, namespace: pod.path, interface: "net1")
    #expect(second.exitCode == 0, "\(second.message)")
    await node.stop()
  }

  @Test func collectionKeepsToItsNetwork() async throws {
    let node = try await node()
    let pods = (try TestPod(), try TestPod(), try TestPod())
    _ = try await pods.0.add(to: node)
    _ = try await pods.1.add(to: node)
    let other: [(String, JSONValue)] = [("name", "storage")]
    #expect(try await node.plugin.call("ADD", pods.2.container, namespace: pods.2.path, other).exitCode == 0)
    let valid: JSONValue = [["containerID": .string(pods.0.container), "ifname": "eth0"]]
    let collect: [(String, JSONValue)] = [("cniVersion", "1.1.0"), ("cni.dev/valid-attachments", valid)]
    #expect(try await node.plugin.call("GC", "", collect).exitCode == 0)
    #expect(try node.socket.routes(RouteFilter(.v4, origin: .skiffPod)).count == 2)
    #expect(try await node.plugin.call("GC", "", collect + other).exitCode == 0)
    #expect(try node.socket.routes(RouteFilter(.v4, origin: .skiffPod)).count == 1)
    withExtendedLifetime(pods) {}
    await node.stop()
  }
}
