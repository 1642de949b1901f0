import Foundation
import KubeAPI
import Netlink
import Testing

@testable import NetAgent

/// The ruleset in the kernel, with real packets.
@Suite(.namespaces, .timeLimit(.minutes(5))) struct PolicyKernelTests {
  /// Tens of worlds and changes over pods of three namespaces and a machine outside, TCP and UDP, both families: what is
  /// observed is what the reference says.
  @Test(arguments: 0..<4) func packetsPassAsTheReferenceSays(_ part: UInt64) throws {
    var generator = PolicyGenerator(seed: 2000 + part)
    var world = generator.world(pods: 8, policies: 5, clusterPolicies: 2)
    for key in world.pods.keys { world.pods[key]?.isLocal = true }
    let bed = try PolicyBed(world)
    let probes = bed.probes
    var programmer = PolicyProgrammer(bed.tables)
    var told = PolicyWorld()
    for step in 0..<9 {
      if step % 3 == 0, step > 0 {
        let next = generator.world(pods: 0, policies: 5, clusterPolicies: 2)
        (world.networkPolicies, world.clusterPolicies) = (next.networkPolicies, next.clusterPolicies)
      } else if step > 0 {
        let pods = world.pods
        generator.change(&world)
        // Namespaces and links stay as they are; labels and policies change.
        world.pods = pods.merging(world.pods.filter { pods[$0.key] != nil }) { old, new in
          var pod = old
          pod.labels = new.labels
          return pod
        }
      }
      world.tell(&programmer.planner, since: told)
      told = world
      _ = try programmer.flush()
      // What is left of others may stay or go.
      if step % 2 == 1 { while try programmer.removeLeftovers() {} }
      let reference = PolicyReference(world: world)
      let expected = Set(probes.filter { reference.allows($0) })
      let seen = try bed.observe(expecting: expected)
      let wrong = seen.symmetricDifference(expected)
      guard wrong.isEmpty else {
        let texts = wrong.prefix(10).map { "\($0): \(seen.contains($0) ? "passed" : "did not pass")" }
        Issue.record("step \(step), \(wrong.count) wrong: \(texts) in \(world)")
        return
      }
    }
  }

  /// A world with something of everything in its table.
  private func richWorld() -> PolicyWorld {
    var generator = PolicyGenerator(seed: 4711)
    var world = generator.world(pods: 8, policies: 5, clusterPolicies: 3)
    world.networkPolicies[ObjectKey(namespace: "red", name: "all")] = [
      "metadata": ["namespace": "red", "name": "all"],
      "spec": [
        "podSelector": [:], "policyTypes": ["Ingress", "Egress"],
        "ingress": [
          ["from": [["ipBlock": ["cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]]], ["ipBlock": ["cidr": "fd00::/8"]]]],
          ["from": [["namespaceSelector": [:]]], "ports": [["port": 80, "endPort": 90], ["protocol": "SCTP"]]],
        ],
        "egress": [["to": [["podSelector": ["matchLabels": ["app": "a"]]]], "ports": [["port": "web"]]]],
      ],
    ]
    return world
  }

  private func connect(_ namespace: NetworkNamespace) throws -> NFTablesSocket {
    try namespace.run { () throws(NetlinkError) in try NFTablesSocket() }
  }

  @Test func aRestartReadsBackAndWritesNothing() throws {
    let namespace = try NetworkNamespace.make()
    let world = richWorld()
    var first = PolicyProgrammer(try connect(namespace))
    world.tell(&first.planner)
    let report = try first.flush()
    #expect(report.isRebuilt && report.elements > 30)
    let listener = try namespace.run { () throws(NetlinkError) in try NFGenerationListener() }
    var second = PolicyProgrammer(try connect(namespace))
    world.tell(&second.planner)
    let again = try second.flush()
    #expect(again.elements == 0 && !again.isRebuilt)
    #expect(try listener.wait(milliseconds: 0).isEmpty)
    // What changed meanwhile is all that is written.
    var changed = world
    changed.networkPolicies[ObjectKey(namespace: "green", name: "closed")] = [
      "metadata": ["namespace": "green", "name": "closed"],
      "spec": ["podSelector": [:], "policyTypes": ["Ingress", "Egress"]],
    ]
    var third = PolicyProgrammer(try connect(namespace))
    changed.tell(&third.planner)
    let difference = try third.flush()
    #expect(difference.elements > 0 && !difference.isRebuilt)
    #expect(try listener.wait(milliseconds: 0).count == 1)
  }

  @Test func nftPrintsTheTable() throws {
    let namespace = try NetworkNamespace.make()
    var programmer = PolicyProgrammer(try connect(namespace))
    richWorld().tell(&programmer.planner)
    _ = try programmer.flush()
    let text = try Self.nft(in: namespace, ["list", "ruleset"])
    #expect(text.contains("table inet skiff-policy {"))
    for name in ["egress-pods4", "ingress-pods6", "peers4", "own6", "blocks4", "blocks6", "pairs", "ports", "verdicts"]
    {
      #expect(text.contains("\(name) {"), "\(name) is not shown")
    }
    #expect(text.contains("type filter hook forward priority filter; policy accept;"))
    #expect(text.contains("profile . identity in pairs"))
  }

  private static func nft(in namespace: NetworkNamespace, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/nsenter")
    process.arguments = ["--net=/proc/\(getpid())/fd/\(namespace.descriptor)", "nft"] + arguments
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0 && process.terminationReason == .exit, "nft: \(complaint)")
    return text
  }

  /// Whatever was done to the table, reading it leads back to what should be.
  @Test func damageOfEveryKindIsPutRight() throws {
    let namespace = try NetworkNamespace.make()
    let socket = try connect(namespace)
    let other = try connect(namespace)
    let world = richWorld()
    var programmer = PolicyProgrammer(socket)
    world.tell(&programmer.planner)
    _ = try programmer.flush()
    let table = PolicyRuleset.table
    let rule = try #require(try other.rules(in: table).first { $0.chain == "forward" })
    let pair = try #require(try other.elements(of: PolicyRuleset.pairs, in: table).first)
    let strange = NFElement(IPAddress(10, 1, 1, 1).bytes, data: .value(PolicyCodec.words(9, 9, 9, 9, 9)))
    let damages: [(String, [NFBatch.Operation])] = [
      ("table", [.deleteTable(table)]),
      ("dormant", [.addTable(NFTable(table, isDormant: true))]),
      ("rule", [.deleteRule(table, chain: "forward", handle: try #require(rule.handle))]),
      ("chain", [.addChain(NFChain("extra", in: table))]),
      ("element", [.deleteElements([pair], table, set: PolicyRuleset.pairs)]),
      ("flush", [.flushSet(table, PolicyRuleset.peers(.v4))]),
      ("strange", [.addElements([strange], table, set: PolicyRuleset.subjects(.egress, .v4))]),
      ("verdicts", [.flushSet(table, PolicyRuleset.verdicts)]),
    ]
    for (name, operations) in damages {
      var operations = operations
      // Handles are others after the table was made anew.
      if name == "rule", let now = try other.rules(in: table).first(where: { $0.chain == "forward" })?.handle {
        operations = [.deleteRule(table, chain: "forward", handle: now)]
      }
      try other.commit(NFBatch(operations))
      programmer.forget()
      _ = try programmer.flush()
      var check = PolicyProgrammer(socket)
      world.tell(&check.planner)
      let report = try check.flush()
      #expect(report.elements == 0 && !report.isRebuilt, "after \(name)")
    }
  }
}
