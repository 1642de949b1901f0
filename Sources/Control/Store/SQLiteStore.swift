import FoundationEssentials
import GRDB
import Synchronization

/// A ``Store`` in one SQLite file (or in memory): WAL, one table of writes, group commit.
///
/// Every write is a row; the newest row of a key is its value. So the state at any revision that is not compacted, and
/// the history between two of them, are queries, and a write is one insertion. Writes that arrive while a transaction
/// is being committed share the next one.
public final class SQLiteStore: Store {
  /// What a commit waits for.
  public enum Synchronous: String, Sendable {
    /// A commit is on the disk when it is acknowledged: survives power loss. The default.
    case full = "FULL"
    /// A commit is with the kernel when it is acknowledged: survives `kill -9`, may lose the last writes at power loss.
    case normal = "NORMAL"
  }

  public enum Location: Sendable {
    case file(String)
    /// Gone with the process: for tests.
    case memory
  }

  struct Write: Sendable {
    enum Condition: Sendable {
      case absent
      case revision(Int64)
    }

    var key: String
    var value: [UInt8]
    var isDeletion: Bool
    var condition: Condition
    var continuation: CheckedContinuation<Int64, any Error>
  }

  private struct State {
    var pending: [Write] = []
    var isDraining = false
    var isClosed = false
    var subscribers: [Int: @Sendable ([StoreEvent]) -> Void] = [:]
    var nextSubscriber = 0
  }

  /// One connection, one serial queue: reads of objects are served from the watch cache, not from here.
  private let database: DatabaseQueue
  private let state = Mutex(State())
  /// The newest revision; written on the queue of the data base only.
  private let revision = Atomic<Int64>(0)

  /// Opens the file, or makes it.
  /// - Throws: ``StoreError/failed(action:cause:)`` where the file cannot be opened or is no data base.
  public init(_ location: Location, synchronous: Synchronous = .full) throws(StoreError) {
    var configuration = Configuration()
    configuration.label = "skiff.store"
    configuration.busyMode = .timeout(5)
    let isFile = if case .file = location { true } else { false }
    configuration.prepareDatabase { db in
      if isFile { try db.execute(sql: "PRAGMA journal_mode = WAL") }
      try db.execute(sql: "PRAGMA synchronous = \(synchronous.rawValue)")
      try db.execute(sql: "PRAGMA journal_size_limit = 16777216")
    }
    do {
      switch location {
      case .file(let path): database = try DatabaseQueue(path: path, configuration: configuration)
      case .memory: database = try DatabaseQueue(configuration: configuration)
      }
      let current = try database.write { db in
        try Self.createTables(db)
        return try Self.newestRevision(db)
      }
      revision.store(current, ordering: .sequentiallyConsistent)
    } catch {
      let name = if case .file(let path) = location { path } else { "in memory" }
      throw .failed(action: "open the store \(name)", cause: "\(error)")
    }
  }

  private static func createTables(_ db: Database) throws {
    try db.execute(
      sql: """
        CREATE TABLE IF NOT EXISTS writes (
          revision INTEGER PRIMARY KEY,
          key TEXT NOT NULL,
          kind INTEGER NOT NULL,
          value BLOB NOT NULL);
        CREATE UNIQUE INDEX IF NOT EXISTS writes_by_key ON writes (key, revision, kind);
        CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        """)
  }

  static func newestRevision(_ db: Database) throws -> Int64 {
    let newest = try Int64.fetchOne(db, sql: "SELECT max(revision) FROM writes") ?? 0
    return max(newest, try compactedRevision(db))
  }

  static func compactedRevision(_ db: Database) throws -> Int64 {
    try Int64.fetchOne(db, sql: "SELECT value FROM counters WHERE name = 'compacted'") ?? 0
  }

  // MARK: Writing

  public func create(_ key: String, _ value: [UInt8]) async throws -> Int64 {
    try await write(key, value, isDeletion: false, .absent)
  }

  public func update(_ key: String, _ value: [UInt8], expected: Int64) async throws -> Int64 {
    try await write(key, value, isDeletion: false, .revision(expected))
  }

  public func delete(_ key: String, last: [UInt8], expected: Int64) async throws -> Int64 {
    try await write(key, last, isDeletion: true, .revision(expected))
  }

  private func write(
    _ key: String, _ value: [UInt8], isDeletion: Bool, _ condition: Write.Condition
  ) async throws -> Int64 {
    try await withCheckedThrowingContinuation { continuation in
      let write = Write(
        key: key, value: value, isDeletion: isDeletion, condition: condition, continuation: continuation)
      let (accepted, starts) = state.withLock { state in
        if state.isClosed { return (false, false) }
        state.pending.append(write)
        if state.isDraining { return (true, false) }
        state.isDraining = true
        return (true, true)
      }
      if !accepted { continuation.resume(throwing: StoreError.closed) }
      if starts { database.asyncWriteWithoutTransaction { [self] db in drain(db) } }
    }
  }

  private func drain(_ db: Database) {
    while true {
      let batch = state.withLock { state in
        let batch = state.pending
        state.pending = []
        if batch.isEmpty { state.isDraining = false }
        return batch
      }
      if batch.isEmpty { return }
      commit(batch, db)
    }
  }

  private func commit(_ batch: [Write], _ db: Database) {
    var outcomes: [Result<Int64, any Error>] = []
    outcomes.reserveCapacity(batch.count)
    var events: [StoreEvent] = []
    var next = revision.load(ordering: .relaxed)
    do {
      try db.inTransaction(.immediate) {
        for write in batch {
          do throws(StoreError) {
            let event = try Self.apply(write, revision: next + 1, db)
            next += 1
            events.append(event)
            outcomes.append(.success(next))
          } catch .failed(let action, let cause) {
            // The data base, not the precondition: nothing of the batch is kept.
            throw StoreError.failed(action: action, cause: cause)
          } catch {
            outcomes.append(.failure(error))
          }
        }
        return .commit
      }
    } catch {
      let failure = error as? StoreError ?? .failed(action: "commit to the store", cause: "\(error)")
      for write in batch { write.continuation.resume(throwing: failure) }
      return
    }
    revision.store(next, ordering: .sequentiallyConsistent)
    if !events.isEmpty {
      for deliver in state.withLock({ Array($0.subscribers.values) }) { deliver(events) }
    }
    for (write, outcome) in zip(batch, outcomes) { write.continuation.resume(with: outcome) }
  }

  private static func apply(_ write: Write, revision: Int64, _ db: Database) throws(StoreError) -> StoreEvent {
    do {
      let newest = try db.cachedStatement(
        sql: "SELECT revision, kind FROM writes WHERE key = ? ORDER BY revision DESC LIMIT 1")
      let row = try Row.fetchOne(newest, arguments: [write.key])
      let found: Int64? = row.flatMap { $0[1] as Int == Kind.deleted ? nil : $0[0] }
      switch (write.condition, found) {
      case (.absent, .some): throw StoreError.alreadyExists(key: write.key)
      case (.revision, nil): throw StoreError.notFound(key: write.key)
      case (.revision(let expected), let found?) where expected != found:
        throw StoreError.conflict(key: write.key, expected: expected, found: found)
      default: break
      }
      let kind = write.isDeletion ? Kind.deleted : (found == nil ? Kind.created : Kind.updated)
      let insert = try db.cachedStatement(sql: "INSERT INTO writes (revision, key, kind, value) VALUES (?, ?, ?, ?)")
      try insert.execute(arguments: [revision, write.key, kind, Data(write.value)])
      return StoreEvent(kind: Kind.event(kind), key: write.key, revision: revision, value: write.value)
    } catch let error as StoreError {
      throw error
    } catch {
      throw .failed(action: "write \(write.key)", cause: "\(error)")
    }
  }

  // MARK: Reading

  private func read<T: Sendable>(_ action: String, _ body: @escaping @Sendable (Database) throws -> T) async throws -> T
  {
    guard !state.withLock({ $0.isClosed }) else { throw StoreError.closed }
    do {
      return try await database.read { db in try body(db) }
    } catch let error as StoreError {
      throw error
    } catch let error as CancellationError {
      throw error
    } catch {
      throw StoreError.failed(action: action, cause: "\(error)")
    }
  }

  public func get(_ key: String) async throws -> StoredObject? {
    try await read("read \(key)") { db in
      let row = try Row.fetchOne(
        db.cachedStatement(
          sql: "SELECT revision, kind, value FROM writes WHERE key = ? ORDER BY revision DESC LIMIT 1"),
        arguments: [key])
      guard let row, row[1] as Int != Kind.deleted else { return nil }
      return StoredObject(key: key, value: try row.bytes(at: 2), revision: row[0])
    }
  }

  public func list(_ query: StoreQuery) async throws -> StorePage {
    try await read("list \(query.prefix)") { db in
      let current = try Self.newestRevision(db)
      let revision = query.revision ?? current
      let compacted = try Self.compactedRevision(db)
      if revision < compacted { throw StoreError.compacted(requested: revision, oldest: compacted) }
      if revision > current { throw StoreError.future(requested: revision, current: current) }
      let end = query.prefix.keyRangeEnd
      let matching = """
        SELECT max(revision) AS newest, kind FROM writes
        WHERE key >= :start AND key < :end AND key > :after AND revision <= :revision GROUP BY key
        """
      let arguments: [String: (any DatabaseValueConvertible)?] = [
        "start": query.prefix, "end": end, "after": query.after ?? "", "revision": revision,
      ]
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT w.key, w.revision, w.value FROM writes w JOIN (\(matching)) n ON w.revision = n.newest
          WHERE n.kind != \(Kind.deleted) ORDER BY w.key LIMIT :limit
          """,
        arguments: StatementArguments(arguments.merging(["limit": query.limit ?? -1]) { $1 }))
      var objects: [StoredObject] = []
      while let row = try rows.next() {
        objects.append(StoredObject(key: row[0], value: try row.bytes(at: 2), revision: row[1]))
      }
      var remaining = 0
      if let limit = query.limit, objects.count == limit {
        let total = try Int.fetchOne(
          db, sql: "SELECT count(*) FROM (\(matching)) WHERE kind != \(Kind.deleted)",
          arguments: StatementArguments(arguments))
        remaining = (total ?? 0) - objects.count
      }
      return StorePage(objects: objects, revision: revision, remaining: remaining)
    }
  }

  public func currentRevision() async throws -> Int64 { revision.load(ordering: .sequentiallyConsistent) }

  public func history(prefix: String, after: Int64, through: Int64) async throws -> [StoreEvent] {
    try await read("read the history of \(prefix)") { db in
      try Self.history(db, prefix: prefix, after: after, through: through)
    }
  }

  private static func history(_ db: Database, prefix: String, after: Int64, through: Int64) throws -> [StoreEvent] {
    let compacted = try compactedRevision(db)
    if after < compacted { throw StoreError.compacted(requested: after, oldest: compacted) }
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT w.kind, w.key, w.revision, w.value,
          (SELECT p.value FROM writes p WHERE p.key = w.key AND p.revision < w.revision AND w.kind != \(Kind.created)
           ORDER BY p.revision DESC LIMIT 1)
        FROM writes w WHERE w.revision > ? AND w.revision <= ? AND w.key >= ? AND w.key < ? ORDER BY w.revision
        """,
      arguments: [after, through, prefix, prefix.keyRangeEnd])
    var events: [StoreEvent] = []
    while let row = try rows.next() {
      events.append(
        StoreEvent(
          kind: Kind.event(row[0]), key: row[1], revision: row[2], value: try row.bytes(at: 3),
          previous: row.hasNull(atIndex: 4) ? nil : try row.bytes(at: 4)))
    }
    return events
  }

  public func watch(
    after: Int64, _ deliver: @escaping @Sendable ([StoreEvent]) -> Void
  ) async throws -> StoreSubscription {
    // On the queue of the commits, so that nothing is written between the replay and the registration.
    let id: Int
    do {
      id = try await database.writeWithoutTransaction { [self] db in
        if state.withLock({ $0.isClosed }) { throw StoreError.closed }
        let past = try Self.history(db, prefix: "", after: after, through: revision.load(ordering: .relaxed))
        if !past.isEmpty { deliver(past) }
        return state.withLock { state in
          state.nextSubscriber += 1
          state.subscribers[state.nextSubscriber] = deliver
          return state.nextSubscriber
        }
      }
    } catch let error as StoreError {
      throw error
    } catch {
      throw StoreError.failed(action: "watch the store", cause: "\(error)")
    }
    return StoreSubscription { [weak self] in _ = self?.state.withLock { $0.subscribers.removeValue(forKey: id) } }
  }

  // MARK: Housekeeping

  public func compact(through requested: Int64) async throws {
    if state.withLock({ $0.isClosed }) { throw StoreError.closed }
    do {
      try await database.write { [self] db in
        let target = min(requested, revision.load(ordering: .relaxed))
        guard target > (try Self.compactedRevision(db)) else { return }
        // A row goes when a later one of its key is not newer than the target, and a tombstone goes with its key.
        try db.execute(
          sql: """
            DELETE FROM writes WHERE revision <= :target AND (kind = \(Kind.deleted) OR EXISTS (
              SELECT 1 FROM writes n WHERE n.key = writes.key AND n.revision > writes.revision AND n.revision <= :target))
            """, arguments: ["target": target])
        try db.execute(
          sql: "INSERT INTO counters VALUES ('compacted', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
          arguments: [target])
      }
    } catch {
      throw StoreError.failed(action: "compact the store", cause: "\(error)")
    }
  }

  public func close() async {
    state.withLock { state in
      state.isClosed = true
      state.subscribers = [:]
    }
    // Waits for what is on the queue; then no write is pending, for none was accepted since.
    try? await database.writeWithoutTransaction { _ in }
    try? database.close()
  }

  /// The numbers of the column `kind`.
  private enum Kind {
    static let created = 0
    static let updated = 1
    static let deleted = 2

    static func event(_ kind: Int) -> StoreEvent.Kind {
      switch kind {
      case created: .created
      case updated: .updated
      default: .deleted
      }
    }
  }
}

extension Row {
  fileprivate func bytes(at index: Int) throws -> [UInt8] {
    try withUnsafeData(atIndex: index) { $0.map { Array($0) } ?? [] }
  }
}

extension String {
  /// The first key behind all that begin with this prefix.
  var keyRangeEnd: String {
    var bytes = Array(utf8)
    while let last = bytes.popLast() {
      if last < 0x7F { return String(decoding: bytes + [last + 1], as: UTF8.self) }
    }
    // Keys are ASCII: DEL sorts behind all of them.
    return "\u{7F}"
  }
}
