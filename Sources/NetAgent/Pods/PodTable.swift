import Glibc
import Netlink
import Synchronization

/// Keeps ``PodRules`` in the kernel: elements of one pod as it comes and goes, and all of them when something else wrote.
final class PodTable: Sendable {
  private let nftables: any NFTablesConnection
  private let conntrack: any ConntrackConnection
  private let node: RouteSocket
  private let namespace: NetworkNamespace
  /// Pods whose ports are closed although they still have a lease. Whoever writes to the table holds it.
  private let leaving = Mutex<Set<CNIRequest.Attachment>>([])
  private let metrics: AgentMetrics
  /// What the rules had counted when they were last read.
  private let counted = Mutex<[PodRules.Forbidden: UInt64]>([:])

  init(_ network: PodNetwork, _ metrics: AgentMetrics) throws(NetlinkError) {
    self.metrics = metrics
    node = network.node
    namespace = network.namespace
    (nftables, conntrack) = try network.namespace.run {
      () throws(NetlinkError) -> (NFTablesSocket, ConntrackSocket) in (try NFTablesSocket(), try ConntrackSocket())
    }
  }

  /// Brings the tables to the pods that there are. Returns whether anything was wrong.
  /// - Parameter state: is asked while nobody else writes.
  func bring(
    to state: () -> (leases: [AddressLease], sources: [IPAddress.Family: IPAddress])
  ) throws -> Bool {
    try leaving.withLock { leaving in try bring(to: state(), without: leaving) }
  }

  private func bring(
    to state: (leases: [AddressLease], sources: [IPAddress.Family: IPAddress]),
    without leaving: Set<CNIRequest.Attachment>
  ) throws -> Bool {
    let rules = PodRules(state.leases.filter { !leaving.contains($0.attachment) }, sources: state.sources)
    let inet = try TableContents.read(PodRules.table, from: nftables)
    let arp = try TableContents.read(PodRules.arpTable, from: nftables)
    count(PodRules.dropped([inet, arp]))
    var batch = rules.inet.changes(from: inet)
    batch.append(rules.arp.changes(from: arp))
    guard !batch.isEmpty else { return false }
    try nftables.commit(batch)
    return true
  }

  private func count(_ counts: [PodRules.Forbidden: UInt64]) {
    counted.withLock { last in
      for (reason, packets) in counts {
        // A table that was made anew counts from zero.
        let before = last[reason] ?? 0
        let more = packets < before ? packets : packets - before
        if more > 0 { metrics.dropped.increment(by: Double(more), [reason.name]) }
      }
      last = counts
    }
  }

  /// Opens a pod's ports of the node.
  ///
  /// Where the table is not what it was left as, all of it is put right, which also opens them.
  func open(
    _ lease: AddressLease, else state: () -> (leases: [AddressLease], sources: [IPAddress.Family: IPAddress])
  ) throws(CNIError) {
    guard !lease.hostPorts.isEmpty else { return }
    do {
      try leaving.withLock { leaving in
        do {
          try nftables.commit(Self.batch(lease) { .addElements($0, PodRules.table, set: $1) })
        } catch {
          _ = try bring(to: state(), without: leaving)
        }
      }
      try allowLoopback(lease)
      try forgetFlows(before: lease)
    } catch {
      throw CNIError(.kernel, "cannot open the pod's ports of the node", details: "\(error)")
    }
  }

  /// Closes a pod's ports, and ends the flows that came by them.
  ///
  /// - Parameter body: runs with the ports closed, and takes the lease back.
  func closing<Result>(
    _ lease: AddressLease?, else state: () -> (leases: [AddressLease], sources: [IPAddress.Family: IPAddress]),
    _ body: () throws(CNIError) -> Result
  ) throws(CNIError) -> Result {
    guard let lease, !lease.hostPorts.isEmpty else { return try body() }
    defer { leaving.withLock { _ = $0.remove(lease.attachment) } }
    do {
      try leaving.withLock { leaving in
        leaving.insert(lease.attachment)
        do {
          try nftables.commit(Self.batch(lease) { .deleteElements($0, PodRules.table, set: $1) })
        } catch {
          _ = try bring(to: state(), without: leaving)
        }
      }
      try forgetFlows(of: lease)
    } catch {
      throw CNIError(.kernel, "cannot close the pod's ports of the node", details: "\(error)")
    }
    return try body()
  }

  private static func batch(
    _ lease: AddressLease, _ operation: ([NFElement], String) -> NFBatch.Operation
  ) -> NFBatch {
    var bySet: [String: [NFElement]] = [:]
    for (set, element) in PodRules.elements(of: lease) { bySet[set, default: []].append(element) }
    return NFBatch(bySet.sorted { $0.key < $1.key }.map { operation($0.value, $0.key) })
  }

  // MARK: 127.0.0.1

  /// Lets answers to 127.0.0.1 come in by the pod's link. What the pod itself sends there is dropped by the table.
  func allowLoopback(_ lease: AddressLease) throws(NetlinkError) {
    guard lease.needsLoopback else { return }
    do throws(NetlinkError) {
      try namespace.setSysctl("net/ipv4/conf/\(lease.link.hostName)/route_localnet", "1")
    } catch  where error.errno == ENOENT {
      return  // the link is gone, and a DEL on its way
    }
  }

  // MARK: Flows

  /// UDP and SCTP flows to a port from before it led to this pod: connection tracking would go on sending them elsewhere.
  private func forgetFlows(before lease: AddressLease) throws(NetlinkError) {
    let ports = lease.hostPorts.filter { $0.transport != .tcp }
    guard !ports.isEmpty else { return }
    let own = Set(try node.addresses().map(\.address))
    for port in ports {
      try forget(port, lease) { flow, address in
        let destination = flow.original.destination
        return (port.single ?? destination) == destination && flow.reply.source != address
          && (own.contains(destination) || destination.bytes[0] == 127)
      }
    }
  }

  /// The flows by a pod's ports, when it ends.
  private func forgetFlows(of lease: AddressLease) throws(NetlinkError) {
    for port in lease.hostPorts where port.transport != .tcp {
      try forget(port, lease) { flow, address in flow.reply.source == address }
    }
  }

  private func forget(
    _ port: HostPort, _ lease: AddressLease, where isStale: (ConntrackFlow, IPAddress) -> Bool
  ) throws(NetlinkError) {
    for address in lease.addresses where port.covers(address.family) {
      let filter = ConntrackFilter(
        address.family, transport: port.transport.rawValue,
        original: ConntrackFilter.Direction(destinationPort: port.port))
      for flow in try conntrack.flows(filter, where: { isStale($0, address) }) { try conntrack.delete(flow) }
    }
  }

  // MARK: Reading

  /// What of a pod's ports the kernel lacks, each as a line.
  func differences(_ lease: AddressLease) throws(NetlinkError) -> [String] {
    guard !lease.hostPorts.isEmpty else { return [] }
    var held: [String: Set<NFElement>] = [:]
    var differences: [String] = []
    for (set, element) in PodRules.elements(of: lease) {
      if held[set] == nil {
        do throws(NetlinkError) {
          held[set] = Set(try nftables.elements(of: set, in: PodRules.table))
        } catch  where error.errno == ENOENT {
          return ["table \(PodRules.table) has no set \(set)"]
        }
      }
      if held[set]?.contains(element) != true {
        let key = element.key.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        differences.append("set \(set) of table \(PodRules.table) does not have 0x\(key) for this pod")
      }
    }
    return differences
  }
}

extension AddressLease {
  /// Whether the node's programs reach the pod at 127.0.0.1.
  var needsLoopback: Bool { addresses.contains(where: \.isIPv4) && hostPorts.contains(where: \.coversLoopback) }
}
