import Netlink

/// What a table of nftables holds, or should: chains, rules and sets that do not change, and elements that do.
struct TableContents: Sendable, Hashable {
  let table: NFTableName
  var chains: [NFChain] = []
  var rules: [NFRule] = []
  var sets: [NFSet] = []
  var elements: [String: Set<NFElement>] = [:]
  /// Someone has put it to sleep: no packet enters it.
  private(set) var isDormant = false

  init(_ table: NFTableName) { self.table = table }

  /// What the kernel holds of a table; `nil` where there is none.
  static func read(
    _ table: NFTableName, from connection: any NFTablesConnection
  ) throws(NetlinkError) -> TableContents? {
    guard var contents = try readShape(of: table, from: connection) else { return nil }
    for set in contents.sets { contents.elements[set.name] = Set(try connection.elements(of: set.name, in: table)) }
    return contents
  }

  /// What the kernel holds of a table besides elements; `nil` where there is none.
  static func readShape(
    of table: NFTableName, from connection: any NFTablesConnection
  ) throws(NetlinkError) -> TableContents? {
    guard let found = try connection.tables().first(where: { $0.name == table }) else { return nil }
    var contents = TableContents(table)
    contents.isDormant = found.isDormant
    contents.sets = try connection.sets(in: table)
    contents.chains = try connection.chains(in: table)
    contents.rules = try connection.rules(in: table)
    return contents
  }

  /// What leads from `applied` to this; empty where nothing differs.
  ///
  /// Elements change alone. Where anything else differs the table is made anew in the same transaction.
  func changes(from applied: TableContents?) -> NFBatch {
    guard let applied, hasSameShape(as: applied) else { return rebuilding(exists: applied != nil) }
    var batch = NFBatch()
    if applied.isDormant { batch.append(.addTable(NFTable(table))) }
    for set in sets {
      let old = applied.elements[set.name] ?? []
      let new = elements[set.name] ?? []
      guard old != new else { continue }
      guard set.flags.contains(.interval) else {
        let (gone, come) = (Self.order(old.subtracting(new)), Self.order(new.subtracting(old)))
        if !gone.isEmpty { batch.append(.deleteElements(gone, table, set: set.name)) }
        if !come.isEmpty { batch.append(.addElements(come, table, set: set.name)) }
        continue
      }
      // Ends and beginnings of ranges depend on their neighbours, so a set's content is replaced as a whole.
      batch.append(.flushSet(table, set.name))
      if !new.isEmpty { batch.append(.addElements(Self.order(new), table, set: set.name)) }
    }
    return batch
  }

  /// Whether chains, sets and the rules of each chain are the same; elements do not matter.
  func hasSameShape(as other: TableContents) -> Bool {
    guard chains.count == other.chains.count, rules.count == other.rules.count, sets.count == other.sets.count else {
      return false
    }
    return chains.allSatisfy { chain in other.chains.contains { chain.hasSameDefinition(as: $0) } }
      && sets.allSatisfy { set in other.sets.contains { set.hasSameDefinition(as: $0) } }
      && Self.order(rules).elementsEqual(Self.order(other.rules)) { $0.hasSameDefinition(as: $1) }
  }

  /// Rules by chain; within a chain they keep their order.
  private static func order(_ rules: [NFRule]) -> [NFRule] {
    rules.enumerated().sorted { ($0.element.chain, $0.offset) < ($1.element.chain, $1.offset) }.map { $0.element }
  }

  private static func order(_ elements: Set<NFElement>) -> [NFElement] {
    elements.sorted { $0.key.lexicographicallyPrecedes($1.key) }
  }

  private func rebuilding(exists: Bool) -> NFBatch {
    var batch = NFBatch()
    if exists { batch.append(.deleteTable(table)) }
    batch.append(.addTable(NFTable(table)))
    for set in sets {
      batch.append(.addSet(set))
      if let content = elements[set.name], !content.isEmpty {
        batch.append(.addElements(Self.order(content), table, set: set.name))
      }
    }
    for chain in chains { batch.append(.addChain(chain)) }
    for rule in rules { batch.append(.addRule(rule)) }
    return batch
  }
}
