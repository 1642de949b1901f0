/// The content of a set of ranges, as tables of elements that other elements refer to by number: what the kernel holds, and
/// what it should.
///
/// A number stands for one content only, so a table changes nothing until something refers to it, and matters no more when
/// nothing does. What is left of such tables may therefore stay for a while: the kernel takes long to remove a range, for it
/// looks at all that are in the set before it (`nft_pipapo_remove` in net/netfilter/nft_set_pipapo.c).
struct TableLedger<Element: Hashable & Sendable>: Sendable {
  private(set) var applied: [UInt32: Set<Element>] = [:]
  /// What should be, where that differs.
  private var wanted: [UInt32: Set<Element>] = [:]
  /// Tables that the kernel holds and that should not be.
  private var leftovers: Set<UInt32> = []
  /// Of leftovers: what the next transaction takes away.
  private var removals: [UInt32: Set<Element>] = [:]
  /// Elements that the kernel holds.
  private(set) var count = 0
  /// Elements of tables that should not be.
  private(set) var leftoverCount = 0

  /// The elements of a table that should be; nil for one that should not.
  subscript(number: UInt32) -> Set<Element>? {
    get { leftovers.contains(number) ? nil : wanted[number] ?? applied[number] }
    set {
      if leftovers.remove(number) != nil { leftoverCount -= applied[number]?.count ?? 0 }
      wanted[number] = nil
      if let newValue {
        if applied[number] != newValue { wanted[number] = newValue }
      } else if let held = applied[number] {
        leftovers.insert(number)
        leftoverCount += held.count
      }
    }
  }

  /// All tables that should be.
  var desired: [UInt32: Set<Element>] {
    applied.filter { !leftovers.contains($0.key) }.merging(wanted) { _, new in new }
  }

  var hasChanges: Bool { !wanted.isEmpty || !removals.isEmpty }

  /// Elements to add or to delete.
  var changeCount: Int {
    wanted.reduce(0) { $0 + $1.value.symmetricDifference(applied[$1.key] ?? []).count }
      + removals.reduce(0) { $0 + $1.value.count }
  }

  /// The elements to delete and those to add, with the numbers of their tables.
  var changes: (deleted: [(UInt32, Element)], added: [(UInt32, Element)]) {
    var deleted = removals.flatMap { number, elements in elements.map { (number, $0) } }
    var added: [(UInt32, Element)] = []
    for (number, elements) in wanted {
      let held = applied[number] ?? []
      deleted += held.subtracting(elements).map { (number, $0) }
      added += elements.subtracting(held).map { (number, $0) }
    }
    return (deleted, added)
  }

  /// Whether a table that may be referred to is said otherwise.
  var revokes: Bool { wanted.contains { applied[$0.key] != nil } }

  /// Has the next transaction take so many elements away that nothing refers to.
  mutating func removeLeftovers(_ limit: Int) {
    var rest = limit
    removals = [:]
    for number in leftovers {
      guard rest > 0 else { break }
      let part = Set((applied[number] ?? []).prefix(rest))
      removals[number] = part
      rest -= part.count
    }
  }

  /// The kernel holds what it should, but for leftovers that were not taken away.
  mutating func committed() {
    for (number, elements) in wanted {
      count += elements.count - (applied[number]?.count ?? 0)
      applied[number] = elements
    }
    wanted = [:]
    for (number, elements) in removals {
      count -= elements.count
      leftoverCount -= elements.count
      let rest = (applied[number] ?? []).subtracting(elements)
      applied[number] = rest.isEmpty ? nil : rest
      if rest.isEmpty { leftovers.remove(number) }
    }
    removals = [:]
  }

  /// The kernel holds this.
  mutating func adopt(_ found: [UInt32: Set<Element>]) {
    let desired = desired
    applied = found
    count = found.reduce(0) { $0 + $1.value.count }
    wanted = desired.filter { found[$0.key] != $0.value }
    removals = [:]
    leftovers = Set(found.keys.filter { desired[$0] == nil })
    leftoverCount = leftovers.reduce(0) { $0 + (found[$1]?.count ?? 0) }
  }
}
