/// Changes that the kernel makes all together or not at all.
public struct NFBatch: Sendable {
  public enum Operation: Sendable, Hashable {
    /// Adding a table that is there already is no error.
    case addTable(NFTable)
    case deleteTable(NFTableName)
    /// Adding a chain that is there already is no error, if it is alike but for its policy, which is changed.
    case addChain(NFChain)
    /// Its rules go with it; nothing may lead to it.
    case deleteChain(NFTableName, String)
    /// Deletes the rules of a chain.
    case flushChain(NFTableName, String)
    case addRule(NFRule)
    case deleteRule(NFTableName, chain: String, handle: UInt64)
    case addSet(NFSet)
    case deleteSet(NFTableName, String)
    case flushSet(NFTableName, String)
    /// Adding an element that is there already is no error, unless its data differ.
    case addElements([NFElement], NFTableName, set: String)
    case deleteElements([NFElement], NFTableName, set: String)
  }

  public private(set) var operations: [Operation] = []

  public init() {}

  public init(_ operations: [Operation]) { self.operations = operations }

  public var isEmpty: Bool { operations.isEmpty }

  public mutating func append(_ operation: Operation) { operations.append(operation) }

  public mutating func append(_ other: NFBatch) { operations += other.operations }

  /// Refuses what cannot be written as it is meant.
  func validate() throws(NFCommitError) {
    var failures: [NFCommitError.Failure] = []
    for (index, operation) in operations.enumerated() {
      guard case .addSet(let set) = operation else { continue }
      do throws(NetlinkError) { try set.validate() } catch {
        failures.append(NFCommitError.Failure(operation: index, error: error))
      }
    }
    if !failures.isEmpty { throw NFCommitError(failures: failures) }
  }
}

extension NFBatch.Operation {
  /// What it does and to what, for errors.
  func subject(element index: Int?) -> (call: String, object: String) {
    func element(_ elements: [NFElement], _ table: NFTableName, _ set: String) -> String {
      guard let index, elements.indices.contains(index) else {
        return "\(elements.count) elements of \(table) \(set)"
      }
      let key = elements[index].key.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      return "0x\(key) of \(table) \(set)"
    }
    switch self {
    case .addTable(let table): return ("add table", "\(table.name)")
    case .deleteTable(let name): return ("delete table", "\(name)")
    case .addChain(let chain): return ("add chain", "\(chain.table) \(chain.name)")
    case .deleteChain(let table, let name): return ("delete chain", "\(table) \(name)")
    case .flushChain(let table, let name): return ("flush chain", "\(table) \(name)")
    case .addRule(let rule):
      let steps = rule.expressions.map(\.name).joined(separator: " ")
      return ("add rule", "\(rule.table) \(rule.chain) [\(steps)]")
    case .deleteRule(let table, let chain, let handle): return ("delete rule", "\(table) \(chain) \(handle)")
    case .addSet(let set): return ("add set", "\(set.table) \(set.name)")
    case .deleteSet(let table, let name): return ("delete set", "\(table) \(name)")
    case .flushSet(let table, let name): return ("flush set", "\(table) \(name)")
    case .addElements(let elements, let table, let set): return ("add element", element(elements, table, set))
    case .deleteElements(let elements, let table, let set): return ("delete element", element(elements, table, set))
    }
  }
}
