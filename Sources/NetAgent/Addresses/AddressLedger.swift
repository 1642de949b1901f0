import Netlink

/// Who has which address: the state that the journal's records lead to, one after the other.
struct AddressLedger: Sendable, Hashable {
  private(set) var leases: [CNIRequest.Attachment: AddressLease] = [:]
  private(set) var pools: [AddressPool] = []
  private var holders: [IPAddress: CNIRequest.Attachment] = [:]

  init() {}

  init(replaying records: some Sequence<JournalRecord>) {
    for record in records { apply(record) }
  }

  /// What a record says. A record that does not fit (a lease that is there, a release of none) changes what it can.
  mutating func apply(_ record: JournalRecord) {
    switch record {
    case .leased(let lease):
      if let old = leases[lease.attachment] { free(old.addresses) }
      leases[lease.attachment] = lease
      for address in lease.addresses {
        holders[address] = lease.attachment
        for index in pools.indices { pools[index].take(address) }
      }
    case .released(let attachment):
      if let lease = leases.removeValue(forKey: attachment) { free(lease.addresses) }
    case .pools(let prefixes):
      pools = prefixes.map { prefix in
        if let pool = pools.first(where: { $0.prefix == prefix }) { return pool }
        var pool = AddressPool(prefix)
        for lease in leases.values.sorted(by: { $0.addresses.lexicographicallyPrecedes($1.addresses) }) {
          for address in lease.addresses { pool.take(address) }
        }
        return pool
      }
    case .pool(let prefix, let next, let freed):
      if let index = pools.firstIndex(where: { $0.prefix == prefix }) { pools[index].restore(next: next, freed: freed) }
    }
  }

  /// The lease that an address belongs to.
  func lease(of address: IPAddress) -> AddressLease? { holders[address].flatMap { leases[$0] } }

  private mutating func free(_ addresses: [IPAddress]) {
    for address in addresses {
      holders[address] = nil
      for index in pools.indices { pools[index].release(address) }
    }
  }

  /// The addresses that the next pod gets: one of each pool, or those asked for.
  ///
  /// Nothing changes before the lease that holds them is applied.
  /// - Parameter ranges: where the address of a family must come from, if there is one of that family.
  func propose(requested: [IPAddress] = [], from ranges: [AddressRange] = []) throws(CNIError) -> [IPAddress] {
    guard !pools.isEmpty else { throw CNIError(.tryAgainLater, "the node has no pod CIDR yet") }
    for (index, address) in requested.enumerated() {
      guard pools.contains(where: { $0.contains(address) }) else {
        let all = pools.map { "\($0.prefix)" }.joined(separator: " and ")
        throw CNIError(.invalidConfiguration, "address \(address) is not one of \(all)")
      }
      guard !requested[..<index].contains(where: { $0.family == address.family }) else {
        throw CNIError(.invalidConfiguration, "address \(address) is the second of its family: a pod has one of each")
      }
    }
    var result: [IPAddress] = []
    for pool in pools {
      let inRanges = ranges.filter { $0.family == pool.prefix.family }
      if let range = inRanges.first(where: { !pool.prefix.contains($0.first) || !pool.prefix.contains($0.last) }) {
        throw CNIError(.invalidConfiguration, "range \(range) is not within \(pool.prefix)")
      }
      if let address = requested.first(where: { $0.family == pool.prefix.family }) {
        guard pool.isFree(address) else { throw CNIError(.exhausted, "address \(address) is in use") }
        guard inRanges.isEmpty || inRanges.contains(where: { $0.contains(address) }) else {
          throw CNIError(.invalidConfiguration, "address \(address) is not in \(inRanges)")
        }
        result.append(address)
      } else if let address = inRanges.isEmpty ? pool.candidate : pool.candidate(in: inRanges) {
        result.append(address)
      } else {
        throw CNIError(
          .exhausted, "no address is free in \(inRanges.isEmpty ? "\(pool.prefix)" : "\(inRanges)")",
          details: "\(pool.used.count) are in use; give the node a larger pod CIDR or fewer pods")
      }
    }
    return result
  }

  /// Refuses ports of the node that another pod has.
  func checkFree(_ ports: [HostPort], for attachment: CNIRequest.Attachment) throws(CNIError) {
    guard !ports.isEmpty else { return }
    for lease in leases.values where lease.attachment != attachment {
      for port in lease.hostPorts {
        guard let wanted = ports.first(where: { $0.conflicts(with: port) }) else { continue }
        throw CNIError(
          .portTaken, "hostPort \(wanted) is taken by pod \(lease.pod.isEmpty ? "\(lease.attachment)" : lease.pod)",
          details: "it has \(port); one of the two must have another port or run on another node")
      }
    }
  }

  /// Whether a pod that comes now finds an address in each pool.
  var isExhausted: Bool { pools.contains { $0.available == 0 } }

  /// Records that lead to this state from nothing.
  var snapshot: [JournalRecord] {
    var records: [JournalRecord] = [.pools(pools.map { $0.prefix })]
    let ordered = leases.values.sorted { $0.addresses.lexicographicallyPrecedes($1.addresses) }
    records += ordered.map { .leased($0) }
    records += pools.map { .pool($0.prefix, next: $0.next, freed: Array($0.history)) }
    return records
  }
}
