import Logging

/// Forgets the past of a store when it is older than a given time.
struct Compaction: Sendable {
  let store: any Store
  let history: Duration
  let logger: Logger

  /// Runs until it is cancelled.
  func run() async throws {
    var boundary = try await store.currentRevision()
    while true {
      try await Task.sleep(for: history)
      let now = try await store.currentRevision()
      do {
        try await store.compact(through: boundary)
      } catch let error as StoreError {
        logger.warning("compaction failed", metadata: ["revision": "\(boundary)", "error": "\(error)"])
      }
      boundary = now
    }
  }
}
