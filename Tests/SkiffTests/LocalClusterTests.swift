import Foundation
import Netlink
import Testing

@testable import skiff

@Suite struct LocalClusterTests {
  @Test(arguments: ["a", "default", "my-cluster-2", String(repeating: "x", count: 30)])
  func aDNSLabelNamesACluster(_ name: String) throws {
    let layout = try ClusterLayout(name: name)
    // A link's name has at most 15 bytes (IFNAMSIZ less the end).
    #expect(layout.bridge.utf8.count <= 15)
    #expect(layout.node(50).hostLink.utf8.count <= 15)
  }

  @Test(arguments: ["", "-a", "a-", "A", "a_b", "../x", "ä", String(repeating: "x", count: 31)])
  func anythingElseDoesNot(_ name: String) {
    #expect(throws: UserError.self) { try ClusterLayout(name: name) }
  }

  @Test func namesOfDifferentClustersDiffer() throws {
    let one = try ClusterLayout(name: "a-cluster-with-a-long-name")
    let other = try ClusterLayout(name: "a-cluster-with-a-long-name-2")
    #expect(one.bridge != other.bridge)
    #expect(one.node(1).hostLink != other.node(1).hostLink)
    #expect(one.node(1).hostLink != one.node(2).hostLink)
  }

  @Test func aNetworkIsChosenThatNobodyUses() throws {
    let first = try #require(NodeNetwork.choose(for: "a", taken: []))
    #expect(NodeNetwork.choose(for: "a", taken: []) == first)
    #expect("\(first.host)".hasSuffix(".1"))
    #expect("\(first.node(1))".hasSuffix(".2"))
    let second = try #require(NodeNetwork.choose(for: "a", taken: [first.prefix]))
    #expect(!second.prefix.overlaps(first.prefix))
    let whole = try #require(IPPrefix("10.0.0.0/8"))
    #expect(NodeNetwork.choose(for: "a", taken: [whole]) == nil)
  }

  @Test func theRecordOutlivesTheProcess() throws {
    let network = try #require(NodeNetwork.choose(for: "a", taken: []))
    let record = ClusterRecord(nodes: 3, network: network, images: ["/a b", "/c"])
    let layout = try ClusterLayout(name: "t\(UInt32.random(in: 0...UInt32.max))")
    #expect(try ClusterRecord.load(layout) == nil)
    guard geteuid() == 0 else { return }
    try Files.makeDirectory(layout.rootDirectory)
    defer {
      try? Files.removeTree(layout.rootDirectory)
      rmdir(ClusterLayout.rootParent)
    }
    try record.save(layout)
    #expect(try ClusterRecord.load(layout) == record)
    try Files.write(Array("{".utf8), to: layout.record)
    #expect(throws: UserError.self) { try ClusterRecord.load(layout) }
  }

  @Test func aDaemonThatFailsAtOnceIsStartedLessAndLessOften() {
    var backOff = BackOff()
    var pauses: [Duration] = []
    for _ in 0..<9 { pauses.append(backOff.next(afterRunning: .milliseconds(10))) }
    #expect(pauses == pauses.sorted())
    #expect(pauses.first == .milliseconds(100))
    #expect(pauses.last == .seconds(10))
    #expect(backOff.next(afterRunning: .seconds(60)) == .zero)
    #expect(backOff.next(afterRunning: .zero) == .milliseconds(100))
  }
}
