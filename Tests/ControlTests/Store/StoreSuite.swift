import Foundation
import Synchronization
import Testing

@testable import Control

/// What every ``Store`` does, run against each of them.
@Suite struct StoreSuite {
  enum Kind: String, CaseIterable, Sendable { case memory, file }

  /// Opens a store and closes it and removes its files at the end.
  static func withStore(
    _ kind: Kind, _ body: (any Store) async throws -> Void
  ) async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let store = try SQLiteStore(kind == .memory ? .memory : .file(directory.path + "/store.db"))
    do {
      try await body(store)
    } catch {
      await store.close()
      throw error
    }
    await store.close()
  }

  static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test(arguments: Kind.allCases) func writesHaveRisingRevisions(_ kind: Kind) async throws {
    try await Self.withStore(kind) { store in
      #expect(try await store.currentRevision() == 0)
      let first = try await store.create("pods/a/x", Self.bytes("1"))
      let second = try await store.create("pods/a/y", Self.bytes("2"))
      #expect(second == first + 1)
      let third = try await store.update("pods/a/x", Self.bytes("3"), expected: first)
      #expect(third == second + 1)
      let read = try await store.get("pods/a/x")
      #expect(read == StoredObject(key: "pods/a/x", value: Self.bytes("3"), revision: third))
      #expect(try await store.currentRevision() == third)
    }
  }

  @Test(arguments: Kind.allCases) func preconditionsHold(_ kind: Kind) async throws {
    try await Self.withStore(kind) { store in
      let first = try await store.create("a/x", Self.bytes("1"))
      await #expect(throws: StoreError.alreadyExists(key: "a/x")) { try await store.create("a/x", []) }
      await #expect(throws: StoreError.notFound(key: "a/y")) { try await store.update("a/y", [], expected: first) }
      await #expect(throws: StoreError.conflict(key: "a/x", expected: 77, found: first)) {
        try await store.update("a/x", [], expected: 77)
      }
      await #expect(throws: StoreError.conflict(key: "a/x", expected: 77, found: first)) {
        try await store.delete("a/x", last: [], expected: 77)
      }
      _ = try await store.delete("a/x", last: Self.bytes("1"), expected: first)
      #expect(try await store.get("a/x") == nil)
      await #expect(throws: StoreError.notFound(key: "a/x")) {
        try await store.delete("a/x", last: [], expected: first)
      }
      // A refused write takes no revision.
      #expect(try await store.create("a/x", Self.bytes("2")) == first + 2)
    }
  }

  @Test(arguments: Kind.allCases) func listsByPrefixInPages(_ kind: Kind) async throws {
    try await Self.withStore(kind) { store in
      for name in ["c", "a", "b", "e", "d"] { _ = try await store.create("pods/n/\(name)", Self.bytes(name)) }
      _ = try await store.create("pods/n-2/z", Self.bytes("z"))
      _ = try await store.create("podsets/n/z", Self.bytes("z"))
      let first = try await store.list(StoreQuery(prefix: "pods/n/", limit: 2))
      #expect(first.objects.map(\.key) == ["pods/n/a", "pods/n/b"])
      #expect(first.remaining == 3)
      // What happens now is not seen by the pages that follow at the same revision.
      let b = try #require(try await store.get("pods/n/b"))
      _ = try await store.delete("pods/n/b", last: b.value, expected: b.revision)
      let c = try #require(try await store.get("pods/n/c"))
      _ = try await store.update("pods/n/c", Self.bytes("new"), expected: c.revision)
      _ = try await store.create("pods/n/cc", Self.bytes("cc"))
      let second = try await store.list(
        StoreQuery(prefix: "pods/n/", after: "pods/n/b", limit: 2, revision: first.revision))
      #expect(second.objects.map(\.key) == ["pods/n/c", "pods/n/d"])
      #expect(second.objects.first?.value == Self.bytes("c"))
      #expect(second.remaining == 1)
      let now = try await store.list(StoreQuery(prefix: "pods/n/"))
      #expect(now.objects.map(\.key) == ["pods/n/a", "pods/n/c", "pods/n/cc", "pods/n/d", "pods/n/e"])
      #expect(now.remaining == 0)
      await #expect(throws: StoreError.future(requested: 999, current: now.revision)) {
        try await store.list(StoreQuery(prefix: "", revision: 999))
      }
    }
  }

  @Test(arguments: Kind.allCases) func watchDeliversPastAndPresentInOrder(_ kind: Kind) async throws {
    try await Self.withStore(kind) { store in
      let first = try await store.create("a/x", Self.bytes("1"))
      let second = try await store.update("a/x", Self.bytes("2"), expected: first)
      let seen = Mutex<[StoreEvent]>([])
      let subscription = try await store.watch(after: first) { events in seen.withLock { $0 += events } }
      let third = try await store.delete("a/x", last: Self.bytes("2"), expected: second)
      let fourth = try await store.create("a/y", Self.bytes("y"))
      // Events come before the writer is told, so nothing is waited for.
      let events = seen.withLock { $0 }
      #expect(events.map(\.revision) == [second, third, fourth])
      #expect(events.map(\.kind) == [.updated, .deleted, .created])
      #expect(events.map(\.key) == ["a/x", "a/x", "a/y"])
      subscription.cancel()
      _ = try await store.create("a/z", [])
      #expect(seen.withLock { $0.count } == 3)
    }
  }

  @Test(arguments: Kind.allCases) func historyHasThePreviousValues(_ kind: Kind) async throws {
    try await Self.withStore(kind) { store in
      let first = try await store.create("a/x", Self.bytes("1"))
      let second = try await store.update("a/x", Self.bytes("2"), expected: first)
      _ = try await store.create("b/x", Self.bytes("other"))
      let fourth = try await store.delete("a/x", last: Self.bytes("2"), expected: second)
      let again = try await store.create("a/x", Self.bytes("3"))
      let events = try await store.history(prefix: "a/", after: 0, through: again)
      #expect(events.map(\.kind) == [.created, .updated, .deleted, .created])
      #expect(events.map(\.previous) == [nil, Self.bytes("1"), Self.bytes("2"), nil])
      #expect(try await store.history(prefix: "a/", after: first, through: fourth).count == 2)
    }
  }

  @Test(arguments: Kind.allCases) func compactionForgetsWhatWasReplaced(_ kind: Kind) async throws {
    try await Self.withStore(kind) { store in
      let first = try await store.create("a/x", Self.bytes("1"))
      let second = try await store.update("a/x", Self.bytes("2"), expected: first)
      let gone = try await store.create("a/gone", [])
      let tombstone = try await store.delete("a/gone", last: [], expected: gone)
      try await store.compact(through: tombstone)
      #expect(try await store.get("a/x")?.revision == second)
      #expect(try await store.currentRevision() == tombstone)
      await #expect(throws: StoreError.compacted(requested: first, oldest: tombstone)) {
        _ = try await store.watch(after: first) { _ in }
      }
      await #expect(throws: StoreError.compacted(requested: second, oldest: tombstone)) {
        try await store.list(StoreQuery(prefix: "a/", revision: second))
      }
      await #expect(throws: StoreError.compacted(requested: first, oldest: tombstone)) {
        try await store.history(prefix: "a/", after: first, through: tombstone)
      }
      // The counter goes on where it was, though its last row is gone.
      #expect(try await store.create("a/new", []) == tombstone + 1)
      #expect(try await store.list(StoreQuery(prefix: "a/")).objects.map(\.key) == ["a/new", "a/x"])
    }
  }

  @Test(arguments: Kind.allCases) func manyWritersAreServedInGroups(_ kind: Kind) async throws {
    try await Self.withStore(kind) { store in
      let seen = Mutex<[Int64]>([])
      let subscription = try await store.watch(after: 0) { events in seen.withLock { $0 += events.map(\.revision) } }
      let revisions = try await withThrowingTaskGroup(of: Int64.self) { group in
        for number in 0..<300 { group.addTask { try await store.create("k/\(number)", Self.bytes("\(number)")) } }
        return try await group.reduce(into: Set()) { $0.insert($1) }
      }
      #expect(revisions == Set(1...300))
      #expect(seen.withLock { $0 } == Array(1...300))
      subscription.cancel()
    }
  }

  @Test func aFileKeepsItsContentAndCounter() async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let path = directory.path + "/store.db"
    let store = try SQLiteStore(.file(path))
    let first = try await store.create("a/x", Self.bytes("1"))
    let second = try await store.delete("a/x", last: [], expected: first)
    _ = try await store.create("a/y", Self.bytes("y"))
    try await store.compact(through: second)
    await store.close()
    await #expect(throws: StoreError.closed) { try await store.create("a/z", []) }
    let again = try SQLiteStore(.file(path))
    #expect(try await again.currentRevision() == 3)
    #expect(try await again.get("a/y")?.value == Self.bytes("y"))
    #expect(try await again.create("a/z", []) == 4)
    await again.close()
  }

  /// What the disk holds at a moment is what a killed process leaves.
  @Test func whatWasAcknowledgedIsThereAfterACrash() async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let store = try SQLiteStore(.file(directory.path + "/store.db"))
    for number in 1...50 { _ = try await store.create("a/\(number)", Self.bytes("\(number)")) }
    for end in ["", "-wal"] {
      try FileManager.default.copyItem(
        atPath: directory.path + "/store.db" + end, toPath: directory.path + "/crashed.db" + end)
    }
    let crashed = try SQLiteStore(.file(directory.path + "/crashed.db"))
    #expect(try await crashed.currentRevision() == 50)
    #expect(try await crashed.list(StoreQuery(prefix: "a/")).objects.count == 50)
    #expect(try await crashed.create("a/51", []) == 51)
    await crashed.close()
    await store.close()
  }

  @Test func whatIsNoDatabaseIsRefused() throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let path = directory.path + "/store.db"
    try PrivateFile.write(String(repeating: "this is text, not SQLite. ", count: 100), to: path)
    #expect(throws: StoreError.self) { _ = try SQLiteStore(.file(path)) }
    #expect(throws: StoreError.self) { _ = try SQLiteStore(.file(directory.path + "/missing/store.db")) }
  }
}
