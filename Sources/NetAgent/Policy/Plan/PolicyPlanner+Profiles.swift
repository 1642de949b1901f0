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
    for family in IPAddress.Family.allCases { setSegments(number, family, []) }
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
    let old = profile.standard
    profile.standard = acquire(profile.table(for: [], names: []))
    profiles[number] = profile
    release(old)
    for address in profile.addresses where places[address]?.profile(profile.key.direction) == number {
      elements[profile.key.direction][address] = PolicyElements.Subject(profile: number, standard: profile.standard)
    }
    var candidates: Set<UInt32> = profile.usesPortNames ? peersWithPorts : []
    for term in profile.peers { candidates.formUnion(peersOfTerm[term] ?? []) }
    for peer in profile.verdicts.keys where !candidates.contains(peer) { setVerdict(number, peer, nil) }
    let concerned = candidates.compactMap { peers[$0] }
    for peer in concerned where peer.key.group == nil { setVerdict(number, peer) }
    for peer in concerned where peer.key.group != nil { setVerdict(number, peer) }
    for family in IPAddress.Family.allCases { setSegments(number, family, segments(profile, family)) }
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

  private mutating func setSegments(
    _ number: UInt32, _ family: IPAddress.Family, _ new: [(first: IPAddress, last: IPAddress, table: PortTable)]
  ) {
    let old = profiles[number]?.segments[family] ?? []
    if old.isEmpty, new.isEmpty { return }
    let segments = new.map { PolicyProfile.Segment(first: $0.first, last: $0.last, verdict: acquire($0.table)) }
    let kept = Set(segments)
    for segment in old where !kept.contains(segment) {
      elements.blocks[PolicyElements.Block(profile: number, first: segment.first, last: segment.last)] = nil
    }
    for segment in segments {
      elements.blocks[PolicyElements.Block(profile: number, first: segment.first, last: segment.last)] =
        segment.verdict
    }
    profiles[number]?.segments[family] = segments.isEmpty ? nil : segments
    for segment in old { release(segment.verdict) }
  }
}
