import KubeAPI
import Synchronization

/// What a watch is to deliver.
struct WatchRequest: Sendable {
  enum Start: Sendable {
    /// Only what happens from now on.
    case now
    /// First every object as added, then what happens; `marksEnd` puts a bookmark between the two.
    case state(marksEnd: Bool)
    case after(Int64)
  }

  var start: Start
  /// Keys that begin so: `default/`.
  var prefix = ""
  /// Which objects; all where it is `nil`.
  var matches: (@Sendable (JSONValue) -> Bool)?
  var sendsBookmarks = false
  var deadline: ContinuousClock.Instant?
}

/// One event as a watcher sees it.
enum WatchItem: Sendable {
  case added(CachedObject)
  case modified(CachedObject)
  case deleted(CachedObject)
  case bookmark(revision: Int64, endsInitialEvents: Bool)
}

/// A running watch. It ends when it is released.
final class Watch: Sendable {
  private let buffer: WatchBuffer
  private let onEnd: @Sendable () -> Void

  init(_ buffer: WatchBuffer, onEnd: @escaping @Sendable () -> Void) {
    self.buffer = buffer
    self.onEnd = onEnd
  }

  /// What has happened since the last call; waits where nothing has. `nil` at the end: the deadline, a server that
  /// stops, a reader that was too slow, or cancellation.
  func next() async -> [WatchItem]? { await buffer.next() }

  deinit {
    onEnd()
    buffer.finish()
  }
}

/// Events between the commit path and one watcher.
final class WatchBuffer: Sendable {
  private struct State {
    var items: [WatchItem] = []
    var waiting: CheckedContinuation<[WatchItem]?, Never>?
    var isFinished = false
    /// While older events are still being read, newer ones gather but are not handed out.
    var isHeld = false
    var nextBookmark = ContinuousClock.now + WatchBuffer.bookmarkInterval
  }

  static let capacity = 4096
  static let bookmarkInterval = Duration.seconds(60)

  private let request: WatchRequest
  private let state = Mutex(State())

  init(_ request: WatchRequest) {
    self.request = request
    if case .after = request.start { state.withLock { $0.isHeld = true } }
  }

  /// Offers an event. A replayed one is not counted against the capacity: it was asked for.
  func offer(_ reading: EventReading, replay: Bool = false) {
    guard reading.event.object.key.hasASCIIPrefix(request.prefix), let item = item(for: reading) else { return }
    push(item, isCounted: !replay)
  }

  private func item(for reading: EventReading) -> WatchItem? {
    let event = reading.event
    guard let matches = request.matches else {
      switch event.kind {
      case .created: return .added(event.object)
      case .updated: return .modified(event.object)
      case .deleted: return .deleted(event.object)
      }
    }
    let before = reading.previousJSON.map(matches) ?? false
    if event.kind == .deleted { return before || matches(reading.json) ? .deleted(event.object) : nil }
    switch (before, matches(reading.json)) {
    case (false, true): return .added(event.object)
    case (true, true): return .modified(event.object)
    case (true, false):
      // It has left the selection: the watcher sees it go, as it last saw it, at the version of this event.
      guard let previous = event.previous else { return nil }
      return .deleted(
        CachedObject(
          key: previous.key, revision: event.object.revision,
          bytes: ObjectEncoding.restamped(previous.bytes, revision: event.object.revision)))
    case (false, false): return nil
    }
  }

  func offerInitial(_ object: CachedObject) {
    guard object.key.hasASCIIPrefix(request.prefix) else { return }
    if let matches = request.matches, !matches(object.json) { return }
    push(.added(object), isCounted: false)
  }

  func offerInitialEnd(_ revision: Int64) {
    push(.bookmark(revision: revision, endsInitialEvents: true), isCounted: false)
  }

  func offerBookmark(_ revision: Int64, at now: ContinuousClock.Instant) {
    guard request.sendsBookmarks else { return }
    let isDue = state.withLock { state in
      guard now >= state.nextBookmark, !state.isHeld else { return false }
      state.nextBookmark = now + Self.bookmarkInterval
      return true
    }
    if isDue { push(.bookmark(revision: revision, endsInitialEvents: false), isCounted: true) }
  }

  func isDone(at now: ContinuousClock.Instant) -> Bool {
    if let deadline = request.deadline, now >= deadline { return true }
    return state.withLock { $0.isFinished }
  }

  /// Puts older events before those that came in meanwhile, and lets all of them out.
  func prepend(_ events: [CachedEvent]) {
    let older = events.compactMap { event in
      event.object.key.hasASCIIPrefix(request.prefix) ? item(for: EventReading(event)) : nil
    }
    state.withLock { $0.items.insert(contentsOf: older, at: 0) }
  }

  private func push(_ item: WatchItem, isCounted: Bool) {
    let resumption = state.withLock { state -> (CheckedContinuation<[WatchItem]?, Never>, [WatchItem])? in
      if state.isFinished { return nil }
      if let waiting = state.waiting {
        state.waiting = nil
        return (waiting, [item])
      }
      if isCounted, state.items.count >= Self.capacity {
        state.isFinished = true
        state.items = []
        return nil
      }
      state.items.append(item)
      return nil
    }
    if let (continuation, items) = resumption { continuation.resume(returning: items) }
  }

  func next() async -> [WatchItem]? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let ready = state.withLock { state -> [WatchItem]?? in
          state.isHeld = false
          if !state.items.isEmpty {
            let items = state.items
            state.items = []
            return .some(items)
          }
          if state.isFinished || Task.isCancelled { return .some(nil) }
          state.waiting = continuation
          return nil
        }
        if let ready { continuation.resume(returning: ready) }
      }
    } onCancel: {
      finish()
    }
  }

  /// No more events; those that are there are still delivered.
  func finish() {
    let waiting = state.withLock { state in
      state.isFinished = true
      let waiting = state.waiting
      state.waiting = nil
      return waiting
    }
    waiting?.resume(returning: nil)
  }
}

extension String {
  /// By bytes: keys are ASCII, and `hasPrefix` would look at characters.
  func hasASCIIPrefix(_ prefix: String) -> Bool {
    prefix.isEmpty || utf8.starts(with: prefix.utf8)
  }
}
