import KubeAPI
import Netlink
import Testing

@testable import ServiceProxy

struct ConnectionTotalsTests {
  private let service = ObjectKey(namespace: "default", name: "web")

  private func text(_ totals: ConnectionTotals, _ name: String) -> [String: Double] {
    var values: [String: Double] = [:]
    for snapshot in totals.snapshots where snapshot.name == name {
      for sample in snapshot.samples { values[sample.labels.map(\.value).joined(separator: " ")] = sample.value }
    }
    return values
  }

  @Test func totalsGoOnWhenElementsAreMadeAnew() throws {
    let frontend = FrontendKey(.address(try address("10.96.0.10")), .tcp, 80)
    let (first, second) = (EndpointTarget(try address("10.244.0.1"), 80), EndpointTarget(try address("10.244.0.2"), 80))
    var totals = ConnectionTotals()
    totals.set(service, [frontend])
    totals.take([
      .init(frontend: frontend, target: first, connections: 5),
      .init(frontend: frontend, target: second, connections: 7),
    ])
    // The first one's element was moved, the second is gone.
    totals.take([.init(frontend: frontend, target: first, connections: 2)])
    let name = "default web 10.96.0.10:80/TCP"
    #expect(text(totals, "skiff_proxy_service_connections_total") == [name: 14])
    #expect(text(totals, "skiff_proxy_endpoint_connections_total") == ["\(name) 10.244.0.1:80": 7])
    totals.set(service, [])
    #expect(text(totals, "skiff_proxy_service_connections_total") == [:])
    #expect(text(totals, "skiff_proxy_endpoint_connections_total") == [:])
  }

  @Test func whatBelongsToNobodyIsNotCounted() throws {
    var totals = ConnectionTotals()
    let frontend = FrontendKey(.node(.v4), .udp, 30_053)
    totals.take([.init(frontend: frontend, target: EndpointTarget(try address("10.244.0.1"), 53), connections: 5)])
    #expect(text(totals, "skiff_proxy_service_connections_total") == [:])
  }
}
