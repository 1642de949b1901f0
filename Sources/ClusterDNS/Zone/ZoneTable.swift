/// The zone as it is being written: what has changed since the last publication, over the shards that stand.
///
/// One task owns it. Readers see nothing of a change before `publish`.
struct ZoneTable: ~Copyable {
  let store: SnapshotStore
  private let hash: NameHash
  private let empty: Shard
  private var shards: [UnsafeRawPointer]
  /// Shards made since the last publication: no reader has seen them.
  private var fresh: Set<Int> = []
  /// Blocks that the current snapshot uses and the next one does not.
  private var replaced: [UnsafeRawPointer] = []
  private(set) var serial: UInt32
  private(set) var names = 0
  /// Bytes of all shards.
  private(set) var size = 0

  /// - Parameters:
  ///   - serial: the first serial of the SOA record; one made from the time keeps it rising over restarts.
  init(serial: UInt32) {
    var generator = SystemRandomNumberGenerator()
    hash = NameHash(seed: generator.next())
    self.serial = serial
    // A shard without entries, shared by all places that hold none, and freed with the store.
    let block = UnsafeMutableRawPointer.allocate(byteCount: Shard.header + 8, alignment: 8)
    block.initializeMemory(as: UInt8.self, repeating: 0, count: Shard.header + 8)
    block.storeBytes(of: 1, as: UInt32.self)
    empty = Shard(base: UnsafeRawPointer(block))
    shards = Array(repeating: empty.base, count: Snapshot.shards)
    store = SnapshotStore(
      first: .allocate(seed: hash.seed, serial: serial, isSynced: false, shards: shards))
  }

  deinit {
    // What was published belongs to the store.
    for index in fresh where shards[index] != empty.base { shards[index].deallocate() }
  }

  /// The packed entry of a name as the next publication will have it.
  func find(_ name: WireName) -> Entry? {
    let hash = hash(name)
    return name.bytes.withUnsafeBytes { bytes in
      bytes.baseAddress.flatMap {
        Shard(base: shards[Snapshot.shardIndex(hash)]).find(hash, $0, bytes.count)
      }
    }
  }

  /// Makes changes, which the next publication will show.
  mutating func apply(_ changes: ZoneChanges) {
    var grouped: [Int: [Shard.Change]] = [:]
    for (name, records) in changes.names {
      let hash = hash(name)
      grouped[Snapshot.shardIndex(hash), default: []]
        .append(Shard.Change(hash: hash, name: name, packed: records?.packed(name: name)))
    }
    for (name, change) in changes.pointers {
      let hash = hash(name)
      var names = find(name)?.pointerNames ?? []
      names.removeAll { change.removed.contains($0) }
      names += change.added.subtracting(names).sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
      let packed = names.isEmpty ? nil : NameRecords(pointers: names).packed(name: name)
      grouped[Snapshot.shardIndex(hash), default: []].append(Shard.Change(hash: hash, name: name, packed: packed))
    }
    for (index, changes) in grouped { replace(index, changes) }
  }

  private mutating func replace(_ index: Int, _ changes: [Shard.Change]) {
    let old = Shard(base: shards[index])
    let new = old.applying(changes)
    names += new.count - old.count
    size += new.size - (old.base == empty.base ? 0 : old.size)
    if new.count == 0 {
      size -= new.size
      new.free()
      shards[index] = empty.base
    } else {
      shards[index] = new.base
    }
    if fresh.contains(index) {
      if old.base != empty.base { old.free() }
    } else {
      if old.base != empty.base { replaced.append(old.base) }
      fresh.insert(index)
    }
  }

  /// Shows all changes made so far to the readers, under a new serial.
  mutating func publish(isSynced: Bool) {
    serial &+= 1
    store.publish(
      .allocate(seed: hash.seed, serial: serial, isSynced: isSynced, shards: shards), retiring: replaced)
    replaced = []
    fresh = []
  }
}

/// What changes in the zone between two plans.
struct ZoneChanges: Sendable, Equatable {
  /// The PTR records of one address: several services may name it, each adds and removes its own.
  struct PointerChange: Sendable, Equatable {
    var added: Set<WireName> = []
    var removed: Set<WireName> = []
  }

  /// Names with all that they hold now; `nil` where the name ends.
  var names: [WireName: NameRecords?] = [:]
  var pointers: [WireName: PointerChange] = [:]

  var isEmpty: Bool { names.isEmpty && pointers.isEmpty }
}
