import KubeAPI
import KubeClientTesting
import Netlink
import Testing

@testable import ServiceProxy

/// What others do to the table is put right, told by the kernel's notifications.
@Suite(.enabled(if: Kernel.isUsable, Kernel.reason))
struct DriftTests {
  @Test(arguments: [
    "flush map inet skiff-proxy endpoints4", "flush map inet skiff-proxy frontends4",
    "flush map inet skiff-proxy actions4", "flush map inet skiff-proxy departures4",
    "flush set inet skiff-proxy cluster-ips4",
    "flush set inet skiff-proxy service-cidrs4", "flush chain inet skiff-proxy services4",
    "flush chain inet skiff-proxy postrouting", "flush table inet skiff-proxy", "delete table inet skiff-proxy",
    "flush ruleset", "add element inet skiff-proxy cluster-ips4 { 10.96.0.77 }",
    "insert rule inet skiff-proxy prerouting drop", "add chain inet skiff-proxy intruder",
    "add rule inet skiff-proxy refuse accept", "add table inet skiff-proxy { flags dormant; }",
  ])
  func isPutRight(_ command: String) async throws {
    let api = FakeAPI()
    api.put(KubeAPI.Service.web { $0.spec.sessionAffinity = "ClientIP" })
    api.put(EndpointSlice.slice(["10.244.1.2", "10.244.1.3"]))
    try await RunningProxy.with(api) { proxy in
      try await proxy.synced()
      let before = try listing(proxy)
      try proxy.run(["nft"] + command.split(separator: " ").map(String.init))
      try await eventually("the ruleset is as before") {
        try proxy.metric("skiff_proxy_adoptions_total", "drift") > 0 && listing(proxy) == before
      }
      // And then it is quiet: the proxy's own changes are no drift.
      let count = proxy.metric("skiff_proxy_adoptions_total")
      api.put(EndpointSlice.slice(["10.244.1.3"]))
      try await eventually("it goes on") { proxy.count("endpoints4") == 1 }
      #expect(proxy.metric("skiff_proxy_adoptions_total") == count)
    }
  }

  /// Everything but counts of packets. Elements and chains have no order that says anything.
  private func listing(_ proxy: RunningProxy) throws -> [String] {
    let text = try proxy.run("nft", "--stateless", "list", "ruleset")
    return text.split(whereSeparator: { ",\n".contains($0) }).map { $0.trimming() }.sorted()
  }
}

extension Substring {
  fileprivate func trimming() -> String {
    String(drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " }.reversed())
  }
}
