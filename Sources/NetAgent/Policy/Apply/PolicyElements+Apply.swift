import Netlink

extension PolicyElements {
  /// What leads from what the kernel holds to what it should, as transactions one after the other. Tables come before what
  /// refers to them: the kernel swaps a set of ranges a moment after it shows the other elements of a transaction.
  var batches: [NFBatch] {
    let (blocks, ports) = (blocks.changes, ports.changes)
    var tables = SetChanges()
    tables.add(blocks.added) { (PolicyRuleset.blocks($1.first.family), PolicyCodec.element($0, $1)) }
    tables.add(ports.added) { (PolicyRuleset.ports, PolicyCodec.element($0, $1)) }
    var rest = SetChanges()
    rest.delete(blocks.deleted) { (PolicyRuleset.blocks($1.first.family), PolicyCodec.element($0, $1)) }
    rest.delete(ports.deleted) { (PolicyRuleset.ports, PolicyCodec.element($0, $1)) }
    rest.change(egress.changes) { (PolicyRuleset.subjects(.egress, $0.family), PolicyCodec.element($0, $1)) }
    rest.change(ingress.changes) { (PolicyRuleset.subjects(.ingress, $0.family), PolicyCodec.element($0, $1)) }
    rest.change(peers.changes) { (PolicyRuleset.peers($0.family), PolicyCodec.element($0, $1)) }
    rest.change(own.changes) { address, _ in (PolicyRuleset.own(address.family), PolicyCodec.element(own: address)) }
    rest.change(pairs.changes) { (PolicyRuleset.pairs, PolicyCodec.element($0, $1)) }
    // What is there under a number that gets another content has to go with it.
    if self.blocks.revokes || self.ports.revokes { return [rest.batch(with: tables)] }
    return [tables.batch(), rest.batch()].filter { !$0.isEmpty }
  }

  /// Reads what the kernel holds, as what is applied; nil where there is no such table, or one that is not as it should be.
  static func read(_ connection: any NFTablesConnection) throws(NetlinkError) -> PolicyElements? {
    let table = PolicyRuleset.table
    guard let found = try TableContents.readShape(of: table, from: connection), !found.isDormant,
      PolicyRuleset.shape.hasSameShape(as: found),
      Set(try connection.elements(of: PolicyRuleset.verdicts, in: table)) == Set(PolicyRuleset.verdictElements)
    else { return nil }
    var read = PolicyElements()
    var isStrange = false
    func contents<Key, Value>(
      _ names: [String], _ decode: (NFElement) -> (Key, Value)?
    ) throws(NetlinkError) -> Ledger<Key, Value> {
      var contents: [Key: Value] = [:]
      for name in names {
        for element in try connection.elements(of: name, in: table) {
          if let (key, value) = decode(element) { contents[key] = value } else { isStrange = true }
        }
      }
      var ledger = Ledger<Key, Value>()
      ledger.adopt(contents)
      return ledger
    }
    func tables<Element>(
      _ names: [String], _ decode: (NFElement) -> (UInt32, Element)?
    ) throws(NetlinkError) -> TableLedger<Element> {
      var tables: [UInt32: Set<Element>] = [:]
      for name in names {
        for element in try connection.elements(of: name, in: table) {
          if let (number, element) = decode(element) {
            tables[number, default: []].insert(element)
          } else {
            isStrange = true
          }
        }
      }
      var ledger = TableLedger<Element>()
      ledger.adopt(tables)
      return ledger
    }
    let families = IPAddress.Family.allCases
    read.egress = try contents(families.map { PolicyRuleset.subjects(.egress, $0) }, PolicyCodec.subject)
    read.ingress = try contents(families.map { PolicyRuleset.subjects(.ingress, $0) }, PolicyCodec.subject)
    read.peers = try contents(families.map(PolicyRuleset.peers), PolicyCodec.peer)
    read.own = try contents(families.map(PolicyRuleset.own), PolicyCodec.own)
    read.pairs = try contents([PolicyRuleset.pairs], PolicyCodec.pair)
    read.blocks = try tables(families.map(PolicyRuleset.blocks), PolicyCodec.block)
    read.ports = try tables([PolicyRuleset.ports], PolicyCodec.ports)
    return isStrange ? nil : read
  }
}

/// Elements to delete and to add, by set.
private struct SetChanges {
  private var deletions: [String: [NFElement]] = [:]
  private var additions: [String: [NFElement]] = [:]

  mutating func delete<Key, Value>(_ all: [(Key, Value)], _ place: (Key, Value) -> (set: String, NFElement)) {
    for (key, value) in all {
      let (set, element) = place(key, value)
      deletions[set, default: []].append(element)
    }
  }

  mutating func add<Key, Value>(_ all: [(Key, Value)], _ place: (Key, Value) -> (set: String, NFElement)) {
    for (key, value) in all {
      let (set, element) = place(key, value)
      additions[set, default: []].append(element)
    }
  }

  mutating func change<Key, Value>(
    _ changes: (deleted: [(Key, Value)], added: [(Key, Value)]), _ place: (Key, Value) -> (set: String, NFElement)
  ) {
    delete(changes.deleted, place)
    add(changes.added, place)
  }

  /// Deletions come first: a changed element is deleted and added under the same key.
  func batch(with others: SetChanges = SetChanges()) -> NFBatch {
    var batch = NFBatch()
    for changes in [self, others] {
      for (name, elements) in changes.deletions {
        batch.append(.deleteElements(elements, PolicyRuleset.table, set: name))
      }
    }
    for changes in [self, others] {
      for (name, elements) in changes.additions {
        batch.append(.addElements(elements, PolicyRuleset.table, set: name))
      }
    }
    return batch
  }
}
