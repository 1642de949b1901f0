import KubeAPI
import Netlink
import Testing

@testable import NetAgent

/// Plans and the ruleset against the reference, without a kernel.
@Suite struct PolicyPlanTests {
  private func same(_ left: PolicyElements, _ right: PolicyElements) -> Bool {
    left.egress.desired == right.egress.desired && left.ingress.desired == right.ingress.desired
      && left.peers.desired == right.peers.desired && left.own.desired == right.own.desired
      && left.pairs.desired == right.pairs.desired && left.blocks.desired == right.blocks.desired
      && left.ports.desired == right.ports.desired
  }

  /// Thousands of worlds, each changed several times: what is decided is what the reference says, and the way there does
  /// not matter.
  @Test(arguments: 0..<8) func plansDecideAsTheReference(_ part: UInt64) {
    var generator = PolicyGenerator(seed: part)
    for _ in 0..<100 {
      var world = generator.world()
      // A crowd of a few addresses is one now and then.
      let crowd = [1, 3, 6, 16][generator.number(4)]
      var planner = world.planner(crowd: crowd)
      for step in 0..<5 {
        if step > 0 {
          let old = world
          for _ in 0...generator.number(2) { generator.change(&world) }
          world.tell(&planner, since: old)
          planner.settle()
          guard same(planner.elements, world.planner(crowd: crowd).elements) else {
            Issue.record("a changed plan differs from a fresh one: \(world)")
            return
          }
        }
        let reference = PolicyReference(world: world)
        for _ in 0..<40 {
          let probe = generator.probe(world)
          let planned = planner.allows(
            from: probe.source, to: probe.destination, probe.transport, port: probe.port)
          guard planned == reference.allows(probe) else {
            Issue.record("\(probe): planned \(planned), step \(step), in \(world)")
            return
          }
        }
      }
    }
  }

  /// The rules themselves, in memory, over the same worlds and changes; and what is read back is what was written.
  @Test(arguments: 0..<4) func rulesDecideAsTheReference(_ part: UInt64) throws {
    var generator = PolicyGenerator(seed: 1000 + part)
    for _ in 0..<40 {
      let memory = NFTablesMemory()
      var programmer = PolicyProgrammer(memory)
      programmer.planner = PolicyPlanner(crowd: 4)
      var world = PolicyWorld()
      for step in 0..<4 {
        let old = world
        if step == 0 { world = generator.world() } else { generator.change(&world) }
        world.tell(&programmer.planner, since: old)
        _ = try programmer.flush()
        if generator.number(3) == 0 { _ = try programmer.removeLeftovers() }
        let interpreter = try RulesetInterpreter(memory, PolicyRuleset.table)
        let reference = PolicyReference(world: world)
        for _ in 0..<50 {
          let probe = generator.probe(world)
          let passes = try interpreter.passes(RulesetInterpreter.Packet(probe: probe))
          guard passes == reference.allows(probe) else {
            Issue.record("\(probe): passes \(passes), step \(step), in \(world)")
            return
          }
        }
        var again = PolicyProgrammer(memory)
        again.planner = PolicyPlanner(crowd: 4)
        world.tell(&again.planner)
        let commits = memory.commits
        let report = try again.flush()
        #expect(report.elements == 0 && !report.isRebuilt && memory.commits == commits)
      }
      // In the end nothing is left that nothing refers to.
      while try programmer.removeLeftovers() {}
      let fresh = NFTablesMemory()
      var other = PolicyProgrammer(fresh)
      other.planner = PolicyPlanner(crowd: 4)
      world.tell(&other.planner)
      _ = try other.flush()
      for set in PolicyRuleset.sets {
        let held = Set(try memory.elements(of: set.name, in: PolicyRuleset.table))
        #expect(held == Set(try fresh.elements(of: set.name, in: PolicyRuleset.table)), "\(set.name)")
      }
    }
  }

  private static func world() -> PolicyWorld {
    var world = PolicyWorld()
    world.namespaces = ["a": ["team": "x"], "b": [:]]
    for (index, name) in ["a/web", "a/db", "b/web"].enumerated() {
      let parts = name.split(separator: "/").map(String.init)
      let key = ObjectKey(namespace: parts[0], name: parts[1])
      world.pods[key] = PolicyWorld.Pod(
        key: key, labels: ["app": parts[1]], addresses: [IPAddress(10, 244, 0, UInt8(index + 1))])
    }
    return world
  }

  private func allows(_ planner: PolicyPlanner, _ from: UInt8, _ to: UInt8, _ port: UInt16 = 80) -> Bool {
    planner.allows(from: IPAddress(10, 244, 0, from), to: IPAddress(10, 244, 0, to), 6, port: port)
  }

  /// What the API server would refuse costs only itself, and allows nothing.
  @Test(arguments: [
    (
      #"{"from":[{"ipBlock":{"cidr":"10.244.0.300/24"}}]}"#,
      "spec.ingress[0].from[0].ipBlock.cidr: '10.244.0.300/24' is no CIDR"
    ),
    (
      #"{"from":[{"ipBlock":{"cidr":"10.244.0.0/24","except":["10.0.0.0/8"]}}]}"#,
      "spec.ingress[0].from[0].ipBlock.except[0] is no part of 10.244.0.0/24"
    ),
    (
      #"{"from":[{"podSelector":{"matchExpressions":[{"key":"app","operator":"Like","values":["web"]}]}}]}"#,
      "spec.ingress[0].from[0].podSelector.matchExpressions[0]: values do not fit operator Like"
    ),
    (#"{"from":[{}]}"#, "spec.ingress[0].from[0] names nobody"),
    (#"{"ports":[{"port":70000}]}"#, "spec.ingress[0].ports[0].port: 70000 is no port"),
    (#"{"ports":[{"port":80,"endPort":79}]}"#, "spec.ingress[0].ports[0]: endPort 79 is less than port 80"),
    (#"{"ports":[{"endPort":79}]}"#, "spec.ingress[0].ports[0] has endPort without port"),
    (#"{"ports":[{"port":80,"protocol":"ICMP"}]}"#, "spec.ingress[0].ports[0].protocol: '\"ICMP\"' is unknown"),
    (#"{"from":"all"}"#, "spec.ingress[0].from is no list"),
  ])
  func whatMakesNoSenseAllowsNothing(_ rule: String, _ problem: String) throws {
    var world = Self.world()
    let key = ObjectKey(namespace: "a", name: "bad")
    world.networkPolicies[key] = [
      "metadata": ["namespace": "a", "name": "bad"],
      "spec": [
        "podSelector": ["matchLabels": ["app": "web"]],
        "ingress": [
          try JSONValue(parsing: Array(rule.utf8)), ["from": [["podSelector": ["matchLabels": ["app": "db"]]]]],
        ],
      ],
    ]
    let reading = try #require(world.reading(PolicyName(isCluster: false, key: key)))
    #expect(reading.problems == [problem])
    let planner = world.planner
    // The other rule of the same policy holds; nobody else is allowed; other pods are as they were.
    #expect(allows(planner, 2, 1))
    #expect(!allows(planner, 3, 1))
    #expect(allows(planner, 3, 2))
  }

  @Test func aPolicyWithoutReadableSubjectIsNone() throws {
    var world = Self.world()
    let key = ObjectKey(namespace: "a", name: "bad")
    world.networkPolicies[key] = [
      "metadata": ["namespace": "a", "name": "bad"],
      "spec": ["podSelector": ["matchExpressions": [["key": "app", "operator": "In"]]]],
    ]
    let reading = try #require(world.reading(PolicyName(isCluster: false, key: key)))
    #expect(reading.definition == nil)
    #expect(reading.problems == ["spec.podSelector.matchExpressions[0]: values do not fit operator In"])
    #expect(allows(world.planner, 3, 1))
  }

  /// The API says how to fail closed: what accepts matches nothing, all else denies everything.
  @Test(arguments: [("Accept", true), ("Deny", false), ("Pass", false), ("Frob", false)])
  func unknownPeersOfClusterPoliciesFailClosed(_ action: String, _ allowed: Bool) throws {
    var world = Self.world()
    let key = ObjectKey(name: "future")
    world.clusterPolicies[key] = [
      "metadata": ["name": "future"],
      "spec": [
        "tier": "Admin", "priority": 1, "subject": ["namespaces": [:]],
        "egress": [["action": .string(action), "to": [["domainNames": ["example.org"]]]]],
      ],
    ]
    #expect(world.reading(PolicyName(isCluster: true, key: key))?.problems.count == 1)
    #expect(allows(world.planner, 3, 1) == allowed)
  }

  @Test func aLeaseOfAnUnknownPodIsClosed() {
    var world = Self.world()
    let key = ObjectKey(namespace: "a", name: "web")
    world.pods[key]?.addresses = []
    var planner = PolicyPlanner()
    let attachment = CNIRequest.Attachment(container: "c1", interface: "eth0")
    planner.setLease(attachment, PolicyPlanner.Lease(pod: key, addresses: [IPAddress(10, 244, 0, 1)]))
    planner.settle()
    #expect(!allows(planner, 3, 1) && !allows(planner, 1, 3) && !allows(planner, 1, 1))
    world.tell(&planner)
    planner.settle()
    #expect(allows(planner, 3, 1) && allows(planner, 1, 3))
    #expect(planner.elements.egress.desired.isEmpty && planner.elements.ingress.desired.isEmpty)
    // The lease counts before the status does.
    world.networkPolicies[ObjectKey(namespace: "a", name: "deny")] = [
      "metadata": ["namespace": "a", "name": "deny"], "spec": ["podSelector": ["matchLabels": ["app": "web"]]],
    ]
    world.tell(&planner)
    planner.settle()
    #expect(!allows(planner, 3, 1) && allows(planner, 1, 3))
    // A lease without a pod is none of Kubernetes'.
    planner.setLease(attachment, PolicyPlanner.Lease(pod: nil, addresses: [IPAddress(10, 244, 0, 1)]))
    planner.settle()
    #expect(allows(planner, 3, 1))
  }

  /// A pod that has ended gives its address up, whoever is told first.
  @Test func theAddressOfAnEndedPodIsItsSuccessors() {
    var world = Self.world()
    world.networkPolicies[ObjectKey(namespace: "b", name: "only-db")] = [
      "metadata": ["namespace": "b", "name": "only-db"],
      "spec": [
        "podSelector": [:],
        "ingress": [["from": [["namespaceSelector": [:], "podSelector": ["matchLabels": ["app": "db"]]]]]],
      ],
    ]
    var planner = world.planner
    #expect(allows(planner, 2, 3) && !allows(planner, 1, 3))
    let db = ObjectKey(namespace: "a", name: "db")
    var ended = world.pods[db]?.definition
    ended?.hasEnded = true
    planner.setPod(
      ObjectKey(namespace: "a", name: "zz"), PolicyPod(namespace: "a", addresses: [IPAddress(10, 244, 0, 2)]))
    planner.setPod(db, ended)
    planner.settle()
    #expect(!allows(planner, 2, 3))
  }

  @Test func connectionsAreNotTakenUpInTheMiddle() throws {
    var world = Self.world()
    world.networkPolicies[ObjectKey(namespace: "a", name: "p")] = [
      "metadata": ["namespace": "a", "name": "p"],
      "spec": ["podSelector": ["matchLabels": ["app": "web"]], "ingress": [[:]]],
    ]
    let memory = NFTablesMemory()
    var programmer = PolicyProgrammer(memory)
    world.tell(&programmer.planner)
    _ = try programmer.flush()
    let interpreter = try RulesetInterpreter(memory, PolicyRuleset.table)
    func passes(_ from: UInt8, _ to: UInt8, flags: UInt8, state: UInt32 = 8) throws -> Bool {
      let probe = PolicyProbe(
        source: IPAddress(10, 244, 0, from), destination: IPAddress(10, 244, 0, to), transport: 6, port: 80)
      return try interpreter.passes(RulesetInterpreter.Packet(probe: probe, flags: flags, state: state))
    }
    #expect(try passes(2, 1, flags: 0x02))
    // From either end of what concerns a selected pod, in whichever direction it is selected.
    #expect(try !passes(2, 1, flags: 0x10) && !passes(1, 2, flags: 0x18) && !passes(1, 2, flags: 0x12))
    #expect(try passes(2, 1, flags: 0x10, state: 2) && passes(1, 2, flags: 0x10, state: 2))
    // Others are nobody's business.
    #expect(try passes(2, 3, flags: 0x10))
  }

  /// The same selector, written in another way, is one term.
  @Test func selectorsAreShared() throws {
    var world = Self.world()
    let texts = [
      #"{"matchLabels":{"app":"db","x":"1"}}"#, #"{"matchLabels":{"x":"1","app":"db"}}"#,
      #"{"matchExpressions":[{"key":"app","operator":"In","values":["b","a"]}]}"#,
      #"{"matchExpressions":[{"key":"app","operator":"In","values":["a","b"]}]}"#,
    ]
    for (index, text) in texts.enumerated() {
      let selector = try JSONValue(parsing: Array(text.utf8))
      world.networkPolicies[ObjectKey(namespace: "a", name: "p\(index)")] = [
        "metadata": ["namespace": "a", "name": "p"],
        "spec": ["podSelector": [:], "ingress": [["from": [["podSelector": selector]]]]],
      ]
    }
    #expect(world.planner.terms.count == 2)
  }
}
