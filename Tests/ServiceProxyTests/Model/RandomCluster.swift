import KubeAPI
import Netlink

@testable import ServiceProxy

/// A small cluster in which everything happens that can: it changes by one event at a time.
struct RandomCluster {
  private(set) var state = ProxyState(zone: "a")
  private var random: Generator

  static let options = Ruleset.Options(
    clusterCIDRs: prefixes("10.244.0.0/16", "fd00:10:244::/56"),
    serviceCIDRs: prefixes("10.96.0.0/16", "fd00:10:96::/112"))

  static let nodeAddresses: Set<IPAddress> = Set(addresses("192.0.2.1", "fd00:192::1", "127.0.0.1", "::1"))

  private static func prefixes(_ texts: String...) -> [IPPrefix] { texts.compactMap { IPPrefix($0) } }
  private static func addresses(_ texts: String...) -> [IPAddress] { texts.compactMap { IPAddress($0) } }

  init(seed: UInt64) { random = Generator(state: seed) }

  private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
  private mutating func once(in count: Int) -> Bool { number(1...count) == 1 }
  private mutating func pick<Choice>(_ choices: [Choice]) -> Choice { choices[number(0...choices.count - 1)] }

  /// Something happens.
  ///
  /// - Returns: the Services that it touches.
  mutating func step() -> Set<ObjectKey> {
    let index = number(1...5)
    let service = ObjectKey(namespace: "n", name: "s\(index)")
    switch number(1...10) {
    case 1...4:
      let definition = once(in: 6) ? nil : definition(index)
      return state.setService(service, definition) ? [service] : []
    case 10: return state.setZone(pick(["a", "b", nil]))
    default:
      let family: IPAddress.Family = once(in: 2) ? .v4 : .v6
      let key = ObjectKey(namespace: "n", name: "s\(index)-\(family)-\(number(1...2))")
      return state.setSlice(key, once(in: 6) ? nil : slice(key, of: service, family))
    }
  }

  // MARK: Objects

  private static func address(_ family: IPAddress.Family, _ v4: UInt32, _ v6: String, _ host: Int) -> IPAddress {
    let base = family == .v4 ? IPAddress(v4: v4) : IPAddress(v6) ?? IPAddress(v4: 0)
    return base.advanced(by: UInt64(host))
  }

  private static func clusterIP(_ index: Int, _ family: IPAddress.Family) -> IPAddress {
    address(family, 0x0a60_0000, "fd00:10:96::", index)
  }

  private mutating func definition(_ index: Int) -> ServiceDefinition {
    let families = pick([[IPAddress.Family.v4], [.v6], [.v4, .v6], [.v6, .v4]])
    var service = ServiceDefinition(
      clusterIPs: families.map { Self.clusterIP(index, $0) },
      ports: [.init(name: "a", port: 80, nodePort: once(in: 2) ? 30_000 + UInt16(index) : 0)])
    if once(in: 2) {
      service.ports.append(.init(name: "b", transport: .udp, port: 53, nodePort: once(in: 2) ? 30_053 : 0))
    }
    if once(in: 3) { service.ports.append(.init(name: "c", transport: .sctp, port: 80)) }
    if once(in: 4) { service.ports.append(.init(name: "d", port: 30_000 + UInt16(index))) }
    for family in families {
      // Two Services share an address now and then.
      if once(in: 2) { service.externalIPs.append(Self.address(family, 0xcb00_7100, "fd00:203::", index / 2)) }
      if once(in: 2) { service.loadBalancerIPs.append(Self.address(family, 0xc633_6400, "fd00:198::", index)) }
    }
    let ranges = Self.prefixes(
      "192.0.2.0/28", "10.244.1.0/24", "203.0.113.64/26", "0.0.0.0/0", "fd00:192::/120", "fd00:10:244:1::/64", "::/0")
    if once(in: 2) { service.sourceRanges = IPPrefix.disjoint((0..<number(1...3)).map { _ in pick(ranges) }) }
    service.externalLocal = once(in: 2)
    service.internalLocal = once(in: 3)
    service.affinitySeconds = pick([0, 0, 60, 10_800])
    return service
  }

  private static let conditions: [EndpointDefinition.Conditions] = [
    [.ready, .serving], [.ready, .serving], [.serving, .terminating], [.terminating], [], [.ready, .terminating],
  ]

  private mutating func slice(
    _ key: ObjectKey, of service: ObjectKey, _ family: IPAddress.Family
  ) -> EndpointSliceDefinition {
    let hints = number(1...4)
    var endpoints: [EndpointDefinition] = []
    for _ in 0..<number(0...5) {
      let host = number(1...4)
      let isHere = once(in: 2)
      let address =
        isHere
        ? Self.address(family, 0x0af4_0100, "fd00:10:244:1::", host)
        : Self.address(family, 0x0af4_0200, "fd00:10:244:2::", host)
      var conditions = pick(Self.conditions)
      // A slice may leave out where an endpoint runs; then it is not of this node's.
      if isHere { conditions.insert(host == 4 ? .placeUnknown : .local) }
      var zones: [String] = []
      if hints >= 3 || once(in: 2), hints != 1 { zones = host % 2 == 0 ? ["a"] : ["b", "c"] }
      if hints == 4 { conditions.insert(.hasNodeHints) }
      if hints == 4, host == 2 { conditions.insert(.hintsThisNode) }
      endpoints.append(EndpointDefinition(address, conditions, hintedZones: zones))
    }
    // Of the same address in two slices one has to be better, or either may be taken.
    let others = state.slices.filter { $0.key != key && $0.value.service == service }.flatMap(\.value.endpoints)
    endpoints = endpoints.enumerated().filter { index, endpoint in
      (others + endpoints[..<index]).allSatisfy {
        $0.address != endpoint.address || Self.worth($0) != Self.worth(endpoint)
      }
    }.map(\.element)
    return EndpointSliceDefinition(
      service: service, family: family,
      ports: [
        .init(name: "a", port: 8080), .init(name: "b", transport: .udp, port: once(in: 4) ? 5354 : 5353),
        .init(name: "c", transport: .sctp, port: 9000), .init(name: "d", port: 8081),
      ], endpoints: endpoints)
  }

  private static func worth(_ endpoint: EndpointDefinition) -> EndpointDefinition.Conditions {
    endpoint.conditions.intersection([.terminating, .ready, .local])
  }

  // MARK: Packets

  /// Packets to what these Services have or had, and to what no Service has.
  func packets(to services: some Sequence<ObjectKey>) -> [Packet] {
    var packets: [Packet] = []
    for family in IPAddress.Family.allCases {
      var places: [(IPAddress, Transport, UInt16)] = []
      for service in services {
        guard let index = Int(service.name.dropFirst()) else { continue }
        places.append((Self.clusterIP(index, family), .tcp, 80))
        places.append((Self.clusterIP(index, family), .tcp, 81))
        for address in Self.nodeAddresses where address.family == family {
          places.append((address, .tcp, 30_000 + UInt16(index)))
        }
        guard let definition = state.services[service] else { continue }
        for port in definition.ports {
          let all = definition.clusterIPs + definition.externalIPs + definition.loadBalancerIPs
          for address in all where address.family == family { places.append((address, port.transport, port.port)) }
        }
      }
      places.append((Self.clusterIP(99, family), .tcp, 80))
      for address in Self.nodeAddresses where address.family == family { places.append((address, .udp, 30_053)) }
      for (address, transport, port) in places {
        for (origin, source) in Self.sources(family) {
          packets.append(
            Packet(origin: origin, source: source, destination: address, transport: transport, port: port))
        }
      }
    }
    return packets
  }

  /// Pods that are endpoints and one that is none, the node, and clients within ranges and without.
  private static func sources(_ family: IPAddress.Family) -> [(Packet.Origin, IPAddress)] {
    let sources: [(Packet.Origin, String)] =
      family == .v4
      ? [
        (.pod, "10.244.1.2"), (.pod, "10.244.1.9"), (.node, "192.0.2.1"), (.outside, "192.0.2.9"),
        (.outside, "192.0.2.99"),
      ]
      : [
        (.pod, "fd00:10:244:1::2"), (.pod, "fd00:10:244:1::9"), (.node, "fd00:192::1"), (.outside, "fd00:192::9"),
        (.outside, "fd00:192::999"),
      ]
    return sources.compactMap { origin, text in IPAddress(text).map { (origin, $0) } }
  }
}
