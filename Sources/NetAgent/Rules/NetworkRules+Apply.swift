import Netlink

extension NetworkRules {
  var contents: TableContents {
    var contents = TableContents(Self.table)
    contents.chains = chains
    contents.rules = rules
    contents.sets = sets
    contents.elements = elements
    return contents
  }

  /// What leads from what the kernel holds of the table to this; empty where nothing differs.
  func changes(from applied: TableContents?) -> NFBatch { contents.changes(from: applied) }
}
