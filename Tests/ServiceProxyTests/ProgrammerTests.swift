import KubeAPI
import Netlink
import Testing

@testable import ServiceProxy

/// The programmer against nftables in memory.
struct ProgrammerTests {
  /// The same without the order of buckets, which depends on what was there before.
  private func content(_ frontends: [FrontendKey: Frontend]) -> [FrontendKey: Frontend] {
    frontends.mapValues { frontend in
      var frontend = frontend
      frontend.endpoints.sort()
      frontend.localEndpoints.sort()
      return frontend
    }
  }

  @Test(arguments: 0..<20) func afterAnyEventsTheKernelHoldsWhatAFreshPlanGives(seed: UInt64) throws {
    var random = Generator(state: seed &* 7919 &+ 1)
    let memory = NFTablesMemory()
    var state = ProxyState()
    var programmer = ServiceProgrammer(memory)
    try programmer.adopt(state)
    for _ in 0..<40 {
      let number = Int.random(in: 0..<6, using: &random)
      let key = ObjectKey(namespace: "n", name: "s\(number)")
      var touched: Set<ObjectKey> = []
      if Bool.random(using: &random) {
        if state.setService(key, Self.service(number, &random)) { touched.insert(key) }
      } else {
        let slice = ObjectKey(namespace: "n", name: "s\(number)-\(Int.random(in: 0..<2, using: &random))")
        touched = state.setSlice(slice, Self.slice(key, &random))
      }
      programmer.update(touched, from: state)
      #expect(programmer.flush().failures.isEmpty)
    }
    var fresh = ServiceProgrammer(NFTablesMemory())
    #expect(try fresh.start(state).failures.isEmpty)
    #expect(content(programmer.appliedFrontends) == content(fresh.appliedFrontends))
    // What is in the kernel is what the programmer thinks, and a restart agrees.
    var restarted = ServiceProgrammer(memory)
    let report = try restarted.start(state)
    #expect(report.transactions == 0)
    #expect(restarted.appliedFrontends == programmer.appliedFrontends)
  }

  @Test func whatWasReadEarlyIsUsedOnlyIfNobodyHasWrittenSince() throws {
    let memory = NFTablesMemory()
    var random = Generator(state: 5)
    var state = ProxyState()
    for number in 0..<6 {
      let key = ObjectKey(namespace: "n", name: "s\(number)")
      _ = state.setService(key, Self.service(number, &random))
      _ = state.setSlice(ObjectKey(namespace: "n", name: "s\(number)-0"), Self.slice(key, &random))
    }
    var programmer = ServiceProgrammer(memory)
    #expect(try programmer.start(state).failures.isEmpty)
    #expect(programmer.generation == memory.generation())

    let early = try KernelElements(memory)
    var restarted = ServiceProgrammer(memory)
    try restarted.adopt(state, elements: early)
    #expect(restarted.appliedFrontends == programmer.appliedFrontends)
    #expect(restarted.flush().transactions == 0)

    let set = Ruleset.SetName.frontends.name(.v4)
    let lost = try #require(try memory.elements(of: set, in: Ruleset.table).first)
    try memory.commit(NFBatch([.deleteElements([lost], Ruleset.table, set: set)]))
    #expect(restarted.generation != memory.generation())
    var again = ServiceProgrammer(memory)
    try again.adopt(state, elements: early)
    #expect(again.flush().transactions == 1)
    #expect(again.appliedFrontends == programmer.appliedFrontends)
    #expect(try memory.elements(of: set, in: Ruleset.table).contains(lost))
  }

  @Test func whatTheKernelRefusesCostsOnlyItself() throws {
    let memory = NFTablesMemory()
    var state = ProxyState()
    for index in 1...8 {
      var service = ServiceDefinition(clusterIPs: [try address("10.96.0.\(index)")], ports: [.init(port: 80)])
      if index == 5 { service.ports[0].nodePort = 30_000 }
      _ = state.add("s\(index)", service, endpoints: [EndpointDefinition(try address("10.244.0.\(index)"))])
    }
    var programmer = ServiceProgrammer(memory)
    try programmer.adopt(state)
    // The first attempt and those of the halves that hold it, down to itself.
    for _ in 0..<6 where programmer.hasPending {
      memory.refuse(set: "nodeports4", errno: 12)
      _ = programmer.flush()
    }
    #expect(programmer.appliedFrontends.count >= 8)
    #expect(programmer.flush().failures.isEmpty)
    #expect(programmer.appliedFrontends.count == 9)
    #expect(!programmer.hasPending)
  }

  @Test func theFirstOfTwoOwnersHasAnExternalAddress() throws {
    let shared = try address("192.0.2.9")
    var state = ProxyState()
    var keys: [ObjectKey] = []
    for (name, index) in [("b", 2), ("a", 1)] {
      keys.append(
        state.add(
          name,
          ServiceDefinition(
            clusterIPs: [try address("10.96.0.\(index)")], ports: [.init(port: 80)], externalIPs: [shared]),
          endpoints: [EndpointDefinition(try address("10.244.0.\(index)"))]))
    }
    var programmer = ServiceProgrammer(NFTablesMemory())
    _ = try programmer.start(state)
    let key = FrontendKey(.address(shared), .tcp, 80)
    #expect(try programmer.appliedFrontends[key]?.endpoints == [EndpointTarget(address("10.244.0.1"), 8080)])
    #expect(programmer.serviceProblems[keys[0]]?.count == 1)
    state.setService(keys[1], nil)
    programmer.update([keys[1]], from: state)
    _ = programmer.flush()
    #expect(try programmer.appliedFrontends[key]?.endpoints == [EndpointTarget(address("10.244.0.2"), 8080)])
    #expect(programmer.serviceProblems.isEmpty)
  }

  @Test func flowsToAnEndpointThatEndsGoOnUntilItServesNoLonger() throws {
    let service = ServiceDefinition(
      clusterIPs: [try address("10.96.0.53")], ports: [.init(transport: .udp, port: 53)])
    let key = FrontendKey(.address(try address("10.96.0.53")), .udp, 53)
    let (stays, ends) = try (address("10.244.0.1"), address("10.244.0.2"))
    let targets = [EndpointTarget(stays, 8080), EndpointTarget(ends, 8080)]
    var state = ProxyState()
    let memory = NFTablesMemory()
    var programmer = ServiceProgrammer(memory)
    func change(_ endpoints: [EndpointDefinition], _ programmer: inout ServiceProgrammer) -> [EndpointTarget]? {
      let name = state.add("dns", service, endpoints: endpoints)
      programmer.update([name], from: state)
      let report = programmer.flush()
      #expect(report.failures.isEmpty)
      return report.changedFlows[key]
    }
    _ = try programmer.start(state)
    #expect(change([EndpointDefinition(stays), EndpointDefinition(ends)], &programmer) == targets)
    let draining = [EndpointDefinition(stays), EndpointDefinition(ends, [.serving, .terminating])]
    #expect(change(draining, &programmer) == targets)
    // Nothing of it changes in the kernel, but its flows are stale now.
    #expect(
      change([EndpointDefinition(stays), EndpointDefinition(ends, [.terminating])], &programmer) == [targets[0]])
    #expect(change([EndpointDefinition(stays)], &programmer) == nil)
    // What ended while nobody looked is found at the next start.
    var restarted = ServiceProgrammer(memory)
    let report = try restarted.start(state)
    #expect(report.transactions == 0)
    #expect(report.changedFlows == [key: [targets[0]]])
  }

  private static func service(_ number: Int, _ random: inout Generator) -> ServiceDefinition? {
    guard Int.random(in: 0..<5, using: &random) > 0 else { return nil }
    var service = ServiceDefinition(
      clusterIPs: [IPAddress(v4: 0x0a60_0001 + UInt32(number))],
      ports: [.init(name: "a", port: 80, nodePort: Bool.random(using: &random) ? 30_000 + UInt16(number) : 0)])
    if Bool.random(using: &random) { service.ports.append(.init(name: "b", transport: .udp, port: 53)) }
    // Shared with another Service now and then.
    if Bool.random(using: &random) { service.externalIPs = [IPAddress(v4: 0xc000_0201 + UInt32(number / 2))] }
    if Bool.random(using: &random) {
      service.loadBalancerIPs = [IPAddress(v4: 0xc000_0281 + UInt32(number))]
      service.sourceRanges = Bool.random(using: &random) ? [IPPrefix(IPAddress(v4: 0x0a00_0000), length: 8)] : nil
    }
    service.externalLocal = Bool.random(using: &random)
    service.internalLocal = Bool.random(using: &random)
    service.affinitySeconds = Bool.random(using: &random) ? 60 : 0
    return service
  }

  private static func slice(_ service: ObjectKey, _ random: inout Generator) -> EndpointSliceDefinition? {
    guard Int.random(in: 0..<6, using: &random) > 0 else { return nil }
    let endpoints = (0..<Int.random(in: 0..<6, using: &random)).map { _ in
      EndpointDefinition(
        IPAddress(v4: 0x0af4_0000 + UInt32.random(in: 1..<12, using: &random)),
        EndpointDefinition.Conditions(rawValue: UInt8.random(in: 0..<32, using: &random)))
    }
    return EndpointSliceDefinition(
      service: service, ports: [.init(name: "a", port: 8080), .init(name: "b", transport: .udp, port: 5353)],
      endpoints: endpoints)
  }
}

/// A small generator with a seed (SplitMix64), so that a failure can be repeated.
struct Generator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
