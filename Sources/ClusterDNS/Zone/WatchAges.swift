import Synchronization

/// When the API server was last heard of about each resource: by a list, an event, or a bookmark.
final class WatchAges: Sendable {
  private let heard = Mutex<[String: UInt64]>([:])

  func heard(_ resource: String) {
    let now = MonotonicClock.nanoseconds()
    heard.withLock { $0[resource] = now }
  }

  /// Seconds since then.
  var seconds: [(resource: String, age: Double)] {
    let now = MonotonicClock.nanoseconds()
    return heard.withLock { heard in
      heard.map { ($0.key, Double(now - min(now, $0.value)) / 1e9) }.sorted { $0.0 < $1.0 }
    }
  }
}
