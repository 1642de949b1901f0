import KubeAPI
import Testing

@testable import Control

@Suite struct AddressRangeTests {
  @Test(arguments: [
    ("10.244.0.0/16", "10.244.0.0/16"), ("10.244.3.7/16", "10.244.0.0/16"), ("fd00:1::/48", "fd00:1::/48"),
    ("0.0.0.0/0", "0.0.0.0/0"), ("10.0.0.0/33", nil), ("10.0.0/8", nil), ("x/8", nil), ("10.0.0.0", nil),
    ("::1/128", "::1/128"), ("::/0", "::/0"),
  ]) func readsAndWrites(text: String, canonical: String?) {
    #expect(AddressRange(text)?.description == canonical)
  }

  @Test func givesEachPartOnce() throws {
    let range = try #require(AddressRange("10.244.0.0/22"))
    let neighbour = try #require(AddressRange("10.244.1.0/24"))
    let stranger = try #require(AddressRange("192.168.0.0/24"))
    let middle = try #require(AddressRange("10.244.2.0/24"))
    var allocator = try #require(CIDRAllocator(range, nodeLength: 24))
    let result1 = allocator.occupy(neighbour)
    #expect(result1)
    let result2 = allocator.occupy(neighbour)
    #expect(!result2)
    let given = (0..<3).compactMap { _ in allocator.allocate()?.description }
    #expect(given == ["10.244.0.0/24", "10.244.2.0/24", "10.244.3.0/24"])
    let result3 = allocator.allocate()
    #expect(result3 == nil)
    allocator.release(middle)
    let result4 = allocator.allocate()?.description
    #expect(result4 == "10.244.2.0/24")
    // What is no part of the range changes nothing.
    let result5 = allocator.occupy(stranger)
    #expect(result5)
    let result6 = allocator.allocate()
    #expect(result6 == nil)
  }

  @Test func aFreedPartIsNotGivenAtOnce() throws {
    let range = try #require(AddressRange("fd00::/56"))
    var allocator = try #require(CIDRAllocator(range, nodeLength: 64))
    let given = allocator.allocate()
    let first = try #require(given)
    #expect(first.description == "fd00::/64")
    allocator.release(first)
    let result7 = allocator.allocate()?.description
    #expect(result7 == "fd00:0:0:1::/64")
  }

  @Test func refusesPartsLargerThanTheWhole() throws {
    let small = try #require(AddressRange("10.0.0.0/24"))
    let large = try #require(AddressRange("fd00::/16"))
    let parts = [CIDRAllocator(small, nodeLength: 16), CIDRAllocator(large, nodeLength: 64)]
    #expect(parts.allSatisfy { $0 == nil })
  }
}

@Suite struct NodeHealthPlanTests {
  func node(ready: String?, taints: [Taint] = [], unschedulable: Bool = false) -> Node {
    Node("n") {
      if let ready {
        $0.status.conditions = [
          NodeCondition {
            $0.type = "Ready"
            $0.status = ready
          }
        ]
      }
      $0.spec.taints = taints
      if unschedulable { $0.spec.unschedulable = true }
    }
  }

  func names(_ taints: [Taint]?) -> [String]? { taints?.map { "\($0.key ?? ""):\($0.effect ?? "")" } }

  @Test func taintsFollowConditions() {
    let now = Time(seconds: 1)
    let fresh = NodeHealthPlan(node(ready: nil), isSilent: false, now: now)
    #expect(names(fresh.taints) == ["node.kubernetes.io/not-ready:NoSchedule"])
    #expect(!fresh.marksPods)
    let sick = NodeHealthPlan(node(ready: "False"), isSilent: false, now: now)
    #expect(
      names(sick.taints) == ["node.kubernetes.io/not-ready:NoSchedule", "node.kubernetes.io/not-ready:NoExecute"])
    #expect(sick.marksPods)
    let well = NodeHealthPlan(node(ready: "True"), isSilent: false, now: now)
    #expect(well.taints == nil)
    #expect(well.conditions == nil)
    let cordoned = NodeHealthPlan(node(ready: "True", unschedulable: true), isSilent: false, now: now)
    #expect(names(cordoned.taints) == ["node.kubernetes.io/unschedulable:NoSchedule"])
  }

  @Test func silenceMakesConditionsUnknown() {
    let plan = NodeHealthPlan(node(ready: "True"), isSilent: true, now: Time(seconds: 1))
    #expect(plan.conditions?.map(\.status) == ["Unknown", "Unknown", "Unknown", "Unknown"])
    #expect(plan.conditions?.first?.reason == "NodeStatusUnknown")
    #expect(
      names(plan.taints) == ["node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"])
    #expect(plan.marksPods)
  }

  @Test func foreignTaintsAndTimesStay() {
    let mine = Taint {
      $0.key = "dedicated"
      $0.effect = "NoSchedule"
    }
    let old = Taint {
      $0.key = "node.kubernetes.io/not-ready"
      $0.effect = "NoExecute"
      $0.timeAdded = Time(seconds: 5)
    }
    let plan = NodeHealthPlan(node(ready: "False", taints: [mine, old]), isSilent: false, now: Time(seconds: 9))
    #expect(plan.taints?.first == mine)
    #expect(plan.taints?.contains(old) == true)
    let well = NodeHealthPlan(node(ready: "True", taints: [mine, old]), isSilent: false, now: Time(seconds: 9))
    #expect(well.taints == [mine])
  }

  @Test func evictionKeepsToTolerations() {
    let taint = Taint {
      $0.key = "k"
      $0.effect = "NoExecute"
      $0.timeAdded = Time(seconds: 100)
    }
    func toleration(_ seconds: Int64?) -> Toleration {
      Toleration {
        $0.key = "k"
        $0.operator = "Exists"
        $0.tolerationSeconds = seconds
      }
    }
    let now = Time(seconds: 130)
    #expect(TaintEvictionController.verdict([], [taint], now: now) == .evict)
    #expect(TaintEvictionController.verdict([], [], now: now) == .stay)
    #expect(TaintEvictionController.verdict([toleration(nil)], [taint], now: now) == .stay)
    #expect(TaintEvictionController.verdict([toleration(300)], [taint], now: now) == .wait(seconds: 270))
    #expect(TaintEvictionController.verdict([toleration(30)], [taint], now: now) == .evict)
  }

  @Test func heartbeatsGoByTheOwnClock() {
    var heartbeats = NodeHeartbeats()
    let start = ContinuousClock.now
    let result8 = heartbeats.note("n", sign: "1", now: start)
    #expect(result8 == start)
    let result9 = heartbeats.note("n", sign: "1", now: start + .seconds(30))
    #expect(result9 == start)
    let result10 = heartbeats.note("n", sign: "2", now: start + .seconds(40))
    #expect(result10 == start + .seconds(40))
  }
}
