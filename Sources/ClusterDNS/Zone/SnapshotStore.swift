import Synchronization

/// The current snapshot behind one atomic pointer, and what is known of its readers.
///
/// Readers take no lock: each thread that reads has a slot in which it writes the epoch while it reads, and `idle`
/// after. Memory that a publication took out of use is freed once every slot is idle or shows a later epoch.
final class SnapshotStore: Sendable {
  /// The slot of one reading thread.
  final class Reader: Sendable {
    static let idle = UInt64.max
    fileprivate let epoch = Atomic<UInt64>(Reader.idle)
    private let store: SnapshotStore

    fileprivate init(_ store: SnapshotStore) { self.store = store }

    /// The snapshot, which stays until `leave`. One thread at a time may be between the two calls.
    ///
    /// The epoch is written before the pointer is read, both sequentially consistent: a publisher that saw the slot
    /// idle after its swap can be sure that this thread sees the new pointer.
    @inline(__always)
    func enter() -> Snapshot {
      epoch.store(store.epoch.load(ordering: .relaxed), ordering: .sequentiallyConsistent)
      return store.latest()
    }

    @inline(__always)
    func leave() { epoch.store(Reader.idle, ordering: .releasing) }
  }

  private struct Retired {
    var epoch: UInt64
    /// Addresses of what to free.
    var blocks: [UInt]
  }

  private struct Writing: ~Copyable {
    var readers: [Reader] = []
    var retired: [Retired] = []
  }

  /// The address of the current snapshot, never zero.
  private let current: Atomic<UInt>
  private let epoch = Atomic<UInt64>(1)
  private let writing = Mutex(Writing())

  init(first: Snapshot) { current = Atomic(UInt(bitPattern: first.base)) }

  @inline(__always)
  fileprivate func latest() -> Snapshot {
    let address = current.load(ordering: .sequentiallyConsistent)
    // Never zero: it is only written from a snapshot's base.
    return Snapshot(base: UnsafeRawPointer(bitPattern: address).unsafelyUnwrapped)
  }

  /// A slot for one more thread that reads.
  func makeReader() -> Reader {
    let reader = Reader(self)
    writing.withLock { $0.readers.append(reader) }
    return reader
  }

  /// Takes a slot out of use; the thread reads no more.
  func remove(_ reader: Reader) {
    writing.withLock { $0.readers.removeAll { $0 === reader } }
  }

  /// Makes `snapshot` the current one. The blocks named, and the snapshot before, are freed when no reader can hold
  /// them any more.
  func publish(_ snapshot: Snapshot, retiring blocks: [UnsafeRawPointer]) {
    let bits = blocks.map { UInt(bitPattern: $0) }
    let old = current.exchange(UInt(bitPattern: snapshot.base), ordering: .sequentiallyConsistent)
    let next = epoch.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
    writing.withLock { writing in
      writing.retired.append(Retired(epoch: next, blocks: bits + [old]))
      Self.free(&writing)
    }
  }

  /// Frees what has become free. Returns how many publications still hold memory back.
  @discardableResult
  func reclaim() -> Int {
    writing.withLock { writing in
      Self.free(&writing)
      return writing.retired.count
    }
  }

  private static func free(_ writing: inout Writing) {
    let oldest = writing.readers.reduce(Reader.idle) { min($0, $1.epoch.load(ordering: .sequentiallyConsistent)) }
    // A reader inside shows the epoch at which it entered; what was retired in that epoch or before, it cannot hold.
    var done = 0
    while done < writing.retired.count, writing.retired[done].epoch <= oldest {
      for block in writing.retired[done].blocks { UnsafeRawPointer(bitPattern: block)?.deallocate() }
      done += 1
    }
    writing.retired.removeFirst(done)
  }

  deinit {
    // Readers are gone: each holds the store.
    writing.withLock { writing in
      for retired in writing.retired {
        for block in retired.blocks { UnsafeRawPointer(bitPattern: block)?.deallocate() }
      }
      writing.retired.removeAll()
    }
    let last = latest()
    for shard in Set((0..<Snapshot.shards).map { last.shard($0).base }) { shard.deallocate() }
    last.free()
  }
}
