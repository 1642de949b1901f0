import KubeAPI
import Logging
import Synchronization

/// All objects of the store as the bytes that are served, the latest events, and the watches.
///
/// The cache follows the store from its commit path: when a writer is told of its success, every reader and watcher
/// here has the write. All watchers get events in the order of revisions. A watcher that does not read is cut when its
/// buffer is full; it never delays the commit or another watcher.
final class WatchCache: Sendable {
  struct Table {
    /// In the order of their keys.
    var objects: [CachedObject] = []
    /// The latest events of the resource, the newest last.
    var ring: [CachedEvent] = []
    var watches: [Int: WatchBuffer] = [:]
  }

  struct State {
    var tables: [String: Table] = [:]
    var revision: Int64 = 0
    /// Events after this revision are all in the rings (each ring may have dropped more: see `ringStart`).
    var loadedAt: Int64 = 0
    var ringStart: [String: Int64] = [:]
    var nextWatch = 0
    var subscription: StoreSubscription?
    var ticker: Task<Void, Never>?
  }

  static let ringCapacity = 1024

  let store: any Store
  let state = Mutex(State())
  private let logger: Logger

  init(store: any Store, logger: Logger) {
    self.store = store
    self.logger = logger
  }

  /// Reads the store and follows it from then on.
  func start() async throws {
    var query = StoreQuery(prefix: "", limit: 1_000)
    var tables: [String: Table] = [:]
    while true {
      let page = try await store.list(query)
      for object in page.objects {
        let (resource, key) = Self.split(object.key)
        let bytes = ObjectEncoding.served(object.value, revision: object.revision)
        tables[resource, default: Table()].objects.append(
          CachedObject(key: key, revision: object.revision, bytes: bytes))
      }
      query.revision = page.revision
      query.after = page.objects.last?.key
      if page.remaining == 0 { break }
    }
    let revision = query.revision ?? 0
    let loaded = tables
    state.withLock { state in
      state.tables = loaded
      state.revision = revision
      state.loadedAt = revision
    }
    let subscription = try await store.watch(after: revision) { [weak self] events in self?.apply(events) }
    let ticker = Task { [weak self] in
      while !Task.isCancelled {
        try? await Task.sleep(for: .seconds(1))
        guard let self else { return }
        tick()
      }
    }
    state.withLock { state in
      state.subscription = subscription
      state.ticker = ticker
    }
  }

  /// Ends every watch.
  func stop() {
    let watches = state.withLock { state in
      state.subscription = nil
      state.ticker?.cancel()
      state.ticker = nil
      let watches = state.tables.values.flatMap(\.watches.values)
      for resource in state.tables.keys { state.tables[resource]?.watches = [:] }
      return watches
    }
    for watch in watches { watch.finish() }
  }

  deinit { state.withLock { $0.ticker?.cancel() } }

  /// `pods/default/web` → `pods`, `default/web`.
  static func split(_ storeKey: String) -> (resource: String, key: String) {
    guard let slash = storeKey.utf8.firstIndex(of: UInt8(ascii: "/")) else { return (storeKey, "") }
    return (String(storeKey[..<slash]), String(storeKey[storeKey.utf8.index(after: slash)...]))
  }

  // MARK: Following the store

  private func apply(_ events: [StoreEvent]) {
    state.withLock { state in
      for event in events where event.revision > state.revision {
        Self.apply(event, &state)
        state.revision = event.revision
      }
    }
  }

  private static func apply(_ event: StoreEvent, _ state: inout State) {
    let (resource, key) = split(event.key)
    let object = CachedObject(
      key: key, revision: event.revision, bytes: ObjectEncoding.served(event.value, revision: event.revision))
    var table = state.tables.removeValue(forKey: resource) ?? Table()
    let position = table.objects.position(of: key)
    let isThere = position < table.objects.count && table.objects[position].key == key
    let previous = isThere ? table.objects[position] : nil
    switch (event.kind, isThere) {
    case (.deleted, true): table.objects.remove(at: position)
    case (.deleted, false): break
    case (_, true): table.objects[position] = object
    case (_, false): table.objects.insert(object, at: position)
    }
    let cached = CachedEvent(kind: event.kind, object: object, previous: previous)
    table.ring.append(cached)
    if table.ring.count > ringCapacity * 2 {
      let dropped = table.ring.count - ringCapacity
      state.ringStart[resource] = table.ring[dropped - 1].object.revision
      table.ring.removeFirst(dropped)
    }
    if !table.watches.isEmpty {
      let reading = EventReading(cached)
      for watch in table.watches.values { watch.offer(reading) }
    }
    state.tables[resource] = table
  }

  private func tick() {
    let now = ContinuousClock.now
    let expired = state.withLock { state in
      let revision = state.revision
      var expired: [WatchBuffer] = []
      for (resource, table) in state.tables {
        for (id, watch) in table.watches {
          if watch.isDone(at: now) {
            expired.append(watch)
            state.tables[resource]?.watches[id] = nil
          } else {
            watch.offerBookmark(revision, at: now)
          }
        }
      }
      return expired
    }
    for watch in expired { watch.finish() }
  }

  // MARK: Reading

  var revision: Int64 { state.withLock { $0.revision } }

  func get(_ resource: String, _ key: String) -> CachedObject? {
    state.withLock { state in
      guard let objects = state.tables[resource]?.objects else { return nil }
      let position = objects.position(of: key)
      return position < objects.count && objects[position].key == key ? objects[position] : nil
    }
  }

  /// The objects whose key begins with `prefix`, behind the key `after`, and the revision at which this is true.
  func list(_ resource: String, prefix: String = "", after: String = "") -> (
    objects: ArraySlice<CachedObject>, revision: Int64
  ) {
    let (objects, revision) = state.withLock { ($0.tables[resource]?.objects ?? [], $0.revision) }
    return (Self.part(of: objects, prefix: prefix, after: after), revision)
  }

  /// The same as it was at a revision; `nil` where the resource has been written to since, or the cache was not there yet.
  func list(_ resource: String, prefix: String, after: String, at revision: Int64) -> ArraySlice<CachedObject>? {
    let objects: [CachedObject]? = state.withLock { state in
      let table = state.tables[resource] ?? Table()
      let newest = table.ring.last?.object.revision ?? state.loadedAt
      return (newest...state.revision).contains(revision) ? table.objects : nil
    }
    return objects.map { Self.part(of: $0, prefix: prefix, after: after) }
  }

  private static func part(of objects: [CachedObject], prefix: String, after: String) -> ArraySlice<CachedObject> {
    var start = objects.position(of: max(prefix, after))
    if !after.isEmpty, start < objects.count, objects[start].key == after { start += 1 }
    let end = prefix.isEmpty ? objects.count : objects.position(of: prefix.keyRangeEnd)
    return objects[min(start, end)..<end]
  }

  func count(_ resource: String) -> Int { state.withLock { $0.tables[resource]?.objects.count ?? 0 } }

  /// The number of objects by resource.
  var counts: [String: Int] { state.withLock { $0.tables.mapValues(\.objects.count) } }

  var watchCount: Int { state.withLock { $0.tables.values.reduce(0) { $0 + $1.watches.count } } }

  // MARK: Watching

  /// Begins a watch.
  /// - Throws: ``StoreError/compacted(requested:oldest:)`` where the events since are no longer known.
  func watch(_ resource: String, _ request: WatchRequest) async throws -> Watch {
    let buffer = WatchBuffer(request)
    let (id, registered, ringReaches) = state.withLock { state in
      state.nextWatch += 1
      var table = state.tables[resource] ?? Table()
      var reaches = true
      switch request.start {
      case .now: break
      case .state(let marksEnd):
        for object in table.objects { buffer.offerInitial(object) }
        if marksEnd { buffer.offerInitialEnd(state.revision) }
      case .after(let revision):
        reaches = revision >= max(state.loadedAt, state.ringStart[resource] ?? 0)
        if reaches {
          for event in table.ring where event.object.revision > revision {
            buffer.offer(EventReading(event), replay: true)
          }
        }
      }
      table.watches[state.nextWatch] = buffer
      state.tables[resource] = table
      return (state.nextWatch, state.revision, reaches)
    }
    let watch = Watch(buffer) { [weak self] in
      _ = self?.state.withLock { $0.tables[resource]?.watches.removeValue(forKey: id) }
    }
    if case .after(let revision) = request.start, !ringReaches {
      let past = try await store.history(prefix: resource + "/", after: revision, through: registered)
      buffer.prepend(past.map { CachedEvent($0) })
    }
    return watch
  }
}

extension [CachedObject] {
  /// Where `key` is, or would be.
  func position(of key: String) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle].key < key { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
