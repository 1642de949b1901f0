import KubeAPI
import Netlink

/// The distinct peers that policies name, each with a number of this process, and which of them mean a pod or address.
struct PeerTerms: Sendable {
  typealias ID = Int

  private struct Entry: Sendable {
    var term: PeerTerm
    var hash: UInt64
    /// Rules that name it.
    var uses: Int
  }

  private var entries: [ID: Entry] = [:]
  private var ids: [PeerTerm: ID] = [:]
  private var next = 1
  /// Terms about some pods of a namespace.
  private var pods = SelectorIndex<ID>()
  /// Terms about all pods of a namespace.
  private var namespaces = SelectorIndex<ID>()
  private var blocks: [IPPrefix: Set<ID>] = [:]
  /// How many prefixes of each length there are.
  private var lengths: [IPAddress.Family: [Int: Int]] = [:]
  /// Not used by any rule any more; kept until those who know them have been told.
  private(set) var unused: Set<ID> = []

  var count: Int { entries.count - unused.count }

  func term(_ id: ID) -> PeerTerm? { entries[id]?.term }
  func hash(_ id: ID) -> UInt64 { entries[id]?.hash ?? 0 }
  subscript(term: PeerTerm) -> ID? { ids[term] }

  /// - Returns: the number, and whether the term is new.
  mutating func acquire(_ term: PeerTerm) -> (id: ID, isNew: Bool) {
    if let id = ids[term] {
      entries[id]?.uses += 1
      guard unused.remove(id) != nil else { return (id, false) }
      index(id, term, isNew: true)
      return (id, true)
    }
    let id = next
    next += 1
    ids[term] = id
    entries[id] = Entry(term: term, hash: StableHash.of(term.text), uses: 1)
    index(id, term, isNew: true)
    return (id, true)
  }

  /// - Returns: whether no rule uses it any more. It matches nothing from now on.
  mutating func release(_ term: PeerTerm) -> Bool {
    guard let id = ids[term], let uses = entries[id]?.uses else { return false }
    entries[id]?.uses = uses - 1
    guard uses == 1 else { return false }
    unused.insert(id)
    index(id, term, isNew: false)
    return true
  }

  /// Forgets the unused.
  mutating func clean() {
    for id in unused {
      if let entry = entries.removeValue(forKey: id) { ids[entry.term] = nil }
    }
    unused = []
  }

  private mutating func index(_ id: ID, _ term: PeerTerm, isNew: Bool) {
    switch term {
    case .pods(let term) where term.isWholeNamespace:
      if isNew { namespaces.insert(id, term) } else { namespaces.remove(id, term) }
    case .pods(let term):
      if isNew { pods.insert(id, term) } else { pods.remove(id, term) }
    case .block(let prefix, _):
      if isNew {
        if blocks[prefix] == nil { lengths[prefix.family, default: [:]][prefix.length, default: 0] += 1 }
        blocks[prefix, default: []].insert(id)
      } else {
        blocks[prefix]?.remove(id)
        guard blocks[prefix]?.isEmpty == true else { return }
        blocks[prefix] = nil
        lengths[prefix.family]?[prefix.length]? -= 1
        if lengths[prefix.family]?[prefix.length] == 0 { lengths[prefix.family]?[prefix.length] = nil }
      }
    }
  }

  /// The terms that mean all pods of a namespace, in order.
  func terms(namespace: String, labels: [String: String]) -> [ID] {
    var found: Set<ID> = []
    namespaces.candidates(namespace: namespace, labels: [:]) { id in
      if case .pods(let term) = entries[id]?.term, term.matches(namespace: namespace, labels: labels) {
        found.insert(id)
      }
    }
    return found.sorted()
  }

  /// The terms that mean a pod by its labels, in order.
  func terms(namespace: String, labels: [String: String], pod: [String: String]) -> [ID] {
    var found: Set<ID> = []
    pods.candidates(namespace: namespace, labels: pod) { id in
      guard case .pods(let term) = entries[id]?.term,
        term.matches(namespace: namespace, labels: labels, pod: pod)
      else { return }
      found.insert(id)
    }
    return found.sorted()
  }

  /// The blocks that an address lies in, in order.
  func terms(address: IPAddress) -> [ID] {
    var found: [ID] = []
    for (length, _) in lengths[address.family] ?? [:] {
      for id in blocks[IPPrefix(address, length: length)] ?? [] where entries[id]?.term.contains(address) == true {
        found.append(id)
      }
    }
    return found.sorted()
  }
}
