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

  var fixed: Fixed
  var applied = Applied()
  /// Elements that no Service could have made, or that contradict each other; they are to go.
  var strange = ElementChanges()
  /// What makes the table right, and the sets whose elements do not follow from Services.
  var fixedElements: [NFBatch.Operation] = []
  /// Chains and actions that fit nothing.
  var strangeChains: [String] = []
  /// Chains on demand whose rules are not as they should be.
  var wrongOnDemand: [OnDemandChain] = []

  init(_ connection: any NFTablesConnection, _ ruleset: Ruleset) throws(NetlinkError) {
    let table = Ruleset.table
    guard let found = try connection.tables().first(where: { $0.name == table }) else {
      fixed = .absent
      return
    }
    let chains = try connection.chains(in: table)
    let sets = try connection.sets(in: table)
    let rules = Dictionary(grouping: try connection.rules(in: table), by: \.chain)
    fixed = Self.compare(ruleset, chains, sets, rules)
    guard fixed != .incompatible else { return }
    try readFrontends(connection)
    readChains(chains, rules, ruleset, fixedNames: Set(ruleset.chains.map(\.chain.name)))
    try readFixed(connection, ruleset)
    if found.isDormant { fixedElements.append(.addTable(NFTable(table))) }
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

  // MARK: Elements

  /// Buckets as read, which need not come in order.
  private struct Buckets {
    var first: [UInt32: EndpointTarget] = [:]
    var local: [UInt32: EndpointTarget] = [:]
  }

  private mutating func readFrontends(_ connection: any NFTablesConnection) throws(NetlinkError) {
    for family in IPAddress.Family.allCases {
      for isNodePort in [false, true] {
        var found: [FrontendKey: Frontend] = [:]
        func eachElement(
          _ address: Ruleset.SetName, _ node: Ruleset.SetName, _ strange: inout ElementChanges,
          _ body: (FrontendKey, ArraySlice<UInt8>, NFElement) -> Bool
        ) throws(NetlinkError) {
          let name = isNodePort ? node : address
          for element in try connection.elements(of: name.name(family), in: Ruleset.table) {
            if let (key, rest) = ElementCodec.frontend(element.key, isNodePort: isNodePort, family),
              body(key, rest, element)
            {
              continue
            }
            strange.delete(element, name, family)
          }
        }
        try eachElement(.frontends, .nodePorts, &strange) { key, _, element in
          guard case .value(let bytes) = element.data, let words = FrontendWords(bytes),
            let frontend = words.frontend(key)
          else { return false }
          found[key] = frontend
          return true
        }
        if !isNodePort {
          try eachElement(.sourceRanges, .sourceRanges, &strange) { key, rest, element in
            guard found[key]?.sourceRanges != nil, let range = Self.range(rest, element, family) else { return false }
            found[key]?.sourceRanges?.append(range)
            return true
          }
        }
        var buckets: [FrontendKey: Buckets] = [:]
        try eachElement(.endpoints, .nodePortEndpoints, &strange) { key, rest, element in
          guard found[key] != nil, let bucket = ElementCodec.native(rest),
            let target = ElementCodec.target(element.data, family)
          else { return false }
          if bucket >= OnDemandChain.localBank {
            buckets[key, default: Buckets()].local[bucket - OnDemandChain.localBank] = target
          } else {
            buckets[key, default: Buckets()].first[bucket] = target
          }
          return true
        }
        for (key, var frontend) in found {
          let name = isNodePort ? Ruleset.SetName.nodePortEndpoints : .endpoints
          frontend.endpoints = takeList(key, name, 0, buckets[key]?.first ?? [:])
          frontend.localEndpoints = takeList(key, name, OnDemandChain.localBank, buckets[key]?.local ?? [:])
          frontend.sourceRanges?.sort { $0.address < $1.address }
          applied.set(key, frontend)
        }
      }
      applied.clusterIPs.formUnion(
        try connection.elements(of: Ruleset.SetName.clusterIPs.name(family), in: Ruleset.table).compactMap {
          IPAddress(bytes: $0.key)
        })
      for element in try connection.elements(of: Ruleset.SetName.hairpin.name(family), in: Ruleset.table) {
        let half = element.key.count / 2
        if element.key[..<half] == element.key[half...], let address = IPAddress(bytes: element.key[..<half]) {
          applied.hairpins.insert(address)
        } else {
          strange.delete(element, .hairpin, family)
        }
      }
    }
  }

  /// The buckets from zero on without a gap; others are strange.
  private mutating func takeList(
    _ key: FrontendKey, _ name: Ruleset.SetName, _ bank: UInt32, _ buckets: [UInt32: EndpointTarget]
  ) -> [EndpointTarget] {
    var list: [EndpointTarget] = []
    list.reserveCapacity(buckets.count)
    while let target = buckets[UInt32(list.count)] { list.append(target) }
    if list.count < buckets.count {
      for (bucket, target) in buckets where bucket >= UInt32(list.count) {
        strange.delete(
          NFElement(ElementCodec.bucket(key, bank + bucket), data: .value(ElementCodec.target(target))), name,
          key.family)
      }
    }
    return list
  }

  private static func range(_ rest: ArraySlice<UInt8>, _ element: NFElement, _ family: IPAddress.Family) -> IPPrefix? {
    guard let first = IPAddress(bytes: rest) else { return nil }
    guard let end = element.keyEnd, let last = IPAddress(bytes: end.suffix(family.byteCount)) else {
      return IPPrefix(first, length: family.bitCount)
    }
    for length in stride(from: family.bitCount, through: 0, by: -1) {
      let range = IPPrefix(first, length: length)
      if range.address == first, range.last == last { return range }
    }
    return nil
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
