import Netlink

/// Keeps the table as policies and pods want it. It holds what the kernel holds, so that a change costs what changed.
///
/// It needs no API server: tests and benchmarks change ``planner`` and call ``flush()``.
struct PolicyProgrammer: Sendable {
  /// What a flush did.
  struct Report: Sendable {
    /// Elements that were added, changed or deleted.
    var elements = 0
    /// Whether the table was made anew.
    var isRebuilt = false
    /// Whether a connection that was allowed may not be any more.
    var mayCut = false
  }

  /// Above so many elements that nothing refers to in a set of ranges each flush takes some along.
  static let leftoverLimit = 4096

  var planner = PolicyPlanner()
  private let connection: any NFTablesConnection
  /// Whether it is known what the kernel holds.
  private var isAdopted = false
  private var needsTable = false

  init(_ connection: any NFTablesConnection) { self.connection = connection }

  /// Whether the kernel holds all that is wanted, as far as is known. It may hold elements that nothing refers to.
  var isApplied: Bool { isAdopted && !needsTable && planner.elements.changeCount == 0 }

  /// The kernel may hold something else than was thought: the next flush reads it.
  mutating func forget() { isAdopted = false }

  /// Sends what differs, as one transaction, or two where tables of ranges are new; reads the kernel before that, once and after ``forget()``.
  ///
  /// - Throws: `NetlinkError` where the kernel cannot be read, `NFCommitError` where it refuses; nothing that packets
  ///   are decided by is changed then.
  mutating func flush() throws -> Report {
    planner.settle()
    if !isAdopted {
      let found = try PolicyElements.read(connection)
      needsTable = found == nil
      planner.elements.adopt(found ?? PolicyElements())
      isAdopted = true
    }
    planner.elements.removeLeftovers(beyond: Self.leftoverLimit)
    var report = Report(elements: planner.elements.changeCount, isRebuilt: needsTable, mayCut: planner.elements.mayCut)
    guard !isApplied else { return report }
    var batches = planner.elements.batches
    if needsTable {
      var batch = NFBatch()
      // Deleting a table that is not there would be refused.
      batch.append(.addTable(NFTable(PolicyRuleset.table)))
      batch.append(.deleteTable(PolicyRuleset.table))
      batch.append(NFBatch(PolicyRuleset.definition))
      for part in batches { batch.append(part) }
      batches = [batch]
      report.mayCut = true
    }
    try commit(batches)
    needsTable = false
    return report
  }

  /// Removes some of the elements that nothing refers to, as long as there is nothing else to do.
  ///
  /// - Returns: whether there are more.
  /// - Throws: `NFCommitError` where the kernel refuses; the next flush reads it then.
  mutating func removeLeftovers() throws(NFCommitError) -> Bool {
    guard isApplied, planner.elements.leftoverCount > 0 else { return false }
    planner.elements.removeSomeLeftovers()
    try commit(planner.elements.batches)
    return planner.elements.leftoverCount > 0
  }

  private mutating func commit(_ batches: [NFBatch]) throws(NFCommitError) {
    do throws(NFCommitError) {
      for batch in batches { try connection.commit(batch) }
    } catch {
      // Whatever the reason, the next attempt begins with what is there.
      isAdopted = false
      throw error
    }
    planner.elements.committed()
  }

  /// Removes the table.
  static func cleanup(_ connection: any NFTablesConnection) throws {
    guard try connection.tables().contains(where: { $0.name == PolicyRuleset.table }) else { return }
    try connection.commit(NFBatch([.deleteTable(PolicyRuleset.table)]))
  }
}
