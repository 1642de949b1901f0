import Netlink

extension PolicyPlanner {
  /// Takes up a profile for an address; it may be new.
  mutating func acquireProfile(_ key: PolicyProfile.Key, _ address: IPAddress) -> UInt32 {
    if let number = profileNumbers[key] {
      profiles[number]?.addresses.insert(address)
      return number
    }
    let text = key.policies.map { "\($0)" } + key.ports.map { "\($0.name) \($0.transport.rawValue) \($0.port)" }
    let number = profileNumbers.assign(
      key, hash: StableHash.of(key.direction.rawValue + "\n" + text.joined(separator: "\n")))
    var profile = PolicyProfile(number: number, key: key)
    profile.addresses = [address]
    profiles[number] = profile
    for policy in key.policies { profilesOfPolicy[policy, default: []].insert(number) }
    plan(number)
    return number
  }

  mutating func releaseProfile(_ number: UInt32, _ address: IPAddress) {
    profiles[number]?.addresses.remove(address)
    guard let profile = profiles[number], profile.addresses.isEmpty else { return }
    for peer in profile.verdicts.keys { setVerdict(number, peer, nil) }
    for table in profile.blocks.values { releaseBlocks(table) }
    release(profile.standard)
    forgetTerms(profile)
    for policy in profile.key.policies {
      profilesOfPolicy[policy]?.remove(number)
      if profilesOfPolicy[policy]?.isEmpty == true { profilesOfPolicy[policy] = nil }
    }
    profiles[number] = nil
    profileNumbers.release(profile.key)
  }

  private mutating func forgetTerms(_ profile: PolicyProfile) {
    for term in profile.peers {
      profilesOfTerm[term]?.remove(profile.number)
      if profilesOfTerm[term]?.isEmpty == true { profilesOfTerm[term] = nil }
    }
    profilesWithPortNames.remove(profile.number)
  }

  /// Works a profile out anew: its rules, and what they say of everyone.
  mutating func plan(_ number: UInt32) {
    guard var profile = profiles[number] else { return }
    forgetTerms(profile)
    compile(&profile)
    for term in profile.peers { profilesOfTerm[term, default: []].insert(number) }
    if profile.usesPortNames { profilesWithPortNames.insert(number) }
    let (old, oldBlocks) = (profile.standard, profile.blocks)
    profile.standard = acquire(profile.table(for: [], names: []))
    profile.blocks = [:]
    for family in IPAddress.Family.allCases {
      let segments = segments(profile, family)
      if !segments.isEmpty { profile.blocks[family] = acquireBlocks(segments) }
    }
    profiles[number] = profile
    release(old)
    for table in oldBlocks.values { releaseBlocks(table) }
    for address in profile.addresses where places[address]?.profile(profile.key.direction) == number {
      elements[profile.key.direction][address] = profile.subject(address.family)
    }
    var candidates: Set<UInt32> = profile.usesPortNames ? peersWithPorts : []
    for term in profile.peers { candidates.formUnion(peersOfTerm[term] ?? []) }
    for peer in profile.verdicts.keys where !candidates.contains(peer) { setVerdict(number, peer, nil) }
    let concerned = candidates.compactMap { peers[$0] }
    for peer in concerned where peer.key.group == nil { setVerdict(number, peer) }
    for peer in concerned where peer.key.group != nil { setVerdict(number, peer) }
  }

  private func compile(_ profile: inout PolicyProfile) {
    profile.admin = []
    profile.network = []
    profile.baseline = []
    profile.peers = []
    profile.isIsolating = false
    profile.usesPortNames = false
    let direction = profile.key.direction
    let found = profile.key.policies.compactMap { name in policies[name].map { (name, $0) } }
    for (_, policy) in found.sorted(by: { ($0.1.priority, $0.0) < ($1.1.priority, $1.0) }) {
      guard let rules = policy.rules(direction) else { continue }
      var compiled: [PolicyProfile.Rule] = []
      for rule in rules {
        let ids = rule.peers.map { $0.compactMap { terms[$0] } }
        profile.peers.formUnion(ids ?? [])
        compiled.append(PolicyProfile.Rule(action: rule.action, peers: ids, ports: rule.ports))
      }
      switch policy.tier {
      case .admin: profile.admin += compiled
      case .network:
        profile.network += compiled
        profile.isIsolating = true
      case .baseline: profile.baseline += compiled
      }
      if direction == .egress, !policy.portNames(.egress).isEmpty { profile.usesPortNames = true }
    }
  }

  // MARK: Addresses that no pod has

  /// The ranges that the profile's blocks cut the addresses of a family into, with what is said of each.
  private func segments(
    _ profile: PolicyProfile, _ family: IPAddress.Family
  ) -> [(first: IPAddress, last: IPAddress, table: PortTable)] {
    var blocks: [(id: PeerTerms.ID, term: PeerTerm)] = []
    var starts: Set<IPAddress> = []
    func add(_ prefix: IPPrefix) {
      starts.insert(prefix.address)
      let next = prefix.last.advanced(by: 1 as UInt64)
      if !next.isUnspecified { starts.insert(next) }
    }
    for id in profile.peers {
      guard let term = terms.term(id), case .block(let prefix, let except) = term, prefix.family == family else {
        continue
      }
      blocks.append((id, term))
      add(prefix)
      for part in except { add(part) }
    }
    let standard = table(of: profile.standard)
    let ordered = starts.sorted()
    var memo: [Set<PeerTerms.ID>: PortTable] = [:]
    var segments: [(first: IPAddress, last: IPAddress, table: PortTable)] = []
    for (index, first) in ordered.enumerated() {
      let last =
        index + 1 < ordered.count
        ? IPAddress(number: ordered[index + 1].number - 1, family: family) : IPPrefix.everything(family).last
      let here = Set(blocks.lazy.filter { $0.term.contains(first) }.map { $0.id })
      let table = memo[here] ?? profile.table(for: here, names: [])
      memo[here] = table
      guard table != standard else { continue }
      if let before = segments.last, before.table == table, before.last.number &+ 1 == first.number {
        segments[segments.count - 1].last = last
      } else {
        segments.append((first, last, table))
      }
    }
    return segments
  }

  /// The number of the table; it may be new.
  private mutating func acquireBlocks(_ segments: [(first: IPAddress, last: IPAddress, table: PortTable)]) -> UInt32 {
    let table = segments.map {
      PolicyElements.Block(first: $0.first, last: $0.last, verdict: acquire($0.table))
    }
    if let number = blockNumbers[table] {
      for block in table { release(block.verdict) }
      blocks[number]?.uses += 1
      return number
    }
    let text = table.map { "\($0.first)-\($0.last) \($0.verdict.kind.rawValue) \($0.verdict.table)" }
    let number = blockNumbers.assign(table, hash: StableHash.of(text.joined(separator: "\n")))
    blocks[number] = (table, 1)
    elements.blocks[number] = Set(table)
    return number
  }

  private mutating func releaseBlocks(_ number: UInt32) {
    guard let entry = blocks[number] else { return }
    guard entry.uses == 1 else {
      blocks[number]?.uses -= 1
      return
    }
    blocks[number] = nil
    blockNumbers.release(entry.table)
    elements.blocks[number] = nil
    for block in entry.table { release(block.verdict) }
  }
}
