import Netlink

/// The contents of all sets of the table, by what they mean.
struct PolicyElements: Sendable {
  /// What decides about a pod's address.
  struct Subject: Sendable, Hashable {
    var profile: UInt32
    var standard: PortVerdict
    /// The table of what is said of addresses that no pod has; 0 for none.
    var blocks: UInt32 = 0

    /// Nothing passes.
    static let closed = Subject(profile: 0, standard: .nothing)
  }

  /// What an address is to others' rules; 0 for nothing.
  struct Peer: Sendable, Hashable {
    var identity: UInt32
    var group: UInt32
  }

  struct Pair: Sendable, Hashable {
    var profile: UInt32
    /// An identity or a group.
    var peer: UInt32
  }

  /// What is said of a range of addresses that no pod has.
  struct Block: Sendable, Hashable {
    var first: IPAddress
    var last: IPAddress
    var verdict: PortVerdict
  }

  struct Ports: Sendable, Hashable {
    var protocols: ClosedRange<UInt8>
    var ports: ClosedRange<UInt16>
  }

  /// An element of a set that is no map.
  struct Present: Sendable, Hashable {}

  var egress = Ledger<IPAddress, Subject>()
  var ingress = Ledger<IPAddress, Subject>()
  var peers = Ledger<IPAddress, Peer>()
  var own = Ledger<IPAddress, Present>()
  var pairs = Ledger<Pair, PortVerdict>()
  var blocks = TableLedger<Block>()
  var ports = TableLedger<Ports>()

  var changeCount: Int {
    egress.changeCount + ingress.changeCount + peers.changeCount + own.changeCount + pairs.changeCount
      + blocks.changeCount + ports.changeCount
  }

  var count: Int {
    egress.applied.count + ingress.applied.count + peers.applied.count + own.applied.count + pairs.applied.count
      + blocks.count + ports.count
  }

  /// Those that nothing refers to any more.
  var leftoverCount: Int { blocks.leftoverCount + ports.leftoverCount }

  /// Whether a connection that was allowed may not be any more.
  var mayCut: Bool {
    egress.hasChanges || ingress.hasChanges || peers.revokes || pairs.hasChanges || blocks.revokes || ports.revokes
  }

  subscript(direction: PolicyDirection) -> Ledger<IPAddress, Subject> {
    get { direction == .egress ? egress : ingress }
    _modify { if direction == .egress { yield &egress } else { yield &ingress } }
  }

  /// Has the next transaction take away what nothing refers to, where there is more of it than `limit`.
  mutating func removeLeftovers(beyond limit: Int) {
    blocks.removeLeftovers(blocks.leftoverCount - limit)
    ports.removeLeftovers(ports.leftoverCount - limit)
  }

  /// Has the next transaction take away so much of what nothing refers to as costs the kernel about a millisecond: for each
  /// element it looks at all that are in the set before it, which takes a microsecond each.
  mutating func removeSomeLeftovers() {
    blocks.removeLeftovers(max(1, 1000 / max(1, blocks.count)))
    ports.removeLeftovers(max(1, 1000 / max(1, ports.count)))
  }

  mutating func committed() {
    egress.committed()
    ingress.committed()
    peers.committed()
    own.committed()
    pairs.committed()
    blocks.committed()
    ports.committed()
  }

  mutating func adopt(_ found: PolicyElements) {
    egress.adopt(found.egress.applied)
    ingress.adopt(found.ingress.applied)
    peers.adopt(found.peers.applied)
    own.adopt(found.own.applied)
    pairs.adopt(found.pairs.applied)
    blocks.adopt(found.blocks.applied)
    ports.adopt(found.ports.applied)
  }

  /// The elements of a port table. Protocols without ports have, for the look-up, all.
  static func elements(_ table: PortTable) -> Set<Ports> {
    var elements = Set(
      table.ranges.map {
        Ports(protocols: $0.transport.rawValue...$0.transport.rawValue, ports: $0.first...$0.last)
      })
    guard table.allowsOthers else { return elements }
    var first: UInt8? = 0
    for transport in Transport.allCases.sorted() {
      guard let start = first else { break }
      if transport.rawValue > start {
        elements.insert(Ports(protocols: start...(transport.rawValue - 1), ports: 0...UInt16.max))
      }
      first = transport.rawValue == .max ? nil : transport.rawValue + 1
    }
    if let first { elements.insert(Ports(protocols: first...UInt8.max, ports: 0...UInt16.max)) }
    return elements
  }
}
