import KubeAPI
import Testing

@testable import Control

@Suite struct EndpointPlanTests {
  static func service(_ fill: (inout KubeAPI.Service) -> Void = { _ in }) -> KubeAPI.Service {
    KubeAPI.Service("web", in: "a") {
      $0.metadata.uid = "s"
      $0.spec.selector = ["app": "web"]
      $0.spec.ipFamilies = ["IPv4"]
      $0.spec.ports = [
        ServicePort {
          $0.name = "http"
          $0.port = 80
          $0.targetPort = .string("web")
        }
      ]
      fill(&$0)
    }
  }

  static func pod(_ number: Int, ready: Bool = true, port: Int32 = 8_080, fill: (inout Pod) -> Void = { _ in }) -> Pod {
    Pod("web-\(number)", in: "a") {
      $0.metadata.uid = "uid-\(number)"
      $0.metadata.labels = ["app": "web"]
      $0.spec.nodeName = "node-1"
      $0.spec.containers = [
        Container {
          $0.ports = [
            ContainerPort {
              $0.name = "web"
              $0.containerPort = port
            }
          ]
        }
      ]
      $0.status.podIP = "10.0.\(number / 250).\(number % 250 + 1)"
      $0.status.podIPs = [
        PodIP { $0.ip = "10.0.\(number / 250).\(number % 250 + 1)" }, PodIP { $0.ip = "fd00::\(number + 1)" },
      ]
      $0.status.conditions = [
        PodCondition {
          $0.type = "Ready"
          $0.status = ready ? "True" : "False"
        }
      ]
      fill(&$0)
    }
  }

  static func slices(
    _ service: KubeAPI.Service, _ pods: [Pod], existing: [EndpointSlice] = []
  ) -> EndpointSlicePlan {
    let wanted = ServiceEndpoints(service, pods: pods) { $0 == "node-1" ? "zone-a" : nil }
    return EndpointSlicePlan(service, wanted, existing: existing)
  }

  /// What a plan leaves behind, as the server would hold it.
  static func carryOut(_ plan: EndpointSlicePlan, on existing: [EndpointSlice]) -> [EndpointSlice] {
    var result = existing.filter { slice in !plan.deletions.contains { $0.key == slice.key } }
    for update in plan.updates {
      if let index = result.firstIndex(where: { $0.key == update.key }) { result[index] = update }
    }
    for (index, creation) in plan.creations.enumerated() {
      var slice = creation
      slice.metadata.name = "web-\(existing.count)-\(index)"
      result.append(slice)
    }
    return result
  }

  @Test func describesEachPod() throws {
    var leaving = Self.pod(2)
    leaving.metadata.deletionTimestamp = .now()
    let headless = Self.pod(3) {
      $0.spec.hostname = "three"
      $0.spec.subdomain = "web"
    }
    let plan = Self.slices(Self.service(), [Self.pod(0), Self.pod(1, ready: false), leaving, headless])
    let slice = try #require(plan.creations.first)
    #expect(plan.creations.count == 1)
    #expect(slice.addressType == "IPv4")
    #expect(slice.metadata.generateName == "web-")
    #expect(slice.metadata.controllerRef?.uid == "s")
    #expect(slice.metadata.labels[CacheSet.serviceNameLabel] == "web")
    #expect(slice.metadata.labels[EndpointSlicePlan.managedByLabel] == EndpointSlicePlan.manager)
    #expect(slice.ports.map(\.port) == [8_080])
    #expect(slice.ports.map(\.name) == ["http"])
    let conditions = slice.endpoints.map { endpoint in
      [endpoint.conditions?.ready, endpoint.conditions?.serving, endpoint.conditions?.terminating]
    }
    #expect(conditions == [[true, true, false], [false, false, false], [false, true, true], [true, true, false]])
    #expect(slice.endpoints.map(\.hostname) == [nil, nil, nil, "three"])
    #expect(slice.endpoints.allSatisfy { $0.nodeName == "node-1" && $0.zone == "zone-a" })
    #expect(slice.endpoints[0].targetRef?.uid == "uid-0")
  }

  @Test func nothingToDoWritesNothing() {
    let pods = (0..<150).map { Self.pod($0) }
    let existing = Self.carryOut(Self.slices(Self.service(), pods), on: [])
    #expect(existing.map(\.endpoints.count).sorted() == [50, 100])
    let again = Self.slices(Self.service(), pods.reversed(), existing: existing)
    #expect(again.creations.isEmpty && again.updates.isEmpty && again.deletions.isEmpty)
  }

  @Test func oneChangeTouchesOneSlice() {
    var pods = (0..<250).map { Self.pod($0) }
    var existing = Self.carryOut(Self.slices(Self.service(), pods), on: [])
    #expect(existing.count == 3)
    pods[7] = Self.pod(7, ready: false)
    var plan = Self.slices(Self.service(), pods, existing: existing)
    #expect(plan.updates.count == 1 && plan.creations.isEmpty && plan.deletions.isEmpty)
    existing = Self.carryOut(plan, on: existing)
    // A new pod goes where there is room.
    pods.append(Self.pod(250))
    plan = Self.slices(Self.service(), pods, existing: existing)
    #expect(plan.updates.count == 1 && plan.creations.isEmpty && plan.deletions.isEmpty)
    existing = Self.carryOut(plan, on: existing)
    #expect(existing.flatMap(\.endpoints).count == 251)
  }

  @Test func anEmptyServiceHasOneEmptySlice() {
    var existing = Self.carryOut(Self.slices(Self.service(), []), on: [])
    #expect(existing.count == 1)
    #expect(existing[0].endpoints.isEmpty)
    let slice = existing[0].key
    existing = Self.carryOut(Self.slices(Self.service(), [Self.pod(0)], existing: existing), on: existing)
    // The empty one is used, not replaced.
    #expect(existing.map(\.key) == [slice])
    #expect(existing[0].endpoints.count == 1)
    existing = Self.carryOut(Self.slices(Self.service(), [], existing: existing), on: existing)
    #expect(existing.map(\.key) == [slice])
    #expect(existing[0].endpoints.isEmpty)
  }

  @Test func podsWithDifferentPortsAreInDifferentSlices() {
    let plan = Self.slices(Self.service(), [Self.pod(0), Self.pod(1, port: 9_090), Self.pod(2)])
    #expect(plan.creations.map { $0.ports.map(\.port) } == [[8_080], [9_090]])
    #expect(plan.creations.map(\.endpoints.count) == [2, 1])
  }

  @Test func eachFamilyHasItsSlices() {
    let plan = Self.slices(Self.service { $0.spec.ipFamilies = ["IPv4", "IPv6"] }, [Self.pod(0)])
    #expect(plan.creations.map(\.addressType) == ["IPv4", "IPv6"])
    #expect(plan.creations.flatMap(\.endpoints).map(\.addresses) == [["10.0.0.1"], ["fd00::1"]])
    // One that the service no longer has loses them.
    let existing = Self.carryOut(plan, on: [])
    let single = Self.slices(Self.service(), [Self.pod(0)], existing: existing)
    #expect(single.deletions.map(\.addressType) == ["IPv6"])
    #expect(single.updates.isEmpty && single.creations.isEmpty)
  }

  @Test func endpointsGroupByReadiness() throws {
    let service = Self.service()
    var leaving = Self.pod(2)
    leaving.metadata.deletionTimestamp = .now()
    let wanted = ServiceEndpoints(service, pods: [Self.pod(0), Self.pod(1, ready: false), leaving]) { _ in nil }
    let endpoints = try #require(EndpointsPlan.plan(service, wanted, existing: nil))
    #expect(endpoints.subsets.count == 1)
    #expect(endpoints.subsets[0].addresses.map(\.ip) == ["10.0.0.1"])
    #expect(endpoints.subsets[0].notReadyAddresses.map(\.ip) == ["10.0.0.2"])
    #expect(endpoints.subsets[0].ports.map(\.port) == [8_080])
    #expect(EndpointsPlan.plan(service, wanted, existing: endpoints) == nil)
    // A service that publishes all counts everyone as ready.
    let open = Self.service { $0.spec.publishNotReadyAddresses = true }
    let all = ServiceEndpoints(open, pods: [Self.pod(0), Self.pod(1, ready: false), leaving]) { _ in nil }
    #expect(EndpointsPlan.plan(open, all, existing: nil)?.subsets[0].addresses.count == 3)
  }
}
