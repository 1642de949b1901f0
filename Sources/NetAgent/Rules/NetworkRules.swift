import Netlink

/// The table `inet skiff-net`: the same chains, rules and sets whatever the cluster holds; only sets' elements change.
struct NetworkRules: Sendable, Hashable {
  static let table = NFTableName(.inet, "skiff-net")

  var contents: TableContents

  init(_ plan: NetworkPlan, _ tunnels: TunnelSettings = TunnelSettings()) {
    contents = TableContents(Self.table)
    contents.chains = [
      NFChain("spoofed", in: Self.table, base: NFBaseChain(.filter, hook: .prerouting, priority: -310)),
      NFChain("masquerade", in: Self.table, base: NFBaseChain(.nat, hook: .postrouting, priority: 100)),
    ]
    contents.rules = [Self.spoofed]
    for family in IPAddress.Family.allCases {
      let key: NFDataType = family == .v4 ? .ipv4Address : .ipv6Address
      let pods = "pods-\(family)"
      let inside = "inside-\(family)"
      contents.sets.append(
        NFSet(pods, in: Self.table, key: [key], flags: .interval, comment: "addresses of this node's pods"))
      contents.sets.append(
        NFSet(inside, in: Self.table, key: [key], flags: .interval, comment: "where pods keep their addresses"))
      contents.elements[pods] = Self.ranges(plan.pods, family)
      contents.elements[inside] = Self.ranges(plan.pods + plan.inside, family)
      contents.rules.append(Self.masquerade(family, pods: pods, inside: inside))
      let tunnel = plan.tunnels.first { $0.family == family }
      let (ends, peers) = ("tunnel-\(family)", "tunnel-peers-\(family)")
      contents.sets.append(NFSet(ends, in: Self.table, key: [key], comment: "where this node's tunnel ends"))
      contents.sets.append(NFSet(peers, in: Self.table, key: [key], comment: "nodes that it leads to"))
      contents.elements[ends] = Set(tunnel.map { [NFElement($0.local.bytes)] } ?? [])
      contents.elements[peers] = Set(tunnel?.peers.map { NFElement($0.address.bytes) } ?? [])
      contents.rules.append(Self.forgedTunnel(family, ends: ends, peers: peers, tunnels))
    }
  }

  /// A packet from a pod's interface whose source is not routed by that interface is dropped, before connection tracking.
  ///
  /// The one address that is routed by it is the pod's own (and of IPv6 link-local ones, which are not forwarded).
  private static var spoofed: NFRule {
    NFRule(
      in: "spoofed", of: table, comment: "a pod's packets come from its own address",
      PodLink.isSender + [
        .fib([.source, .inputInterface], .outputInterface, into: 0), .compare(0, .equal, [0, 0, 0, 0]),
        .counter(), .verdict(.drop),
      ])
  }

  /// What comes to a tunnel's end from anything but a node is dropped: VXLAN knows no sender, so a pod could put packets
  /// of any source into a node's network with it.
  ///
  /// Only packets of our VXLAN number are looked at; others may have theirs on the same port.
  private static func forgedTunnel(
    _ family: IPAddress.Family, ends: String, peers: String, _ tunnels: TunnelSettings
  ) -> NFRule {
    let number = stride(from: 16, through: 0, by: -8).map { UInt8(truncatingIfNeeded: tunnels.identifier >> $0) }
    return NFRule(
      in: "spoofed", of: table, comment: "VXLAN comes from nodes",
      NFExpression.isFamily(family) + [
        .meta(.transportProtocol, into: 0), .compare(0, .equal, [17]),
        .payload(.transport, offset: 2, length: 2, into: 0),
        .compare(0, .equal, [UInt8(tunnels.port >> 8), UInt8(tunnels.port & 0xff)]),
        .destination(family, into: 0), .lookup(set: ends, key: 0),
        .payload(.transport, offset: 12, length: 3, into: 0), .compare(0, .equal, number),
        .source(family, into: 0),
        .lookup(set: peers, key: 0, inverted: true), .counter(), .verdict(.drop),
      ])
  }

  private static func masquerade(_ family: IPAddress.Family, pods: String, inside: String) -> NFRule {
    NFRule(
      in: "masquerade", of: table, comment: "pods' traffic that leaves the cluster",
      NFExpression.isFamily(family) + [
        .source(family, into: 0), .lookup(set: pods, key: 0),
        .destination(family, into: 0),
        .lookup(set: inside, key: 0, inverted: true), .counter(), .masquerade(.fullyRandom),
      ])
  }

  /// Elements of an interval set: ranges that overlap or touch are joined, for the kernel refuses overlaps.
  static func ranges(_ prefixes: [IPPrefix], _ family: IPAddress.Family) -> Set<NFElement> {
    var elements: Set<NFElement> = []
    var open: (first: IPAddress, last: IPAddress)?
    func close() {
      guard let open else { return }
      elements.insert(NFElement(open.first.bytes))
      let end = open.last.advanced(by: 1 as UInt64)
      if !end.isUnspecified { elements.insert(NFElement(end.bytes, isIntervalEnd: true)) }
    }
    for prefix in prefixes.filter({ $0.family == family }).sorted(by: { $0.address < $1.address }) {
      if let (first, last) = open, prefix.address.number <= last.number || prefix.address.number - last.number == 1 {
        open = (first, max(last, prefix.last))
      } else {
        close()
        open = (prefix.address, prefix.last)
      }
    }
    close()
    return elements
  }
}
