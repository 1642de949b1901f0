import Glibc
import Logging
import Netlink
import Synchronization

extension CNIHandler {
  /// Puts a pod's link right: made anew where it is gone, then name, state, master, addresses, MTU on both sides.
  /// - Parameters:
  ///   - found: the link, under whichever name; `nil` where there is none.
  ///   - thoroughly: looks at the pod's side, too.
  /// - Returns: the link, and how many things were wrong; `nil` where the pod is gone.
  func repairLink(
    _ lease: AddressLease, _ found: Link?, _ plan: NetworkPlan, thoroughly: Bool
  ) throws -> (link: Link, changes: Int)? {
    do {
      guard let link = found else { return try makeAnew(lease, plan) }
      state.withLock { $0.links[lease.attachment] = link.index }
      let names = lease.link
      var change = LinkChange()
      var changes = 0
      if !link.isUp { (change.isUp, changes) = (true, changes + 1) }
      if link.master != nil { (change.master, changes) = (LinkChange.Master.none, changes + 1) }
      if link.name != names.hostName { (change.name, changes) = (names.hostName, changes + 1) }
      if link.alias != names.alias { (change.alias, changes) = (names.alias, changes + 1) }
      if link.hardwareAddress != names.hostAddress {
        (change.hardwareAddress, changes) = (names.hostAddress, changes + 1)
      }
      if changes > 0 { try network.node.set(link.index, change) }
      changes += try bringMTU(of: lease, link, to: plan.mtu, thoroughly: thoroughly)
      var repaired = link
      repaired.mtu = plan.mtu
      return (repaired, changes)
    } catch let error as NetlinkError where error.isGone {
      return nil  // it ended meanwhile; what tells of that asks for another comparison
    }
  }

  /// A pod whose link something has deleted gets it again, with the same addresses. Connections go on.
  ///
  /// Only where this process has seen the link: a lease without one may also be what an ADD that was killed has left, and
  /// that one is the runtime's to finish or to take back.
  private func makeAnew(_ lease: AddressLease, _ plan: NetworkPlan) throws(CNIError) -> (link: Link, changes: Int)? {
    guard state.withLock({ $0.links[lease.attachment] }) != nil,
      let pod = try? NetworkNamespace.open(at: lease.namespace), pod.identifier.inode == lease.namespaceInode
    else {
      return nil
    }
    return try exclusively(lease.attachment) { () throws(CNIError) in
      // Since the links were listed the pod may have come or gone.
      guard state.withLock({ $0.ledger.leases[lease.attachment] }) == lease else { return nil }
      if let link = try network.link(lease) { return (link, 0) }
      try network.removeHalf(lease, in: pod)
      let index: Int32
      do throws(CNIError) {
        index = try network.connect(lease, pod, mtu: plan.mtu, sources: plan.sources)
      } catch {
        // A half would be taken for the whole.
        _ = try? network.disconnect(lease.link, lease)
        throw error
      }
      state.withLock { $0.links[lease.attachment] = index }
      try network.shape(lease, index, mtu: plan.mtu)
      logger.warning("made a pod's link anew, which was gone", metadata: ["pod": "\(lease.pod)"])
      return try network.link(lease).map { ($0, 1) }
    }
  }

  /// The pod's side is changed before packets come that it would not take, and after it sends none that would be refused.
  private func bringMTU(
    of lease: AddressLease, _ link: Link, to mtu: UInt32, thoroughly: Bool
  ) throws(NetlinkError) -> Int {
    guard thoroughly || link.mtu != mtu else { return 0 }
    var changes = 0
    let isRaised = mtu > link.mtu
    if isRaised { try network.node.set(link.index, LinkChange(mtu: mtu)) }
    if try network.podSideMTU(link) != mtu {
      if let pod = try? NetworkNamespace.open(at: lease.namespace), pod.identifier.inode == lease.namespaceInode {
        let name = lease.attachment.interface
        try pod.run { () throws(NetlinkError) in try RouteSocket().set(name, LinkChange(mtu: mtu)) }
        changes += 1
      } else {
        logger.warning(
          "cannot change the MTU inside a pod whose namespace has no path: make the pod anew",
          metadata: ["link": "\(link.name)", "mtu": "\(mtu)"])
      }
    }
    if mtu < link.mtu { try network.node.set(link.index, LinkChange(mtu: mtu)) }
    return changes + (mtu == link.mtu ? 0 : 1)
  }

  /// Whether an event tells of a pod's route or neighbour as this agent makes it.
  func isAsMade(_ event: RouteEvent) -> Bool {
    switch event {
    case .route(let route) where route.origin == .skiffPod && route.destination.isHost:
      guard let interface = route.interface else { return false }
      return state.withLock { state in
        guard let lease = state.ledger.lease(of: route.destination.address) else { return false }
        // Until ADD has ended the number is not known.
        return state.links[lease.attachment] ?? interface == interface
          && PodNetwork.routes(of: lease, interface: interface, state.plan.sources).contains(route)
      }
    case .neighbour(let neighbour) where neighbour.state.contains(.permanent):
      return state.withLock { state in
        guard let lease = state.ledger.lease(of: neighbour.address) else { return false }
        return state.links[lease.attachment] ?? neighbour.interface == neighbour.interface
          && PodNetwork.neighbours(of: lease, interface: neighbour.interface).contains(neighbour)
      }
    default: return false
    }
  }
}
