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

  var planner = PolicyPlanner()
  private let connection: any NFTablesConnection
  /// Whether it is known what the kernel holds.
  private var isAdopted = false
  private var needsTable = false

  init(_ connection: any NFTablesConnection) { self.connection = connection }

  /// Whether the kernel holds all that is wanted, as far as is known.
  var isApplied: Bool { isAdopted && !needsTable && planner.elements.changeCount == 0 }

  /// The kernel may hold something else than was thought: the next flush reads it.
  mutating func forget() { isAdopted = false }

  /// Sends what differs, as one transaction; reads the kernel before that, once and after ``forget()``.
  ///
  /// - Throws: `NetlinkError` where the kernel cannot be read, `NFCommitError` where it refuses; nothing is changed then.
  mutating func flush() throws -> Report {
    planner.settle()
    if !isAdopted {
      let found = try PolicyElements.read(connection)
      needsTable = found == nil
      planner.elements.adopt(found ?? PolicyElements())
      isAdopted = true
    }
    var report = Report(elements: planner.elements.changeCount, isRebuilt: needsTable, mayCut: planner.elements.mayCut)
    guard !isApplied else { return report }
    var batch = NFBatch()
    if needsTable {
      // Deleting a table that is not there would be refused.
      batch.append(.addTable(NFTable(PolicyRuleset.table)))
      batch.append(.deleteTable(PolicyRuleset.table))
      batch.append(NFBatch(PolicyRuleset.definition))
      report.mayCut = true
    }
    batch.append(planner.elements.batch)
    do throws(NFCommitError) {
      try connection.commit(batch)
    } catch {
      // Whatever the reason, the next attempt begins with what is there.
      isAdopted = false
      throw error
    }
    needsTable = false
    planner.elements.committed()
    return report
  }

  /// Removes the table.
  static func cleanup(_ connection: any NFTablesConnection) throws {
    guard try connection.tables().contains(where: { $0.name == PolicyRuleset.table }) else { return }
    try connection.commit(NFBatch([.deleteTable(PolicyRuleset.table)]))
  }
}
