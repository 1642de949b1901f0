import Netlink

extension PolicyPlanner {
  /// Takes up the group and the identity of a pod's address, which may be new.
  /// - Parameters:
  ///   - namespace: the terms that mean all pods of its namespace.
  ///   - own: those that mean the pod or its address.
  /// - Returns: their numbers; 0 where no rule's peer means the pod, or nothing but the group's.
  mutating func acquirePeer(
    _ namespace: [PeerTerms.ID], _ own: [PeerTerms.ID], _ ports: [NamedPort]
  ) -> (group: UInt32, identity: UInt32) {
    let group = (namespace + own.filter { isCrowd($0) }).sorted()
    var groupNumber: UInt32 = 0
    if !group.isEmpty { groupNumber = acquire(PolicyPeer.Key(group: nil, terms: group, ports: [])) }
    guard group.count < namespace.count + own.count || !ports.isEmpty else { return (groupNumber, 0) }
    return (
      groupNumber, acquire(PolicyPeer.Key(group: groupNumber, terms: (namespace + own).sorted(), ports: ports))
    )
  }

  private mutating func acquire(_ key: PolicyPeer.Key) -> UInt32 {
    if let number = peerNumbers[key] {
      peers[number]?.uses += 1
      return number
    }
    let ports = key.ports.map { StableHash.of("\($0.name) \($0.transport.rawValue) \($0.port)") }
    // While addresses move to another group, the same terms make two identities.
    let salt: UInt64 = key.group.map { 2 + UInt64($0) } ?? 1
    let number = peerNumbers.assign(
      key, hash: StableHash.combine(key.terms.map { terms.hash($0) } + ports, salt: salt))
    var peer = PolicyPeer(number: number, key: key, group: key.group.flatMap { peers[$0] })
    peer.uses = 1
    peers[number] = peer
    if let group = key.group, group != 0 { peers[group]?.uses += 1 }
    for term in peer.own { peersOfTerm[term, default: []].insert(number) }
    if !key.ports.isEmpty { peersWithPorts.insert(number) }
    for profile in concerned(peer) { setVerdict(profile, peer) }
    return number
  }

  mutating func releasePeer(_ number: UInt32) {
    guard let peer = peers[number] else { return }
    guard peer.uses == 1 else {
      peers[number]?.uses -= 1
      return
    }
    for profile in concerned(peer) { setVerdict(profile, number, nil) }
    peers[number] = nil
    peerNumbers.release(peer.key)
    peersWithPorts.remove(number)
    for term in peer.own {
      peersOfTerm[term]?.remove(number)
      if peersOfTerm[term]?.isEmpty == true { peersOfTerm[term] = nil }
    }
    if let group = peer.key.group, group != 0 { releasePeer(group) }
  }

  /// The profiles whose rules may say something of the peer.
  private func concerned(_ peer: PolicyPeer) -> Set<UInt32> {
    var found: Set<UInt32> = peer.key.ports.isEmpty ? [] : profilesWithPortNames
    for term in peer.own { found.formUnion(profilesOfTerm[term] ?? []) }
    return found
  }

  // MARK: What profiles say of peers

  /// Works out what a profile says of a peer. Its group comes before.
  mutating func setVerdict(_ number: UInt32, _ peer: PolicyPeer) {
    guard let profile = profiles[number] else { return }
    let table = profile.table(for: peer.terms, names: peer.key.ports)
    var base = profile.standard
    if let group = peer.key.group, group != 0, let verdict = profile.verdicts[group] { base = verdict }
    setVerdict(number, peer.number, table == self.table(of: base) ? nil : table)
  }

  /// Says it where it is another than the group's, takes it back where nil.
  mutating func setVerdict(_ number: UInt32, _ peer: UInt32, _ table: PortTable?) {
    let old = profiles[number]?.verdicts[peer]
    let new = table.map { acquire($0) }
    profiles[number]?.verdicts[peer] = new
    elements.pairs[PolicyElements.Pair(profile: number, peer: peer)] = new
    if let old { release(old) }
  }

  // MARK: Port tables

  mutating func acquire(_ table: PortTable) -> PortVerdict {
    if table == .everything { return .everything }
    if table == .nothing { return .nothing }
    if let number = tableNumbers[table] {
      tables[number]?.uses += 1
      return PortVerdict(kind: .some, table: number)
    }
    let number = tableNumbers.assign(table, hash: StableHash.of(table.text))
    tables[number] = (table, 1)
    elements.ports[number] = PolicyElements.elements(table)
    return PortVerdict(kind: .some, table: number)
  }

  mutating func release(_ verdict: PortVerdict) {
    guard verdict.kind == .some, let entry = tables[verdict.table] else { return }
    guard entry.uses == 1 else {
      tables[verdict.table]?.uses -= 1
      return
    }
    tables[verdict.table] = nil
    tableNumbers.release(entry.table)
    elements.ports[verdict.table] = nil
  }

  func table(of verdict: PortVerdict) -> PortTable {
    switch verdict.kind {
    case .nothing: .nothing
    case .everything: .everything
    case .some: tables[verdict.table]?.table ?? .nothing
    }
  }
}
