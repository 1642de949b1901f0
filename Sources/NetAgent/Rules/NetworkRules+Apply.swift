import Netlink

extension NetworkRules {
  /// What the kernel holds of the table; `nil` where there is none.
  static func read(_ connection: any NFTablesConnection) throws(NetlinkError) -> NetworkRules? {
    try TableContents.read(table, from: connection).map { NetworkRules($0) }
  }

  private init(_ contents: TableContents) {
    chains = contents.chains
    rules = contents.rules
    sets = contents.sets
    elements = contents.elements
  }

  private var contents: TableContents {
    var contents = TableContents(Self.table)
    contents.chains = chains
    contents.rules = rules
    contents.sets = sets
    contents.elements = elements
    return contents
  }

  /// What leads from `applied` to this; empty where nothing differs.
  func changes(from applied: NetworkRules?) -> NFBatch { contents.changes(from: applied?.contents) }
}
