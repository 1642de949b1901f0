import KubeAPI
import KubeClient
import KubeClientTesting
import Logging
import Telemetry
import Testing

@testable import ClusterDNS

/// Changes that no watch told.
@Suite struct ConsistencyTests {
  private static func api() -> FakeAPI {
    let api = FakeAPI()
    api.put(Namespace("default"))
    for index in 0..<3 { api.put(Objects.service("s-\(index)", ips: ["10.96.0.\(index + 1)"])) }
    api.put(Objects.slice("s-0", [("10.244.0.5", nil, true)]))
    return api
  }

  private static func check(_ api: FakeAPI, _ zone: ClusterZone) -> ConsistencyCheck {
    ConsistencyCheck(
      client: api.client, zone: zone, namesByPod: false,
      logger: Logger(label: "dns", factory: { _ in SwiftLogNoOpLogHandler() }), pause: .milliseconds(1))
  }

  @Test func whatIsRightIsLeftAlone() async throws {
    let api = Self.api()
    let zone = try TestZone()
    await zone.load(
      api.stored(KubeAPI.Service.self), api.stored(EndpointSlice.self), namespaces: ["default"])
    let before = await zone.zone.serial
    #expect(try await Self.check(api, zone.zone).run() == 0)
    #expect(await zone.zone.serial == before)
  }

  @Test func whatWasMissedIsMended() async throws {
    let api = Self.api()
    var zone = try TestZone()
    // One service is missing, one has another address, one is gone, so is a namespace; and a slice is old.
    await zone.load(
      [
        Objects.service("s-0", ips: ["10.96.0.1"]), Objects.service("s-1", ips: ["10.96.0.99"]),
        Objects.service("gone", ips: ["10.96.0.50"]),
      ], [Objects.slice("s-0", [("10.244.0.6", nil, true)])], namespaces: ["default", "old"])
    #expect(try await Self.check(api, zone.zone).run() == 5)
    #expect(try zone.ask("s-1.default.svc.cluster.local").data(1) == ["10.96.0.2"])
    #expect(try zone.ask("s-2.default.svc.cluster.local").data(1) == ["10.96.0.3"])
    #expect(try zone.ask("gone.default.svc.cluster.local").code == 3)
    #expect(try zone.ask("old.svc.cluster.local").code == 3)
    #expect(try await Self.check(api, zone.zone).run() == 0)
  }

  @Test func theAgeOfEachWatchIsTold() async throws {
    let api = Self.api()
    try await TestServer.run(api: api) { server in
      try await server.synced()
      for resource in ["services", "endpointslices", "namespaces"] {
        let age = try #require(server.metric(#"skiff_dns_watch_age_seconds{resource="\#(resource)"}"#))
        #expect(age >= 0 && age < 60)
      }
      #expect(server.metric(#"skiff_dns_watch_age_seconds{resource="pods"}"#) == nil)
      // A bookmark shows that the watch lives.
      let name = #"skiff_dns_watch_age_seconds{resource="services"}"#
      let before = try #require(server.metric(name))
      try await eventually("time has passed") { (server.metric(name) ?? 0) > before + 0.05 }
      let old = try #require(server.metric(name))
      api.sendBookmarks()
      try await eventually("the bookmark was heard") { (server.metric(name) ?? old) < old }
    }
  }
}
