import Glibc
import Synchronization

/// nftables objects in memory, for tests without root and without a kernel: the same names, the same refusals for
/// what is missing or still in use, the same all-or-nothing. It evaluates no packets, and looks neither for jumps in a
/// circle nor for ranges that overlap.
public final class NFTablesMemory: NFTablesConnection {
  private let state = Mutex(State())

  public init() {}

  public let portID: UInt32 = 0

  public func generation() -> UInt32 { UInt32(commits) }

  /// Batches that were carried out; those that were refused are not among them.
  public var commits: Int { state.withLock { $0.commits } }

  /// Makes the next commit that touches this set fail with this error number.
  public func refuse(set: String, errno: Int32) { state.withLock { $0.refusals[set] = errno } }

  @discardableResult
  public func commit(_ batch: NFBatch) throws(NFCommitError) -> NFCommitStatistics {
    try batch.validate()
    let outcome: Result<NFCommitStatistics, NFCommitError> = state.withLock { state in
      var next = state
      var failures: [NFCommitError.Failure] = []
      for (index, operation) in batch.operations.enumerated() {
        guard let (code, element) = next.apply(operation) else { continue }
        let subject = operation.subject(element: element)
        failures.append(
          NFCommitError.Failure(
            operation: index, element: element,
            error: NetlinkError(call: subject.call, object: subject.object, errno: code)))
      }
      guard failures.isEmpty else {
        state.refusals = next.refusals
        return .failure(NFCommitError(failures: failures))
      }
      next.commits += 1
      state = next
      return .success(NFCommitStatistics(messages: batch.operations.count + 2, bytes: 0))
    }
    return try outcome.get()
  }

  public func tables() -> [NFTable] {
    state.withLock { $0.tables.values.map(\.table).sorted { $0.name.name < $1.name.name } }
  }

  public func chains(in table: NFTableName) -> [NFChain] {
    state.withLock { $0.tables[table].map { Array($0.chains.values.map(\.chain)) } ?? [] }
  }

  public func rules(in table: NFTableName) -> [NFRule] {
    state.withLock { $0.tables[table].map { $0.chains.values.flatMap(\.rules) } ?? [] }
  }

  public func sets(in table: NFTableName) -> [NFSet] {
    state.withLock { $0.tables[table].map { $0.sets.values.map(\.set) } ?? [] }
  }

  public func elements(of set: String, in table: NFTableName) throws(NetlinkError) -> [NFElement] {
    guard let found = state.withLock({ $0.tables[table]?.sets[set] }) else {
      throw NetlinkError(call: "list", object: "elements of \(table) \(set)", errno: ENOENT)
    }
    return Array(found.elements.values)
  }
}

extension NFTablesMemory {
  private struct Table {
    var table: NFTable
    var chains: [String: Chain] = [:]
    var sets: [String: Contents] = [:]
  }

  private struct Chain {
    var chain: NFChain
    var rules: [NFRule] = []
  }

  private struct Contents {
    var set: NFSet
    /// By key; in interval sets the end of a range is another element than the beginning of the next.
    var elements: [ElementKey: NFElement] = [:]
  }

  private struct ElementKey: Hashable {
    var key: [UInt8]
    var end: [UInt8]?
    var isIntervalEnd: Bool

    init(_ element: NFElement) {
      key = element.key
      end = element.keyEnd
      isIntervalEnd = element.isIntervalEnd
    }
  }

  private struct State {
    var tables: [NFTableName: Table] = [:]
    var commits = 0
    var refusals: [String: Int32] = [:]
    var handle: UInt64 = 0

    /// The error number with which the operation is refused, and the element at fault.
    mutating func apply(_ operation: NFBatch.Operation) -> (Int32, Int?)? {
      handle += 1
      switch operation {
      case .addTable(var table):
        table.handle = handle
        tables[table.name, default: Table(table: table)].table.isDormant = table.isDormant
      case .deleteTable(let name):
        if tables.removeValue(forKey: name) == nil { return (ENOENT, nil) }
      case .addChain(var chain):
        chain.handle = handle
        guard tables[chain.table] != nil else { return (ENOENT, nil) }
        if let old = tables[chain.table]?.chains[chain.name] { return change(old.chain, to: chain) }
        tables[chain.table]?.chains[chain.name] = Chain(chain: chain)
      case .deleteChain(let table, let name):
        guard tables[table]?.chains[name] != nil else { return (ENOENT, nil) }
        guard !isTarget(name, in: table) else { return (EBUSY, nil) }
        tables[table]?.chains[name] = nil
      case .flushChain(let table, let name):
        guard tables[table]?.chains[name] != nil else { return (ENOENT, nil) }
        tables[table]?.chains[name]?.rules = []
      case .addRule(var rule):
        rule.handle = handle
        guard let table = tables[rule.table], table.chains[rule.chain] != nil else { return (ENOENT, nil) }
        for case .some(let set) in rule.expressions.map(\.set) where table.sets[set] == nil { return (ENOENT, nil) }
        for case .verdict(let verdict) in rule.expressions {
          if let code = Self.refusal(of: verdict, in: table) { return (code, nil) }
        }
        tables[rule.table]?.chains[rule.chain]?.rules.append(rule)
      case .deleteRule(let table, let chain, let handle):
        guard let index = tables[table]?.chains[chain]?.rules.firstIndex(where: { $0.handle == handle }) else {
          return (ENOENT, nil)
        }
        tables[table]?.chains[chain]?.rules.remove(at: index)
      default: return applyToSets(operation)
      }
      return nil
    }

    /// The kernel changes the policy of a chain that is there, and nothing else of it.
    private mutating func change(_ old: NFChain, to new: NFChain) -> (Int32, Int?)? {
      guard let base = new.base else { return nil }
      guard var kept = old.base else { return (EOPNOTSUPP, nil) }
      kept.policy = base.policy
      guard kept == base else { return (EEXIST, nil) }
      tables[old.table]?.chains[old.name]?.chain.base = base
      return nil
    }

    private mutating func applyToSets(_ operation: NFBatch.Operation) -> (Int32, Int?)? {
      switch operation {
      case .addSet(var set):
        set.handle = handle
        guard let table = tables[set.table] else { return (ENOENT, nil) }
        if let old = table.sets[set.name] { return old.set.hasSameDefinition(as: set) ? nil : (EEXIST, nil) }
        tables[set.table]?.sets[set.name] = Contents(set: set)
      case .deleteSet(let table, let name):
        guard let found = tables[table], found.sets[name] != nil else { return (ENOENT, nil) }
        let rules = found.chains.values.flatMap(\.rules)
        if rules.contains(where: { $0.expressions.contains { $0.set == name } }) { return (EBUSY, nil) }
        tables[table]?.sets[name] = nil
      case .flushSet(let table, let name):
        guard tables[table]?.sets[name] != nil else { return (ENOENT, nil) }
        tables[table]?.sets[name]?.elements = [:]
      case .addElements(let elements, let table, let set):
        guard !elements.isEmpty else { return nil }
        if let code = refusals.removeValue(forKey: set) { return (code, 0) }
        guard let found = tables[table], var contents = found.sets[set] else { return (ENOENT, nil) }
        tables[table]?.sets[set] = nil
        defer { tables[table]?.sets[set] = contents }
        for (index, element) in elements.enumerated() {
          if element.key.count != contents.set.key.length { return (EINVAL, index) }
          if (element.data != nil) != contents.set.isMap, !element.isIntervalEnd { return (EINVAL, index) }
          if case .verdict(let verdict) = element.data, let code = Self.refusal(of: verdict, in: found) {
            return (code, index)
          }
          let key = ElementKey(element)
          if let old = contents.elements[key] {
            if old.data != element.data { return (EEXIST, index) }
          } else if let size = contents.set.size, contents.elements.count >= Int(size) {
            return (ENFILE, index)
          }
          contents.elements[key] = element
        }
      case .deleteElements(let elements, let table, let set):
        guard !elements.isEmpty else { return nil }
        guard var contents = tables[table]?.sets[set] else { return (ENOENT, nil) }
        tables[table]?.sets[set] = nil
        defer { tables[table]?.sets[set] = contents }
        for (index, element) in elements.enumerated() {
          if element.key.count != contents.set.key.length { return (EINVAL, index) }
          if contents.elements.removeValue(forKey: ElementKey(element)) == nil { return (ENOENT, index) }
        }
      default: break
      }
      return nil
    }

    /// A verdict leads to a chain that is there and that no packet enters by itself.
    private static func refusal(of verdict: NFVerdict, in table: Table) -> Int32? {
      guard let target = verdict.target else { return nil }
      guard let chain = table.chains[target] else { return ENOENT }
      return chain.chain.base == nil ? nil : EOPNOTSUPP
    }

    private func isTarget(_ chain: String, in table: NFTableName) -> Bool {
      guard let table = tables[table] else { return false }
      let fromRules = table.chains.values.contains { source in
        source.rules.contains { rule in
          rule.expressions.contains { expression in
            if case .verdict(let verdict) = expression { return verdict.target == chain }
            return false
          }
        }
      }
      return fromRules
        || table.sets.values.contains { contents in
          contents.set.content == .verdicts
            && contents.elements.values.contains { element in
              if case .verdict(let verdict) = element.data { return verdict.target == chain }
              return false
            }
        }
    }
  }
}

extension NFExpression {
  /// The set that it reads or changes.
  public var set: String? {
    switch self {
    case .lookup(let set, _, _, _), .verdictMap(let set, _), .dynset(_, let set, _, _, _): set
    default: nil
    }
  }
}
