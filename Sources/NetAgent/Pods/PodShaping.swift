import Netlink

/// Carries out ``PodBandwidth``: a token bucket on the node's end of the pod's link for what the pod receives, and for what
/// it sends an intermediate block, to which all that comes in by the link is redirected. The pod's own end is not
/// touched: the pod could undo that.
struct PodShaping: Sendable {
  let node: RouteSocket

  /// Our disciplines have this number.
  private static let handle: UInt32 = 0x534b_0000

  /// Makes what is missing or differs. Returns how many things that were.
  func bring(_ lease: AddressLease, _ link: Link) throws(NetlinkError) -> Int {
    guard let bandwidth = lease.bandwidth else { return 0 }
    var changes = 0
    if let limit = bandwidth.ingress { changes += try bring(limit, link.index, link.mtu) }
    if let limit = bandwidth.egress { changes += try bringEgress(limit, lease, link) }
    return changes
  }

  private func bringEgress(_ limit: PodBandwidth.Limit, _ lease: AddressLease, _ link: Link) throws(NetlinkError) -> Int
  {
    var changes = 0
    let name = lease.link.blockName
    var block = try node.link(named: name)
    if block == nil {
      try node.create(NewLink(name, .ifb, mtu: link.mtu))
      try node.set(name, LinkChange(isUp: true, alias: lease.link.alias))
      block = try node.link(named: name)
      changes += 1
    }
    guard let block else { return changes }  // somebody else deleted it at once; the event wakes the next repair
    if !block.isUp || block.alias != lease.link.alias {
      try node.set(block.index, LinkChange(isUp: true, alias: lease.link.alias))
      changes += 1
    }
    changes += try bring(limit, block.index, link.mtu)
    let wanted = RedirectFilter(interface: link.index, to: block.index)
    guard try node.redirections(interface: link.index) != [wanted] else { return changes }
    let ingress = QueueingDiscipline(interface: link.index, .ingress)
    // Whatever other filters there are go with it.
    do throws(NetlinkError) { try node.delete(ingress) } catch  where error.isGone || error.errno == 22 {}
    try node.replace(ingress)
    try node.add(wanted)
    return changes + 1
  }

  private func bring(_ limit: PodBandwidth.Limit, _ interface: Int32, _ mtu: UInt32) throws(NetlinkError) -> Int {
    let bucket = limit.bucket(mtu: mtu)
    if case .tokenBucket(let found) = try root(interface)?.kind, found.isLike(bucket) { return 0 }
    try node.replace(QueueingDiscipline(interface: interface, .tokenBucket(bucket), handle: Self.handle))
    return 1
  }

  private func root(_ interface: Int32) throws(NetlinkError) -> QueueingDiscipline? {
    try node.disciplines(interface: interface).first { $0.parent == QueueingDiscipline.root }
  }

  /// Removes the block of a pod whose link is gone; everything else went with the link.
  func remove(_ link: PodLink) throws(NetlinkError) { try node.deleteLink(named: link.blockName) }

  /// Removes the blocks of pods that are gone. Returns how many.
  func collect(_ links: [Link], keeping leases: [AddressLease]) throws(NetlinkError) -> Int {
    let kept = Set(leases.filter { $0.bandwidth?.egress != nil }.map(\.link.blockName))
    var count = 0
    for link in links where link.name.hasPrefix(PodLink.blockPrefix) && link.kind == "ifb" && !kept.contains(link.name)
    {
      if try node.deleteLink(named: link.name) { count += 1 }
    }
    return count
  }

  /// What differs from the lease, each as a line.
  func differences(_ lease: AddressLease, _ link: Link) throws(NetlinkError) -> [String] {
    guard let bandwidth = lease.bandwidth else { return [] }
    var differences: [String] = []
    func compare(_ limit: PodBandwidth.Limit, _ interface: Int32, _ name: String) throws(NetlinkError) {
      let bucket = limit.bucket(mtu: link.mtu)
      if case .tokenBucket(let found) = try root(interface)?.kind, found.isLike(bucket) { return }
      differences.append("link \(name) has no token bucket of \(limit.rate) bits a second")
    }
    if let limit = bandwidth.ingress { try compare(limit, link.index, link.name) }
    guard let limit = bandwidth.egress else { return differences }
    guard let block = try node.link(named: lease.link.blockName), block.isUp else {
      return differences + ["there is no link \(lease.link.blockName), or it is down: the pod's packets are lost"]
    }
    try compare(limit, block.index, block.name)
    if try node.redirections(interface: link.index) != [RedirectFilter(interface: link.index, to: block.index)] {
      differences.append("what comes in by \(link.name) does not go to \(block.name)")
    }
    return differences
  }
}
