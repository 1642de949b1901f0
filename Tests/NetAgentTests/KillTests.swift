import Glibc
import KubeAPI
import Netlink
import Testing

@testable import NetAgent

/// The agent, and the plugin, are killed at random moments of random calls; after each restart everything must fit.
///
/// `SKIFF_KILL_CALLS` says how many calls: 240 where it is not set.
@Suite(
  .namespaces, .enabled(if: AgentProcess.program != nil, "SKIFF_BIN is not set: use hack/test"),
  .timeLimit(.minutes(30)))
struct KillTests {
  /// A pod whose namespace has a name, as runtimes give it: one that is made later cannot pass for it.
  private final class Pod: Sendable {
    let container: String
    let path: String
    let namespace: NetworkNamespace

    init(_ number: Int, in folder: String) throws {
      container = "pod\(number)"
      path = folder + "/netns/" + container
      namespace = try NetworkNamespace.create(at: path)
    }

    deinit { try? NetworkNamespace.delete(at: path) }

    var attachment: CNIRequest.Attachment { CNIRequest.Attachment(container: container, interface: "eth0") }
  }

  private enum Call: String, CaseIterable {
    case add = "ADD"
    case delete = "DEL"
    case check = "CHECK"
  }

  /// What the runtime knows of a pod.
  private enum Knowledge {
    case absent
    /// The result of ADD.
    case added(JSONValue)
    /// A call ended without an answer.
    case unknown
  }

  private struct Scene {
    let agent: AgentProcess
    var pods: [Pod] = []
    var knowledge: [Knowledge] = []
    var made = 0
    var generator = SystemRandomNumberGenerator()

    mutating func makePod() throws -> Pod {
      made += 1
      return try Pod(made, in: agent.folder.path)
    }

    /// Calls at once, of different pods; each perhaps with ports and limits.
    mutating func requests() -> [(index: Int, call: Call, extra: [(String, JSONValue)], patience: Duration?)] {
      pods.indices.shuffled(using: &generator).prefix(Int.random(in: 1...6, using: &generator)).map { index in
        var extra: [(String, JSONValue)] = []
        let call: Call
        switch (knowledge[index], Int.random(in: 0..<10, using: &generator)) {
        case (.absent, 0..<8), (.unknown, 0..<4): call = .add
        case (.added, 0..<4), (.absent, _): call = .check
        default: call = .delete
        }
        var runtime: JSONValue = [:]
        if Int.random(in: 0..<3, using: &generator) == 0 {
          let port = Int64.random(in: 8000..<8020, using: &generator)
          runtime["portMappings"] = [
            ["hostPort": .integer(port), "containerPort": 80, "protocol": Bool.random() ? "tcp" : "udp"]
          ]
        }
        if Int.random(in: 0..<5, using: &generator) == 0 {
          runtime["bandwidth"] = ["ingressRate": 8_000_000, "egressRate": 8_000_000]
        }
        if call == .add { extra.append(("runtimeConfig", runtime)) }
        if call == .check {
          if case .added(let result) = knowledge[index] {
            extra.append(("prevResult", result))
          } else {
            extra.append(("prevResult", [:]))
          }
        }
        let patience: Duration? =
          Int.random(in: 0..<12, using: &generator) == 0
          ? .microseconds(Int.random(in: 0..<6000, using: &generator)) : nil
        return (index, call, extra, patience)
      }
    }
  }

  @Test func nothingIsLostOrLeftWhateverIsKilled() async throws {
    let calls = getenv("SKIFF_KILL_CALLS").flatMap { Int(String(cString: $0)) } ?? 240
    var scene = Scene(agent: try AgentProcess(podCIDRs: ["10.244.1.0/26", "fd00:244:0:1::/64"]))
    try await scene.agent.serve()
    for _ in 0..<24 { scene.pods.append(try scene.makePod()) }
    scene.knowledge = scene.pods.map { _ in .absent }
    var (done, kills) = (0, 0)
    while done < calls {
      let kill = Int.random(in: 0..<2, using: &scene.generator) == 0
      let isCollection = Int.random(in: 0..<10, using: &scene.generator) == 0
      if isCollection {
        try await collect(&scene, kill)
        done += 1
      } else {
        done += try await callAtOnce(&scene, kill)
      }
      if kill {
        kills += 1
        // Meanwhile a pod may end without a DEL.
        if Int.random(in: 0..<3, using: &scene.generator) == 0 {
          let index = Int.random(in: scene.pods.indices, using: &scene.generator)
          scene.pods[index] = try scene.makePod()
          scene.knowledge[index] = .absent
        }
        try await scene.agent.serve()
      }
      try await expectOrder(scene, after: done)
    }
    #expect(kills > 0)
    for pod in scene.pods {
      let outcome = try await scene.agent.plugin.call("DEL", pod.container, namespace: pod.path)
      #expect(outcome.exitCode == 0, "\(outcome.message)")
    }
    scene.knowledge = scene.pods.map { _ in .absent }
    // What pods left that ended without a DEL.
    scene.agent.kill()
    try await scene.agent.serve()
    try await expectOrder(scene, after: done)
    let ledger = try scene.agent.ledger()
    #expect(ledger.leases.isEmpty)
    #expect(ledger.pools.map(\.used.count) == [0, 0])
    #expect(try scene.agent.socket.links().allSatisfy { !$0.name.hasPrefix("sk") })
    withExtendedLifetime(scene) {}
  }

  /// - Returns: how many calls there were.
  private func callAtOnce(_ scene: inout Scene, _ kill: Bool) async throws -> Int {
    let requests = scene.requests()
    let (agent, pods) = (scene.agent, scene.pods)
    let moment = Duration.microseconds(Int.random(in: 0..<12_000, using: &scene.generator))
    let outcomes = try await withThrowingTaskGroup(of: (Int, Plugin.Outcome)?.self) { group in
      for (place, request) in requests.enumerated() {
        let pod = pods[request.index]
        group.addTask {
          (
            place,
            try await agent.plugin.call(
              request.call.rawValue, pod.container, namespace: pod.path, request.extra,
              killedAfter: request.patience)
          )
        }
      }
      if kill {
        group.addTask {
          try await Task.sleep(for: moment)
          agent.kill()
          return nil
        }
      }
      var outcomes: [(Int, Plugin.Outcome)] = []
      for try await outcome in group { if let outcome { outcomes.append(outcome) } }
      return outcomes
    }
    for (place, outcome) in outcomes {
      let request = requests[place]
      scene.knowledge[request.index] = knowledge(request.call, outcome, scene.knowledge[request.index], kill)
    }
    return requests.count
  }

  private func knowledge(
    _ call: Call, _ outcome: Plugin.Outcome, _ before: Knowledge, _ isKilled: Bool
  ) -> Knowledge {
    let wasAnswered = outcome.exitCode >= 0 && outcome.code != 11
    switch call {
    case .add:
      if outcome.exitCode == 0, let result = outcome.output { return .added(result) }
      // Refused before anything was made: the interface is there, no address or port is free.
      if let code = outcome.code, [102, 103, 104].contains(code) { return before }
      #expect(!wasAnswered, "ADD: \(outcome.message) \(outcome.output?.text ?? "")")
      return .unknown
    case .delete:
      if outcome.exitCode == 0 { return .absent }
      #expect(!wasAnswered, "DEL: \(outcome.message)")
      return .unknown
    case .check:
      if case .added = before, wasAnswered { #expect(outcome.exitCode == 0, "CHECK: \(outcome.message)") }
      if case .absent = before, wasAnswered { #expect(outcome.code == 3, "CHECK: \(outcome.message)") }
      return before
    }
  }

  /// GC with those that the runtime knows, or is not sure of; some of the latter are dropped.
  private func collect(_ scene: inout Scene, _ kill: Bool) async throws {
    var valid: [JSONValue] = []
    for index in scene.pods.indices {
      switch scene.knowledge[index] {
      case .absent: continue
      case .unknown where Bool.random(using: &scene.generator): continue
      default:
        valid.append(["containerID": .string(scene.pods[index].container), "ifname": "eth0"])
      }
    }
    let agent = scene.agent
    let moment = Duration.microseconds(Int.random(in: 0..<6_000, using: &scene.generator))
    let killer = Task {
      guard kill else { return }
      try? await Task.sleep(for: moment)
      agent.kill()
    }
    let outcome = try await agent.plugin.call(
      "GC", "", [("cniVersion", "1.1.0"), ("cni.dev/valid-attachments", .array(valid))])
    await killer.value
    #expect(outcome.exitCode == 0 || outcome.code == 11, "GC: \(outcome.message)")
  }

  /// Waits until journal and kernel say the same and what the runtime was told is true. Repair takes a moment.
  private func expectOrder(_ scene: Scene, after calls: Int) async throws {
    var problems: [String] = []
    let isRight = try await eventually(within: .seconds(30)) {
      problems = try self.problems(scene)
      return problems.isEmpty
    }
    try #require(isRight, "after \(calls) calls: \(problems)\n\(scene.agent.log)")
  }

  private func problems(_ scene: Scene) throws -> [String] {
    let (agent, ledger) = (scene.agent, try scene.agent.ledger())
    var problems: [String] = []
    let addresses = ledger.leases.values.flatMap(\.addresses)
    if Set(addresses).count != addresses.count { problems.append("an address was given twice") }
    for (pod, knowledge) in zip(scene.pods, scene.knowledge) {
      let lease = ledger.leases[pod.attachment]
      switch knowledge {
      case .unknown: continue
      case .absent: if lease != nil { problems.append("\(pod.container) has a lease after DEL") }
      case .added(let result):
        let told = result["ips"]?.arrayValue?.compactMap { $0["address"]?.stringValue }
        if told != lease?.addresses.map({ IPPrefix(host: $0).description }) {
          problems.append("\(pod.container) was told \(told ?? []) but has \(lease?.addresses ?? [])")
        }
      }
    }
    let links = try agent.socket.links()
    let wanted = Set(ledger.leases.values.map(\.link.hostName))
    let pods = links.filter { $0.name.hasPrefix("skf") }
    for link in pods where !wanted.contains(link.name) { problems.append("link \(link.name) is nobody's") }
    let blocks = Set(ledger.leases.values.filter { $0.bandwidth?.egress != nil }.map(\.link.blockName))
    for link in links where link.name.hasPrefix("ski") && !blocks.contains(link.name) {
      problems.append("block \(link.name) is nobody's")
    }
    let present = Set(pods.map(\.name))
    let routed = ledger.leases.values.filter { present.contains($0.link.hostName) }
    for family in IPAddress.Family.allCases {
      let routes = Set(try agent.socket.routes(RouteFilter(family, origin: .skiffPod)).map(\.destination))
      let right = Set(routed.flatMap(\.addresses).filter { $0.family == family }.map { IPPrefix(host: $0) })
      if routes != right {
        problems.append("routes \(routes.subtracting(right)) too many, \(right.subtracting(routes)) missing")
      }
    }
    let rules = PodRules(Array(ledger.leases.values), sources: [:])
    for (set, right) in rules.inet.elements {
      let held = try agent.namespace.run { () throws in
        Set(try NFTablesSocket().elements(of: set, in: PodRules.table))
      }
      if held != right { problems.append("set \(set) has \(held.count) elements, not \(right.count)") }
    }
    for lease in routed {
      guard let link = links.first(where: { $0.name == lease.link.hostName }) else { continue }
      problems += try PodShaping(node: agent.socket).differences(lease, link)
    }
    let files = Set(files(in: agent.folder.path + "/root/network"))
    if files != ["addresses.journal", "addresses.lock"] { problems.append("files \(files)") }
    return problems
  }

  private func files(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
