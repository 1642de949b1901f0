import Logging
import Netlink

/// Brings the kernel to a plan: routes, rules, forwarding.
struct NetworkApply: Sendable {
  let network: PodNetwork
  let nftables: any NFTablesConnection
  let settings: TunnelSettings

  init(_ network: PodNetwork, _ settings: TunnelSettings = TunnelSettings()) throws(NetlinkError) {
    self.network = network
    self.settings = settings
    nftables = try network.namespace.run { () throws(NetlinkError) -> NFTablesSocket in try NFTablesSocket() }
  }

  /// What was changed, for logs and metrics.
  struct Outcome: Sendable, Hashable {
    var routes = 0
    var rules = 0
    /// Devices of tunnels, their entries, and rules that lead to them.
    var tunnels = 0
    /// Sysctls.
    var settings = 0
    /// Tunnels that cannot be had, and why.
    var failures: [IPAddress.Family: String] = [:]

    var total: Int { routes + rules + tunnels + settings }
  }

  /// The networks that the node is on.
  func interfaces() throws(NetlinkError) -> NodeInterfaces {
    let links = Dictionary(try network.node.links().map { ($0.index, $0) }) { first, _ in first }
    var result = NodeInterfaces()
    for address in try network.node.addresses() {
      guard let link = links[address.interface], link.isUp, !link.isLoopback, !link.name.hasPrefix(PodLink.prefix),
        !link.name.hasPrefix(Tunnel.prefix), link.alias != Tunnel.alias, !address.address.isLinkLocal
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
    outcome.settings = try forward(plan)
    // The rules come first: no packet of a pod passes without them.
    let held = try TableContents.read(NetworkRules.table, from: nftables)
    let batch = NetworkRules(plan, settings).contents.changes(from: held)
    if !batch.isEmpty {
      try nftables.commit(batch)
      outcome.rules = 1
    }
    var ready: [TunnelApply.Ready] = []
    for tunnel in plan.tunnels {
      do throws(NetlinkError) {
        let (device, changes) = try tunnels.prepare(tunnel)
        ready.append(device)
        outcome.tunnels += changes
      } catch {
        // The other nodes are reached all the same.
        outcome.failures[tunnel.family] = TunnelApply.reason(error, tunnel)
      }
    }
    let desired = plan.routes + ready.flatMap { $0.tunnel.routes($0.device) }
    for family in IPAddress.Family.allCases {
      outcome.routes += try applyRoutes(desired.filter { $0.destination.family == family }, family)
    }
    outcome.tunnels += try tunnels.applyRules(plan, ready)
    outcome.tunnels += try tunnels.clean(ready)
    return outcome
  }

  private var tunnels: TunnelApply { TunnelApply(network: network) }

  private func applyRoutes(_ desired: [Route], _ family: IPAddress.Family) throws(NetlinkError) -> Int {
    let changes = RouteChanges(
      applied: try network.node.routes(RouteFilter(family, table: nil, origin: .skiffNode)), desired: desired)
    for route in changes.set { try network.node.replace(route) }
    for route in changes.delete {
      do throws(NetlinkError) { try network.node.delete(route) } catch  where error.isGone { continue }
    }
    return changes.set.count + changes.delete.count
  }

  /// The node passes packets on between its interfaces. Returns how many settings were changed.
  private func forward(_ plan: NetworkPlan) throws(NetlinkError) -> Int {
    var changes = 0
    if try !isForwarding(.v4, InterfaceForwarding.all) {
      try network.namespace.setSysctl("net/ipv4/ip_forward", "1")
      changes += 1
    }
    // IPv4 is asked of each interface as well. Those of others may be turned off on purpose.
    let off = try network.node.interfaceForwarding(.v4).filter { !$0.isOn && $0.interface > 0 }.map { $0.interface }
    if !off.isEmpty {
      for link in try network.node.links() where off.contains(link.index) && carriesPods(link, plan) {
        do throws(NetlinkError) {
          try network.namespace.setSysctl("net/ipv4/conf/\(link.name)/forwarding", "1")
          changes += 1
        } catch  where error.isGone { continue }
      }
    }
    if plan.podCIDRs.contains(where: { $0.family == .v6 }), try !isForwarding(.v6, InterfaceForwarding.all) {
      try network.namespace.setSysctl("net/ipv6/conf/all/forwarding", "1")
      changes += 1
    }
    return changes
  }

  private func isForwarding(_ family: IPAddress.Family, _ interface: Int32) throws(NetlinkError) -> Bool {
    try network.node.interfaceForwarding(family).contains { $0.interface == interface && $0.isOn }
  }

  private func carriesPods(_ link: Link, _ plan: NetworkPlan) -> Bool {
    link.name.hasPrefix(PodLink.prefix) || link.name.hasPrefix(Tunnel.prefix) || plan.uplinks.contains(link.index)
  }
}
