import Glibc
import Logging
import Netlink
import Synchronization
import Telemetry

extension CNIHandler {
  /// Brings the pools in line with the node's pod CIDRs.
  func use(_ plan: NetworkPlan) throws(JournalError) {
    try state.withLock { (state) throws(JournalError) in
      state.plan = plan
      guard !plan.podCIDRs.isEmpty, state.ledger.pools.map({ $0.prefix }) != plan.podCIDRs else { return }
      let record = JournalRecord.pools(plan.podCIDRs)
      try journal.sync(try journal.append([record]))
      state.ledger.apply(record)
    }
  }

  /// The addresses of this node's pods.
  func leasedAddresses() -> [IPAddress] {
    state.withLock { $0.ledger.leases.values.flatMap { $0.addresses } }
  }

  /// Whether an event tells of what ADD or DEL does, and of nothing that something else did: it wakes nothing.
  func isExpected(_ event: RouteEvent) -> Bool { isOfEnding(event) || isAsMade(event) }

  /// Whether the kernel tells of what a DEL has just done.
  private func isOfEnding(_ event: RouteEvent) -> Bool {
    state.withLock { state in
      switch event {
      case .linkDeleted(let link): state.ending.remove(link.index) != nil
      case .link(let link): state.ending.contains(link.index)
      case .neighbourDeleted(let neighbour): state.ending.contains(neighbour.interface)
      case .routeDeleted(let route): route.interface.map { state.ending.contains($0) } ?? false
      default: false
      }
    }
  }

  func serve(_ isServing: Bool) {
    state.withLock { $0.isServing = isServing }
  }

  /// Takes back what belongs to pods that are gone, and takes up pods that the journal does not know.
  ///
  /// A pod is alive while its link is there (the kernel removes it with the pod's namespace) or its path still leads to
  /// the same namespace. Runtimes drop a DEL that failed, so nobody else comes for these.
  func collectGarbage() throws(CNIError) {
    let links: [Link]
    do throws(NetlinkError) { links = try network.node.links() } catch { throw CNIError(error) }
    let ours = Dictionary(links.compactMap { link in PodLink.attachment(of: link).map { ($0, link) } }) { first, _ in
      first
    }
    let known = state.withLock { $0.ledger.leases }
    for (attachment, lease) in known where ours[attachment] == nil && !isAlive(lease) {
      try exclusively(attachment) { () throws(CNIError) in
        // Since the list was read an ADD may have made the link.
        guard !isAlive(lease), state.withLock({ $0.ledger.leases[attachment] }) == lease else { return }
        try delete(attachment)
        metrics.collected.increment()
        logger.info("took back the address of a pod that is gone", metadata: ["pod": "\(lease.pod)"])
      }
    }
    for (attachment, link) in ours where known[attachment] == nil {
      try exclusively(attachment) { () throws(CNIError) in try adopt(link, attachment) }
    }
  }

  private func isAlive(_ lease: AddressLease) -> Bool {
    guard let pod = try? NetworkNamespace.open(at: lease.namespace) else { return false }
    return pod.identifier.inode == lease.namespaceInode
  }

  /// A link of ours without a lease: the journal was lost. Its routes say which addresses it has.
  private func adopt(_ link: Link, _ attachment: CNIRequest.Attachment) throws(CNIError) {
    guard state.withLock({ $0.ledger.leases[attachment] }) == nil else { return }
    var addresses: [IPAddress] = []
    do throws(NetlinkError) {
      guard let now = try network.node.link(link.index), now.name == link.name else { return }
      for family in IPAddress.Family.allCases {
        let routes = try network.node.routes(RouteFilter(family, origin: .skiffPod, interface: link.index))
        addresses += routes.filter { $0.destination.isHost }.map { $0.destination.address }
      }
    } catch {
      throw CNIError(error)
    }
    let known = state.withLock { $0.ledger.leases.values.flatMap { $0.addresses } }
    guard !addresses.isEmpty, !addresses.contains(where: { known.contains($0) }) else {
      try network.disconnect(PodLink(attachment))
      logger.warning("removed a pod's link without address", metadata: ["link": "\(link.name)"])
      return
    }
    let lease = AddressLease(
      attachment: attachment, addresses: addresses, namespace: "", namespaceInode: 0, pod: "")
    state.withLock { state in
      let record = JournalRecord.leased(lease)
      state.ledger.apply(record)
      do throws(JournalError) { try journal.append([record]) } catch { logger.error("\(error)") }
    }
    policy?.take([lease])
    logger.warning("took up a pod that the journal does not know", metadata: ["link": "\(link.name)"])
  }

  /// Puts the node's side of all pods right: links, routes, neighbours. Returns how many things were wrong.
  /// - Parameter thoroughly: looks at the pods' sides of links, too.
  func repairPods(thoroughly: Bool) throws -> Int {
    let (leases, plan) = state.withLock { (Array($0.ledger.leases.values), $0.plan) }
    let all = try network.node.links()
    let links = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
    let renamed = PodLink.renamed(all)
    var desired: [Route] = []
    var neighbours: Set<Neighbour> = []
    var repaired = 0
    for lease in leases {
      let found = links[lease.link.hostName] ?? renamed[lease.attachment]
      guard let result = try repairLink(lease, found, plan, thoroughly: thoroughly) else { continue }
      let link = result.link
      repaired += result.changes
      repaired += try repairExtras(lease)
      desired += PodNetwork.routes(of: lease, interface: link.index, plan.sources)
      neighbours.formUnion(PodNetwork.neighbours(of: lease, interface: link.index))
    }
    repaired += try repairWays(desired, neighbours)
    // A pod that came since the links were listed has its lease by now.
    return repaired + (try network.shaping.collect(all, keeping: podState().leases))
  }

  /// Puts the node's routes to pods and their neighbours right.
  private func repairWays(_ desired: [Route], _ neighbours: Set<Neighbour>) throws(NetlinkError) -> Int {
    var repaired = 0
    for family in IPAddress.Family.allCases {
      let applied = try network.node.routes(RouteFilter(family, origin: .skiffPod))
      let changes = RouteChanges(applied: applied, desired: desired.filter { $0.destination.family == family })
      for route in changes.set where try stillKnown(route) {
        do throws(NetlinkError) { try network.node.replace(route) } catch  where error.isGone { continue }
        repaired += 1
      }
      for route in changes.delete where try !stillKnown(route) {
        do throws(NetlinkError) { try network.node.delete(route) } catch  where error.isGone { continue }
        repaired += 1
      }
      let present = Set(try network.node.neighbours(family))
      for neighbour in neighbours where neighbour.address.family == family && !present.contains(neighbour) {
        do throws(NetlinkError) { try network.node.replace(neighbour) } catch  where error.isGone { continue }
        repaired += 1
      }
    }
    return repaired
  }

  /// What only some pods have, while neither ADD nor DEL is at it.
  private func repairExtras(_ lease: AddressLease) throws(NetlinkError) -> Int {
    guard lease.bandwidth != nil || lease.needsLoopback else { return 0 }
    let outcome: Result<Int, NetlinkError> = turn(lease.attachment).withLock { _ in
      guard state.withLock({ $0.ledger.leases[lease.attachment] }) == lease else { return .success(0) }
      do throws(NetlinkError) {
        guard let link = try network.node.link(named: lease.link.hostName) else { return .success(0) }
        try ports.allowLoopback(lease)
        return .success(try network.shaping.bring(lease, link))
      } catch {
        return error.isGone ? .success(0) : .failure(error)  // the pod's namespace ends, and its link with it
      }
    }
    return try outcome.get()
  }

  /// Whether the pod of a route has the address now: ADD and DEL go on while the kernel is being compared.
  private func stillKnown(_ route: Route) throws(NetlinkError) -> Bool {
    let address = route.destination.address
    return state.withLock { state in
      state.ledger.leases.values.contains { $0.addresses.contains(address) }
    }
  }
}

extension NetlinkError {
  /// What was to be changed or deleted is not there.
  var isGone: Bool { [ESRCH, ENOENT, ENODEV, EADDRNOTAVAIL].contains(errno) }
}
