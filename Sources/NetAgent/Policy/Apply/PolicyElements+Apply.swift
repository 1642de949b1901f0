import Netlink

extension PolicyElements {
  /// What leads from what the kernel holds to what it should. Deletions come first: a changed element is deleted and
  /// added under the same key.
  var batch: NFBatch {
    var deletions: [String: [NFElement]] = [:]
    var additions: [String: [NFElement]] = [:]
    func collect<Key, Value>(
      _ ledger: Ledger<Key, Value>, _ name: (Key) -> String, _ element: (Key, Value) -> NFElement
    ) {
      guard ledger.hasChanges else { return }
      let (deleted, added) = ledger.changes
      for (key, value) in deleted { deletions[name(key), default: []].append(element(key, value)) }
      for (key, value) in added { additions[name(key), default: []].append(element(key, value)) }
    }
    collect(egress, { PolicyRuleset.subjects(.egress, $0.family) }, PolicyCodec.element(_:_:))
    collect(ingress, { PolicyRuleset.subjects(.ingress, $0.family) }, PolicyCodec.element(_:_:))
    collect(peers, { PolicyRuleset.peers($0.family) }, PolicyCodec.element(_:_:))
    collect(own, { PolicyRuleset.own($0.family) }, { address, _ in PolicyCodec.element(own: address) })
    collect(pairs, { _ in PolicyRuleset.pairs }, PolicyCodec.element(_:_:))
    collect(blocks, { PolicyRuleset.blocks($0.first.family) }, PolicyCodec.element(_:_:))
    collect(ports, { _ in PolicyRuleset.ports }, { ports, _ in PolicyCodec.element(ports) })
    var batch = NFBatch()
    for (name, elements) in deletions { batch.append(.deleteElements(elements, PolicyRuleset.table, set: name)) }
    for (name, elements) in additions { batch.append(.addElements(elements, PolicyRuleset.table, set: name)) }
    return batch
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
    let families = IPAddress.Family.allCases
    read.egress = try contents(families.map { PolicyRuleset.subjects(.egress, $0) }, PolicyCodec.subject)
    read.ingress = try contents(families.map { PolicyRuleset.subjects(.ingress, $0) }, PolicyCodec.subject)
    read.peers = try contents(families.map(PolicyRuleset.peers), PolicyCodec.peer)
    read.own = try contents(families.map(PolicyRuleset.own), PolicyCodec.own)
    read.pairs = try contents([PolicyRuleset.pairs], PolicyCodec.pair)
    read.blocks = try contents(families.map(PolicyRuleset.blocks), PolicyCodec.block)
    read.ports = try contents([PolicyRuleset.ports], PolicyCodec.ports)
    return isStrange ? nil : read
  }
}
