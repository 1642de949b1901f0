import Netlink

/// What was found in the kernel at start.
struct KernelReading {
  enum Fixed: Equatable {
    /// There is no table.
    case absent
    /// Table, sets and chains are as they should be, except for the rules of these chains.
    case present(wrongChains: [String])
    /// A set or base chain is of another kind: the table must be made anew.
    case incompatible
  }

  /// The ruleset's when the reading began.
  let generation: UInt32
  var fixed: Fixed
  var applied = Applied()
  var strange = ElementChanges()
  /// What makes the table right, and the sets whose elements do not follow from Services.
  var fixedElements: [NFBatch.Operation] = []
  /// Chains and actions that fit nothing.
  var strangeChains: [String] = []
  /// Chains on demand whose rules are not as they should be.
  var wrongOnDemand: [OnDemandChain] = []

  /// - Parameter elements: what was read of them already; they are read now if the ruleset has changed since.
  init(
    _ connection: any NFTablesConnection, _ ruleset: Ruleset, elements: KernelElements? = nil
  ) throws(NetlinkError) {
    let table = Ruleset.table
    generation = try connection.generation()
    guard let present = try connection.tables().first(where: { $0.name == table }) else {
      fixed = .absent
      return
    }
    let chains = try connection.chains(in: table)
    let sets = try connection.sets(in: table)
    let rules = Dictionary(grouping: try connection.rules(in: table), by: \.chain)
    fixed = Self.compare(ruleset, chains, sets, rules)
    guard fixed != .incompatible else { return }
    let found: KernelElements
    if let elements, try connection.generation() == elements.generation {
      found = elements
    } else {
      found = try KernelElements(connection)
    }
    (applied, strange) = (found.applied, found.strange)
    readChains(chains, rules, ruleset, fixedNames: Set(ruleset.chains.map(\.chain.name)))
    try readFixed(connection, ruleset)
    if present.isDormant { fixedElements.append(.addTable(NFTable(table))) }
  }

  private static func compare(
    _ ruleset: Ruleset, _ chains: [NFChain], _ sets: [NFSet], _ rules: [String: [NFRule]]
  ) -> Fixed {
    let setsByName = Dictionary(sets.map { ($0.name, $0) }) { first, _ in first }
    let wanted = ruleset.sets
    guard setsByName.count == wanted.count,
      wanted.allSatisfy({ setsByName[$0.name]?.hasSameDefinition(as: $0) == true })
    else { return .incompatible }
    let chainsByName = Dictionary(chains.map { ($0.name, $0) }) { first, _ in first }
    var wrong: [String] = []
    for chain in ruleset.chains {
      guard let found = chainsByName[chain.chain.name] else {
        wrong.append(chain.chain.name)
        continue
      }
      guard found.hasSameDefinition(as: chain.chain) else { return .incompatible }
      if !matches(rules[chain.chain.name] ?? [], chain.rules) { wrong.append(chain.chain.name) }
    }
    return .present(wrongChains: wrong)
  }

  private static func matches(_ found: [NFRule], _ wanted: [NFRule]) -> Bool {
    found.count == wanted.count && zip(found, wanted).allSatisfy { $0.hasSameDefinition(as: $1) }
  }

  private mutating func readFixed(
    _ connection: any NFTablesConnection, _ ruleset: Ruleset
  ) throws(NetlinkError) {
    for family in IPAddress.Family.allCases {
      for name in Ruleset.fixedSets {
        // The kernel adds an end of its own to an interval set, at zero.
        let found = Set(
          try connection.elements(of: name.name(family), in: Ruleset.table).filter {
            !($0.isIntervalEnd && $0.key.allSatisfy { $0 == 0 })
          })
        let wanted = Set(ruleset.fixedElements(name, family, leadingTo: applied.chains.keys))
        guard found != wanted else { continue }
        let set = name.name(family)
        // Ranges are replaced as a whole: a part of one may be wrong, and of those that touch each other the kernel
        // does not let one be deleted in any order.
        if ruleset.set(name, family).flags.contains(.interval) {
          let inOrder = ruleset.fixedElements(name, family)
          fixedElements.append(.flushSet(Ruleset.table, set))
          if !inOrder.isEmpty { fixedElements.append(.addElements(inOrder, Ruleset.table, set: set)) }
          continue
        }
        let (gone, new) = (found.subtracting(wanted), wanted.subtracting(found))
        if !gone.isEmpty { fixedElements.append(.deleteElements(Array(gone), Ruleset.table, set: set)) }
        if !new.isEmpty { fixedElements.append(.addElements(Array(new), Ruleset.table, set: set)) }
      }
    }
  }

  private mutating func readChains(
    _ chains: [NFChain], _ rules: [String: [NFRule]], _ ruleset: Ruleset, fixedNames: Set<String>
  ) {
    var present: Set<OnDemandChain> = []
    for chain in chains where !fixedNames.contains(chain.name) {
      guard let known = OnDemandChain(name: chain.name), chain.base == nil else {
        strangeChains.append(chain.name)
        continue
      }
      if !Self.matches(rules[chain.name] ?? [], known.chain(ruleset).rules) { wrongOnDemand.append(known) }
      present.insert(known)
    }
    // A frontend may lead to one that someone has deleted.
    for known in present.union(OnDemandChain.prepared) where applied.chains[known] == nil { applied.chains[known] = 0 }
    wrongOnDemand += applied.chains.keys.filter { !present.contains($0) }
  }
}
