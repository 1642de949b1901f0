import KubeAPI
import Netlink

/// From what the cluster says to what the table should hold, one change at a time.
///
/// Mutating calls note what a change concerns; ``settle()`` works that out, at the cost of what changed: a pod is matched
/// against the terms that require one of its labels, and a profile is worked out anew only for peers that its rules name.
struct PolicyPlanner: Sendable {
  /// Where an address stands.
  struct Place: Sendable, Hashable {
    /// 0 for nothing.
    var group: UInt32 = 0
    var identity: UInt32 = 0
    /// The profiles that decide about it, where it is a pod's of this node.
    var egress: UInt32?
    var ingress: UInt32?
    /// A pod has it that is not known: nothing passes.
    var isClosed = false

    func profile(_ direction: PolicyDirection) -> UInt32? { direction == .egress ? egress : ingress }
  }

  struct Lease: Sendable, Hashable {
    /// nil where whoever asked for the addresses named no pod.
    var pod: ObjectKey?
    var addresses: [IPAddress]
  }

  // What the cluster and the node say.
  private(set) var namespaces: [String: [String: String]] = [:]
  private(set) var pods: [ObjectKey: PolicyPod] = [:]
  private(set) var policies: [PolicyName: PolicyDefinition] = [:]
  private(set) var leases: [CNIRequest.Attachment: Lease] = [:]

  // How it is found.
  private var podsOfNamespace: [String: Set<ObjectKey>] = [:]
  private var claims: [IPAddress: Set<ObjectKey>] = [:]
  private var leaseOfAddress: [IPAddress: CNIRequest.Attachment] = [:]
  private var leasesOfPod: [ObjectKey: Set<CNIRequest.Attachment>] = [:]
  private var selections = SelectorIndex<PolicyName>()
  /// Names of ports that rules for egress use, and how many policies do.
  var egressPortNames: [String: Int] = [:]

  // What follows.
  var terms = PeerTerms()
  private(set) var places: [IPAddress: Place] = [:]
  /// What each pod's address is to rules, and how many addresses a term means.
  private var termsOfAddress: [IPAddress: [PeerTerms.ID]] = [:]
  private var addressCounts: [PeerTerms.ID: Int] = [:]
  /// A term that means so many addresses is one of their groups, not of their identities.
  private let crowd: Int
  var profiles: [UInt32: PolicyProfile] = [:]
  var profileNumbers = PolicyNumbers<PolicyProfile.Key>()
  var profilesOfPolicy: [PolicyName: Set<UInt32>] = [:]
  var profilesOfTerm: [PeerTerms.ID: Set<UInt32>] = [:]
  var profilesWithPortNames: Set<UInt32> = []
  var peers: [UInt32: PolicyPeer] = [:]
  var peerNumbers = PolicyNumbers<PolicyPeer.Key>()
  /// By their own terms.
  var peersOfTerm: [PeerTerms.ID: Set<UInt32>] = [:]
  var peersWithPorts: Set<UInt32> = []
  private var addressesOfPeer: [UInt32: Set<IPAddress>] = [:]
  var tableNumbers = PolicyNumbers<PortTable>()
  var tables: [UInt32: (table: PortTable, uses: Int)] = [:]
  var blockNumbers = PolicyNumbers<[PolicyElements.Block]>()
  /// By number; of one family each.
  var blocks: [UInt32: (table: [PolicyElements.Block], uses: Int)] = [:]
  var elements = PolicyElements()

  // What is to be worked out.
  private var addressesToPlace: Set<IPAddress> = []
  private var profilesToPlan: Set<UInt32> = []
  private var newTerms: Set<PeerTerms.ID> = []
  private var movedSubjects: Set<PodTerm> = []

  /// Above so many new terms or subjects all addresses are looked at once, and not each term's.
  private static let scanLimit = 32

  init(crowd: Int = 16) { self.crowd = crowd }

  // MARK: Inputs

  mutating func setNamespace(_ name: String, _ labels: [String: String]?) {
    guard namespaces[name] != labels else { return }
    namespaces[name] = labels
    for key in podsOfNamespace[name] ?? [] { touch(key) }
  }

  mutating func setPod(_ key: ObjectKey, _ pod: PolicyPod?) {
    let old = pods[key]
    guard old != pod else { return }
    touch(key)
    for address in old?.addresses ?? [] {
      claims[address]?.remove(key)
      if claims[address]?.isEmpty == true { claims[address] = nil }
    }
    pods[key] = pod
    if let pod {
      podsOfNamespace[pod.namespace, default: []].insert(key)
      for address in pod.addresses { claims[address, default: []].insert(key) }
    } else if let old {
      podsOfNamespace[old.namespace]?.remove(key)
      if podsOfNamespace[old.namespace]?.isEmpty == true { podsOfNamespace[old.namespace] = nil }
    }
    touch(key)
  }

  mutating func setLease(_ attachment: CNIRequest.Attachment, _ lease: Lease?) {
    let old = leases[attachment]
    guard old != lease else { return }
    if let old {
      for address in old.addresses where leaseOfAddress[address] == attachment {
        leaseOfAddress[address] = nil
        addressesToPlace.insert(address)
      }
      if let pod = old.pod { leasesOfPod[pod]?.remove(attachment) }
    }
    leases[attachment] = lease
    guard let lease else { return }
    for address in lease.addresses {
      leaseOfAddress[address] = attachment
      addressesToPlace.insert(address)
    }
    if let pod = lease.pod { leasesOfPod[pod, default: []].insert(attachment) }
  }

  mutating func setPolicy(_ name: PolicyName, _ policy: PolicyDefinition?) {
    let old = policies[name]
    guard old != policy else { return }
    policies[name] = policy
    if let old { selections.remove(name, old.subject) }
    if let policy {
      selections.insert(name, policy.subject)
      movedSubjects.insert(policy.subject)
      for term in Self.peerTerms(policy) {
        let (id, isNew) = terms.acquire(term)
        if isNew { newTerms.insert(id) }
      }
      for port in policy.portNames(.egress) {
        egressPortNames[port, default: 0] += 1
        if egressPortNames[port] == 1 { touchPods(withPort: port) }
      }
    }
    if let old {
      movedSubjects.insert(old.subject)
      for term in Self.peerTerms(old) where terms.release(term) {
        guard let id = terms[term] else { continue }
        newTerms.remove(id)
        for peer in peersOfTerm[id] ?? [] { addressesToPlace.formUnion(addressesOfPeer[peer] ?? []) }
      }
      for port in old.portNames(.egress) {
        egressPortNames[port, default: 1] -= 1
        if egressPortNames[port] == 0 {
          egressPortNames[port] = nil
          touchPods(withPort: port)
        }
      }
    }
    profilesToPlan.formUnion(profilesOfPolicy[name] ?? [])
  }

  private static func peerTerms(_ policy: PolicyDefinition) -> [PeerTerm] {
    ((policy.ingress ?? []) + (policy.egress ?? [])).flatMap { $0.peers ?? [] }
  }

  private mutating func touch(_ key: ObjectKey) { addressesToPlace.formUnion(addresses(of: key)) }

  private mutating func touchPods(withPort name: String) {
    for (key, pod) in pods where pod.ports.contains(where: { $0.name == name }) { touch(key) }
  }

  /// By status and by lease.
  private func addresses(of key: ObjectKey) -> [IPAddress] {
    var all = pods[key]?.addresses ?? []
    for attachment in leasesOfPod[key] ?? [] { all += leases[attachment]?.addresses ?? [] }
    return all
  }

  // MARK: Working out

  /// Works out all that changed. What the table should hold is in ``elements`` then.
  mutating func settle() {
    if newTerms.count + movedSubjects.count > Self.scanLimit {
      addressesToPlace.formUnion(places.keys)
      addressesToPlace.formUnion(claims.keys)
      addressesToPlace.formUnion(leaseOfAddress.keys)
    } else {
      for id in newTerms { touchAddresses(of: id) }
      for term in movedSubjects { touchPods(term) }
    }
    newTerms = []
    movedSubjects = []
    for profile in profilesToPlan where profiles[profile] != nil { plan(profile) }
    profilesToPlan = []
    var memo: [ObjectKey: Matched] = [:]
    count(&memo)
    for address in addressesToPlace { place(address, &memo) }
    addressesToPlace = []
    terms.clean()
  }

  private mutating func touchAddresses(of id: PeerTerms.ID) {
    switch terms.term(id) {
    case .pods(let term): touchPods(term)
    case .block(let prefix, _):
      for address in claims.keys where prefix.contains(address) { addressesToPlace.insert(address) }
      for address in leaseOfAddress.keys where prefix.contains(address) { addressesToPlace.insert(address) }
    case nil: break
    }
  }

  private mutating func touchPods(_ term: PodTerm) {
    let concerned: [String]
    switch term.namespaces {
    case .named(let name): concerned = [name]
    case .matching:
      concerned = podsOfNamespace.keys.filter { term.matches(namespace: $0, labels: namespaces[$0] ?? [:]) }
    }
    for namespace in concerned {
      for key in podsOfNamespace[namespace] ?? [] where pods[key].map({ term.pods.matches($0.labels) }) ?? false {
        touch(key)
      }
    }
  }

  /// What holds for a pod whatever its address.
  private struct Matched {
    var group: [PeerTerms.ID]
    var own: [PeerTerms.ID]
    var ports: [NamedPort]
    var ingress: PolicyProfile.Key?
    var egress: PolicyProfile.Key?
  }

  private func match(_ pod: PolicyPod) -> Matched {
    let labels = namespaces[pod.namespace] ?? [:]
    var matched = Matched(
      group: terms.terms(namespace: pod.namespace, labels: labels),
      own: terms.terms(namespace: pod.namespace, labels: labels, pod: pod.labels),
      ports: egressPortNames.isEmpty ? [] : pod.ports.filter { egressPortNames[$0.name] != nil })
    guard pod.isLocal else { return matched }
    var selected: Set<PolicyName> = []
    selections.candidates(namespace: pod.namespace, labels: pod.labels) { name in
      if policies[name]?.subject.matches(namespace: pod.namespace, labels: labels, pod: pod.labels) == true {
        selected.insert(name)
      }
    }
    matched.ingress = key(.ingress, selected, pod)
    matched.egress = key(.egress, selected, pod)
    return matched
  }

  private func key(_ direction: PolicyDirection, _ selected: Set<PolicyName>, _ pod: PolicyPod) -> PolicyProfile.Key? {
    let names = selected.filter { policies[$0]?.rules(direction) != nil }.sorted()
    guard !names.isEmpty else { return nil }
    var ports: [NamedPort] = []
    if direction == .ingress, !pod.ports.isEmpty {
      let used = names.reduce(into: Set<String>()) { $0.formUnion(policies[$1]?.portNames(.ingress) ?? []) }
      ports = pod.ports.filter { used.contains($0.name) }
    }
    return PolicyProfile.Key(direction: direction, policies: names, ports: ports)
  }

  /// Who has an address: the pod, or nil for one that should be there and is not known.
  private func owner(_ address: IPAddress) -> (key: ObjectKey, pod: PolicyPod?)? {
    let lease = leaseOfAddress[address].flatMap { leases[$0] }
    let claimants = (claims[address] ?? []).filter { pods[$0]?.hasEnded == false }
    guard let key = lease?.pod ?? claimants.min() else { return nil }
    var pod = pods[key]
    if leasesOfPod[key]?.isEmpty == false { pod?.isLocal = true }
    return (key, pod)
  }

  /// Whether a term means so many addresses that it makes groups.
  func isCrowd(_ term: PeerTerms.ID) -> Bool { addressCounts[term, default: 0] >= crowd }

  /// Counts what the addresses to place are now. Where a term has become a crowd's, or is one no more, the others that it
  /// means are to be placed, too.
  private mutating func count(_ memo: inout [ObjectKey: Matched]) {
    var before: [PeerTerms.ID: Bool] = [:]
    for address in addressesToPlace {
      var new: [PeerTerms.ID] = []
      if let (key, pod) = owner(address), let pod, !pod.hasEnded {
        let found = memo[key] ?? match(pod)
        memo[key] = found
        new = found.own + terms.terms(address: address)
      }
      let old = termsOfAddress[address] ?? []
      guard old != new else { continue }
      for term in old + new where before[term] == nil { before[term] = isCrowd(term) }
      for term in old {
        addressCounts[term, default: 0] -= 1
        if addressCounts[term] == 0 { addressCounts[term] = nil }
      }
      for term in new { addressCounts[term, default: 0] += 1 }
      termsOfAddress[address] = new.isEmpty ? nil : new
    }
    for (term, wasCrowd) in before where wasCrowd != isCrowd(term) {
      for peer in peersOfTerm[term] ?? [] { addressesToPlace.formUnion(addressesOfPeer[peer] ?? []) }
    }
  }

  private mutating func place(_ address: IPAddress, _ memo: inout [ObjectKey: Matched]) {
    let old = places[address] ?? Place()
    var new = Place()
    if let (key, pod) = owner(address) {
      if let pod {
        let found = memo[key] ?? match(pod)
        memo[key] = found
        if !pod.hasEnded {
          (new.group, new.identity) = acquirePeer(found.group, termsOfAddress[address] ?? [], found.ports)
        }
        new.ingress = found.ingress.map { acquireProfile($0, address) }
        new.egress = found.egress.map { acquireProfile($0, address) }
      } else {
        new.isClosed = true
      }
    }
    for number in [new.group, new.identity] where number != 0 { addressesOfPeer[number, default: []].insert(address) }
    elements.peers[address] =
      new.group == 0 && new.identity == 0 ? nil : PolicyElements.Peer(identity: new.identity, group: new.group)
    for direction in PolicyDirection.allCases {
      elements[direction][address] = subject(new, direction, address.family)
    }
    let isSubject = new.isClosed || new.ingress != nil || new.egress != nil
    elements.own[address] = isSubject && !new.isClosed ? PolicyElements.Present() : nil
    places[address] = new == Place() ? nil : new
    release(old, new, address)
  }

  private func subject(
    _ place: Place, _ direction: PolicyDirection, _ family: IPAddress.Family
  ) -> PolicyElements.Subject? {
    if place.isClosed { return .closed }
    return place.profile(direction).flatMap { profiles[$0] }?.subject(family)
  }

  /// Gives up what the address had before, once for each that it was taken up.
  private mutating func release(_ old: Place, _ new: Place, _ address: IPAddress) {
    for (before, now) in [(old.group, new.group), (old.identity, new.identity)] where before != 0 {
      if before != now {
        addressesOfPeer[before]?.remove(address)
        if addressesOfPeer[before]?.isEmpty == true { addressesOfPeer[before] = nil }
      }
      releasePeer(before)
    }
    for (before, now) in [(old.ingress, new.ingress), (old.egress, new.egress)] {
      if let before, before != now { releaseProfile(before, address) }
    }
  }
}
