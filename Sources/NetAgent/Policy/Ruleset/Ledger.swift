/// The content of a set or map: what the kernel holds, and what it should.
struct Ledger<Key: Hashable & Sendable, Value: Hashable & Sendable>: Sendable {
  private(set) var applied: [Key: Value] = [:]
  /// What should be, where that differs; nil for what should not be.
  private var wanted: [Key: Value?] = [:]

  var hasChanges: Bool { !wanted.isEmpty }
  var changeCount: Int { wanted.count }

  /// What should be.
  subscript(key: Key) -> Value? {
    get {
      if let value = wanted[key] { return value }
      return applied[key]
    }
    set {
      if applied[key] == newValue { wanted[key] = nil } else { wanted[key] = .some(newValue) }
    }
  }

  /// All that should be.
  var desired: [Key: Value] {
    var all = applied
    for (key, value) in wanted { all[key] = value }
    return all
  }

  /// The elements to delete and those to add; a key whose value changes is in both.
  var changes: (deleted: [(Key, Value)], added: [(Key, Value)]) {
    var deleted: [(Key, Value)] = []
    var added: [(Key, Value)] = []
    for (key, value) in wanted {
      if let old = applied[key] { deleted.append((key, old)) }
      if let value { added.append((key, value)) }
    }
    return (deleted, added)
  }

  /// Whether something that was said is taken back or said otherwise.
  var revokes: Bool { wanted.contains { applied[$0.key] != nil } }

  /// The kernel holds what it should.
  mutating func committed() {
    for (key, value) in wanted { applied[key] = value }
    wanted = [:]
  }

  /// The kernel holds this.
  mutating func adopt(_ found: [Key: Value]) {
    let desired = desired
    applied = found
    wanted = [:]
    for (key, value) in desired where found[key] != value { wanted[key] = .some(value) }
    for key in found.keys where desired[key] == nil { wanted[key] = .some(nil) }
  }
}
