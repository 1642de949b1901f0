import Logging
import Netlink

/// Brings the kernel to a plan: routes, rules, forwarding.
struct NetworkApply: Sendable {
  let network: PodNetwork
  let nftables: any NFTablesConnection

  init(_ network: PodNetwork) throws(NetlinkError) {
    self.network = network
    nftables = try network.namespace.run { () throws(NetlinkError) -> NFTablesSocket in try NFTablesSocket() }
  }

  /// What was changed, for logs and metrics.
  struct Outcome: Sendable, Hashable {
    var routes = 0
    var rules = 0
  }

  /// The networks that the node is on.
  func interfaces() throws(NetlinkError) -> NodeInterfaces {
    let links = Dictionary(try network.node.links().map { ($0.index, $0) }) { first, _ in first }
    var result = NodeInterfaces()
    for address in try network.node.addresses() {
      guard let link = links[address.interface], link.isUp, !link.isLoopback, !link.name.hasPrefix(PodLink.prefix),
        !address.address.isLinkLocal, address.prefixLength < address.address.family.bitCount
      else { continue }
      result.onLink.append(
        NodeInterfaces.OnLink(
          prefix: IPPrefix(address.address, length: address.prefixLength), interface: link.index, mtu: link.mtu,
          address: address.address))
    }
    return result
  }

  func apply(_ plan: NetworkPlan) throws -> Outcome {
    var outcome = Outcome()
    try forward(plan)
    // The rules come first: no packet of a pod passes without them.
    let batch = NetworkRules(plan).changes(from: try NetworkRules.read(nftables))
    if !batch.isEmpty {
      try nftables.commit(batch)
      outcome.rules = 1
    }
    for family in IPAddress.Family.allCases {
      outcome.routes += try applyRoutes(plan.routes.filter { $0.destination.family == family }, family)
    }
    return outcome
  }

  private func applyRoutes(_ desired: [Route], _ family: IPAddress.Family) throws(NetlinkError) -> Int {
    let changes = RouteChanges(
      applied: try network.node.routes(RouteFilter(family, origin: .skiffNode)), desired: desired)
    for route in changes.set { try network.node.replace(route) }
    for route in changes.delete {
      do throws(NetlinkError) { try network.node.delete(route) } catch  where error.isGone { continue }
    }
    return changes.set.count + changes.delete.count
  }

  /// The node passes packets on between its interfaces.
  private func forward(_ plan: NetworkPlan) throws(NetlinkError) {
    try network.namespace.setSysctl("net/ipv4/ip_forward", "1")
    if plan.podCIDRs.contains(where: { $0.family == .v6 }) {
      try network.namespace.setSysctl("net/ipv6/conf/all/forwarding", "1")
    }
  }
}
