import Glibc
import Netlink

/// Brings tunnels' devices and their entries to the plan: what is missing first, so that routes find it; what is too much
/// last, when no route needs it.
struct TunnelApply: Sendable {
  let network: PodNetwork

  private var node: RouteSocket { network.node }

  /// A tunnel whose device is in place.
  struct Ready: Sendable, Hashable {
    var tunnel: Tunnel
    var device: Int32
  }

  /// Makes the device where it is not as planned, then forwarding entries, then neighbours.
  /// - Returns: the device, and how many things were changed.
  func prepare(_ tunnel: Tunnel) throws(NetlinkError) -> (Ready, changes: Int) {
    let (link, made) = try device(tunnel)
    var changes = made
    changes += try settle(link, tunnel)
    // Addresses before routes, which name them as their source.
    let addresses = try node.addresses(interface: link.index)
    for address in tunnel.addresses(link.index)
    where !addresses.contains(where: { $0.address == address.address && $0.prefixLength == address.prefixLength }) {
      try node.replace(address)
      changes += 1
    }
    let entries = Set(try node.forwardingEntries(interface: link.index))
    for entry in tunnel.entries(link.index) where !entries.contains(entry) {
      try node.replace(entry)
      changes += 1
    }
    let wanted = tunnel.neighbours(link.index)
    for family in IPAddress.Family.allCases {
      let present = Set(try node.neighbours(family, interface: link.index))
      for neighbour in wanted where neighbour.address.family == family && !present.contains(neighbour) {
        try node.replace(neighbour)
        changes += 1
      }
    }
    return (Ready(tunnel: tunnel, device: link.index), changes)
  }

  /// The tunnel's device; made anew where it is something else. Entries of a former one went with it.
  private func device(_ tunnel: Tunnel) throws(NetlinkError) -> (Link, Int) {
    var changes = 0
    if let link = try node.link(named: tunnel.name) {
      if link.details == .vxlan(tunnel.details) { return (link, 0) }
      try node.deleteLink(link.index)
      changes += 1
    }
    // One that was given another name still has the number.
    for link in try node.links()
    where link.details == .vxlan(tunnel.details)
      && (link.alias == Tunnel.alias || link.hardwareAddress == tunnel.hardwareAddress)
    {
      try node.deleteLink(link.index)
      changes += 1
    }
    try node.create(
      NewLink(
        tunnel.name, .vxlan(tunnel.details), hardwareAddress: tunnel.hardwareAddress, mtu: tunnel.mtu, isUp: true))
    // The kernel takes no alias when it makes a link.
    try node.set(tunnel.name, LinkChange(alias: Tunnel.alias))
    guard let link = try node.link(named: tunnel.name) else {
      throw NetlinkError(call: "find", object: "link \(tunnel.name) after making it", errno: ENODEV)
    }
    return (link, changes + 1)
  }

  /// What can be changed of a device that is there.
  private func settle(_ link: Link, _ tunnel: Tunnel) throws(NetlinkError) -> Int {
    var changes = 0
    if tunnel.peers.contains(where: { $0.podCIDRs.contains { $0.family == .v6 } }) {
      let key = "net/ipv6/conf/\(tunnel.name)/disable_ipv6"
      if try network.namespace.sysctl(key) != "0" {
        try network.namespace.setSysctl(key, "0")
        changes += 1
      }
    }
    if link.master != nil {
      try node.set(link.index, LinkChange(master: LinkChange.Master.none))
      changes += 1
    }
    guard
      link.hardwareAddress != tunnel.hardwareAddress || link.mtu != tunnel.mtu || !link.isUp
        || link.alias != Tunnel.alias
    else { return changes }
    try node.set(
      link.index, LinkChange(isUp: true, mtu: tunnel.mtu, hardwareAddress: tunnel.hardwareAddress, alias: Tunnel.alias))
    return changes + 1
  }

  /// Removes, in the reverse order, what the plan does not have: neighbours, forwarding entries, addresses, devices.
  func clean(_ ready: [Ready]) throws(NetlinkError) -> Int {
    var changes = 0
    for (tunnel, device) in ready.map({ ($0.tunnel, $0.device) }) {
      let neighbours = Set(tunnel.neighbours(device))
      for family in IPAddress.Family.allCases {
        for neighbour in try node.neighbours(family, interface: device)
        where neighbour.state.contains(.permanent) && !neighbours.contains(neighbour) {
          changes += try gone { () throws(NetlinkError) in try node.delete(neighbour) }
        }
      }
      let entries = Set(tunnel.entries(device))
      for entry in try node.forwardingEntries(interface: device) where !entries.contains(entry) {
        changes += try gone { () throws(NetlinkError) in try node.delete(entry) }
      }
      let addresses = Set(tunnel.sources.values)
      for address in try node.addresses(interface: device)
      where !address.address.isLinkLocal && !(addresses.contains(address.address) && address.isHost) {
        changes += try gone { () throws(NetlinkError) in try node.delete(address) }
      }
    }
    for family in IPAddress.Family.allCases where !ready.contains(where: { $0.tunnel.family == family }) {
      changes += try node.deleteLink(named: Tunnel.name(family)) ? 1 : 0
    }
    return changes
  }

  private func gone(_ delete: () throws(NetlinkError) -> Void) throws(NetlinkError) -> Int {
    do throws(NetlinkError) { try delete() } catch  where error.isGone { return 0 }
    return 1
  }

  /// Brings the rules that lead pods' packets to the tunnels' table in line: one for each range of pods.
  func applyRules(_ plan: NetworkPlan, _ ready: [Ready]) throws(NetlinkError) -> Int {
    var families: Set<IPAddress.Family> = []
    for (tunnel, device) in ready.map({ ($0.tunnel, $0.device) }) {
      families.formUnion(tunnel.routes(device).filter { $0.table == Tunnel.table }.map { $0.destination.family })
    }
    var changes = 0
    for family in IPAddress.Family.allCases {
      let wanted = Set(
        plan.pods.filter { $0.family == family && families.contains(family) }.map {
          RoutingRule(from: $0, table: Tunnel.table, priority: Tunnel.rulePriority, origin: .skiffNode)
        })
      let present = try node.rules(family, origin: .skiffNode)
      for rule in wanted.subtracting(present).sorted(by: { $0.description < $1.description }) {
        try node.add(rule)
        changes += 1
      }
      for rule in present where !wanted.contains(rule) {
        changes += try gone { () throws(NetlinkError) in try node.delete(rule) }
      }
    }
    return changes
  }

  /// Why a tunnel cannot be had, and what to do about it.
  static func reason(_ error: NetlinkError, _ tunnel: Tunnel) -> String {
    let need = "it needs VXLAN over \(tunnel.family == .v4 ? "IPv4" : "IPv6"), and "
    switch error.errno {
    case EOPNOTSUPP, EAFNOSUPPORT:
      return need + "this kernel has none (CONFIG_VXLAN): use one that has, or load its module vxlan"
    case EADDRINUSE:
      return need + "UDP port \(tunnel.port) is taken by something else on this node: choose another for all nodes"
    case EEXIST:
      return need + "another device of this node has VXLAN number \(tunnel.identifier): choose another for all nodes"
    default: return need + "its device cannot be made: \(error)"
    }
  }
}

extension InterfaceAddress {
  fileprivate var isHost: Bool { prefixLength == address.family.bitCount }
}
