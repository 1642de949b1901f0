import KubeAPI
import KubeClientTesting
import Netlink
import Testing

@testable import ServiceProxy

/// The whole proxy, from an API server in memory to the kernel.
@Suite(.enabled(if: Kernel.isUsable, Kernel.reason))
struct ProxyTests {
  @Test func objectsReachTheKernelAndStoppingTakesNothingAway() async throws {
    let api = FakeAPI()
    api.put(KubeAPI.Service.web())
    api.put(EndpointSlice.slice(["10.244.1.2", "10.244.1.3"]))
    let namespace = try NetworkNamespace.make()
    try await RunningProxy.with(api, in: namespace) { proxy in
      try await eventually("two endpoints are programmed") { proxy.count("endpoints4") == 2 }
      api.put(EndpointSlice.slice(["10.244.1.3"]))
      try await eventually("one endpoint is left") { proxy.count("endpoints4") == 1 }
    }
    let socket = try Kernel.socket(namespace)
    #expect(try socket.elements(of: "endpoints4", in: Ruleset.table).count == 1)
    #expect(try socket.elements(of: "frontends4", in: Ruleset.table).count == 1)
  }
}
