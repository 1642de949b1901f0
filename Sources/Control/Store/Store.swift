/// Where the cluster's objects live: keys and bytes under one revision counter.
///
/// Every write has a revision of its own, one more than the write before it. A value is opaque here. Keys are compared
/// as bytes. All methods throw ``StoreError``.
public protocol Store: Sendable {
  /// The newest value of `key`; `nil` where there is none.
  func get(_ key: String) async throws -> StoredObject?

  /// The values under a prefix in the order of their keys, all as they were at one revision.
  ///
  /// - Throws: ``StoreError/compacted(requested:oldest:)`` and ``StoreError/future(requested:current:)``.
  func list(_ query: StoreQuery) async throws -> StorePage

  /// Writes a key that is not there. Returns the revision.
  /// - Throws: ``StoreError/alreadyExists(key:)``.
  func create(_ key: String, _ value: [UInt8]) async throws -> Int64

  /// Replaces the value that was written at revision `expected`. Returns the new revision.
  /// - Throws: ``StoreError/notFound(key:)``, ``StoreError/conflict(key:expected:found:)``.
  func update(_ key: String, _ value: [UInt8], expected: Int64) async throws -> Int64

  /// Removes the value that was written at revision `expected`. `last` is what the event of the deletion carries.
  /// - Throws: ``StoreError/notFound(key:)``, ``StoreError/conflict(key:expected:found:)``.
  func delete(_ key: String, last: [UInt8], expected: Int64) async throws -> Int64

  /// Calls `deliver` with every write after `revision`, in order, first those that have happened already.
  ///
  /// `deliver` runs on the commit path, before the writer is told of its success: it must neither block nor call the
  /// store. Events end when the returned value is cancelled or released.
  /// - Throws: ``StoreError/compacted(requested:oldest:)``.
  func watch(
    after revision: Int64, _ deliver: @escaping @Sendable ([StoreEvent]) -> Void
  ) async throws -> StoreSubscription

  /// The writes under `prefix` after one revision and up to another, with the values they replaced.
  /// - Throws: ``StoreError/compacted(requested:oldest:)``.
  func history(prefix: String, after: Int64, through: Int64) async throws -> [StoreEvent]

  /// The revision of the newest write; 0 in an empty store.
  func currentRevision() async throws -> Int64

  /// Forgets values that were replaced at or before `revision`. What is current stays.
  func compact(through revision: Int64) async throws

  /// Ends subscriptions and closes files. Later calls throw ``StoreError/closed``.
  func close() async
}

/// A value and when it was written.
public struct StoredObject: Sendable, Equatable {
  public var key: String
  public var value: [UInt8]
  public var revision: Int64

  public init(key: String, value: [UInt8], revision: Int64) {
    self.key = key
    self.value = value
    self.revision = revision
  }
}

/// What ``Store/list(_:)`` is to return.
public struct StoreQuery: Sendable {
  public var prefix: String
  /// Keys up to this one are left out: the last key of the page before.
  public var after: String?
  /// At most so many values.
  public var limit: Int?
  /// The state at this revision; the newest where it is `nil`.
  public var revision: Int64?

  public init(prefix: String, after: String? = nil, limit: Int? = nil, revision: Int64? = nil) {
    self.prefix = prefix
    self.after = after
    self.limit = limit
    self.revision = revision
  }
}

/// A part of a list.
public struct StorePage: Sendable {
  public var objects: [StoredObject]
  /// The revision at which the list is true.
  public var revision: Int64
  /// How many values follow behind this page.
  public var remaining: Int
}

/// One write.
public struct StoreEvent: Sendable, Equatable {
  public enum Kind: Sendable, Equatable { case created, updated, deleted }

  public var kind: Kind
  public var key: String
  public var revision: Int64
  /// The new value; of a deletion the last one.
  public var value: [UInt8]
  /// The value before, where the event comes from ``Store/history(prefix:after:through:)``.
  public var previous: [UInt8]?

  public init(kind: Kind, key: String, revision: Int64, value: [UInt8], previous: [UInt8]? = nil) {
    self.kind = kind
    self.key = key
    self.revision = revision
    self.value = value
    self.previous = previous
  }
}

/// Keeps a watch of a store alive.
public final class StoreSubscription: Sendable {
  private let onCancel: @Sendable () -> Void

  public init(onCancel: @escaping @Sendable () -> Void) { self.onCancel = onCancel }

  public func cancel() { onCancel() }

  deinit { onCancel() }
}
