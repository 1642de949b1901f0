import KubeAPI
import Netlink
import Testing

@testable import ServiceProxy

@Suite(.enabled(if: Kernel.isUsable, Kernel.reason))
struct KernelTests {
  static let options = Ruleset.Options(
    clusterCIDRs: [IPPrefix("10.244.0.0/16"), IPPrefix("fd00:10:244::/56")].compactMap { $0 },
    serviceCIDRs: [IPPrefix("10.96.0.0/16"), IPPrefix("fd00:10:96::/112")].compactMap { $0 })

  /// One of every kind.
  static func everything() throws -> ProxyState {
    var state = ProxyState(zone: "a")
    let both = try [address("10.244.1.2"), address("10.244.2.2"), address("fd00:10:244:1::2")]
    let here: EndpointDefinition.Conditions = [.ready, .serving, .local]
    _ = state.add(
      "plain", ServiceDefinition(clusterIPs: [try address("10.96.0.10")], ports: [.init(port: 80)]),
      endpoints: [EndpointDefinition(both[0], here), EndpointDefinition(both[1])])
    _ = state.add(
      "dual",
      ServiceDefinition(
        clusterIPs: [try address("10.96.0.11"), try address("fd00:10:96::11")],
        ports: [.init(name: "dns", transport: .udp, port: 53), .init(name: "web", port: 80, nodePort: 30080)]),
      endpoints: both.map { EndpointDefinition($0) })
    _ = state.add(
      "guarded",
      ServiceDefinition(
        clusterIPs: [try address("10.96.0.12")], ports: [.init(port: 443, nodePort: 30443)],
        externalIPs: [try address("192.0.2.7")], loadBalancerIPs: [try address("192.0.2.8")], externalLocal: true,
        sourceRanges: [try prefix("198.51.100.0/24"), try prefix("203.0.113.9/32")]),
      endpoints: [EndpointDefinition(both[0], here), EndpointDefinition(both[1])])
    _ = state.add(
      "sticky",
      ServiceDefinition(
        clusterIPs: [try address("10.96.0.13"), try address("fd00:10:96::13")],
        ports: [.init(port: 80, nodePort: 30081)], affinitySeconds: 10_800),
      endpoints: both.map { EndpointDefinition($0) })
    _ = state.add(
      "empty",
      ServiceDefinition(clusterIPs: [try address("10.96.0.14")], ports: [.init(port: 80, nodePort: 30082)]),
      endpoints: [])
    return state
  }

  @Test func kernelTakesTheWholeRulesetAndNftListsIt() throws {
    let namespace = try NetworkNamespace.make()
    let socket = try Kernel.socket(namespace)
    var programmer = ServiceProgrammer(socket, options: Self.options)
    let report = try programmer.start(Self.everything())
    #expect(report.failures.map { "\($0.subject): \($0.error)" } == [])
    for chain in try socket.chains(in: Ruleset.table) {
      do {
        let text = try Kernel.run(namespace, "nft", "list", "chain", "inet", "skiff-proxy", chain.name)
        print(text)
      } catch { print(chain.name, error) }
    }
    for chain in try socket.sets(in: Ruleset.table) {
      do {
        let text = try Kernel.run(
          namespace, "nft", "list", chain.isMap ? "map" : "set", "inet", "skiff-proxy", chain.name)
        print(text)
      } catch { print(chain.name, error) }
    }
    let listing = try Kernel.run(namespace, "nft", "list", "ruleset")
    print(listing)
    #expect(listing.contains("table inet skiff-proxy"))
  }
}
