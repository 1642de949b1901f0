import Netlink

/// A table as it was read: what a packet walks through.
struct LoadedRuleset {
  /// A set that can be asked for keys.
  struct Contents {
    let definition: NFSet
    /// Elements by key; in sets of ranges it is not asked.
    private var byKey: [[UInt8]: NFElement] = [:]
    /// In order of keys; an end comes before a beginning at the same key.
    private var ranges: [NFElement] = []

    init(_ definition: NFSet, _ elements: [NFElement]) {
      self.definition = definition
      guard definition.flags.contains(.interval) else {
        for element in elements { byKey[element.key] = element }
        return
      }
      ranges = elements.sorted { left, right in
        left.key != right.key ? left.key.lexicographicallyPrecedes(right.key) : left.isIntervalEnd
      }
    }

    var keyLength: Int {
      definition.key.count == 1 ? definition.key[0].length : definition.key.reduce(0) { $0 + $1.paddedLength }
    }

    func find(_ key: [UInt8]) -> NFElement? {
      guard definition.flags.contains(.interval) else { return byKey[key] }
      if definition.key.count > 1 { return ranges.first { holds($0, key) } }
      let last = ranges.last { !key.lexicographicallyPrecedes($0.key) }
      return last?.isIntervalEnd == false ? last : nil
    }

    /// Whether each part of a key lies in that part's range.
    private func holds(_ element: NFElement, _ key: [UInt8]) -> Bool {
      let end = element.keyEnd ?? element.key
      var start = 0
      for part in definition.key {
        let bytes = start..<start + part.length
        if key[bytes].lexicographicallyPrecedes(element.key[bytes]) { return false }
        if end[bytes].lexicographicallyPrecedes(key[bytes]) { return false }
        start += part.paddedLength
      }
      return true
    }
  }

  private(set) var chains: [String: NFChain] = [:]
  private(set) var rules: [String: [NFRule]] = [:]
  private(set) var sets: [String: Contents] = [:]

  /// - Parameter previous: an earlier reading; its rules hold as long as the chains are the same.
  init(_ connection: any NFTablesConnection, _ table: NFTableName, after previous: LoadedRuleset? = nil) throws {
    for chain in try connection.chains(in: table) { chains[chain.name] = chain }
    if let previous, previous.chains == chains {
      rules = previous.rules
    } else {
      rules = Dictionary(grouping: try connection.rules(in: table), by: \.chain)
    }
    for set in try connection.sets(in: table) {
      sets[set.name] = Contents(set, try connection.elements(of: set.name, in: table))
    }
  }

  /// The chains that packets enter at a hook, in the order of their priorities.
  func entrances(at hook: NFBaseChain.Hook) -> [String] {
    let found = chains.values.filter { $0.base?.hook == hook }
    return found.sorted { ($0.base?.priority ?? 0) < ($1.base?.priority ?? 0) }.map(\.name)
  }
}
