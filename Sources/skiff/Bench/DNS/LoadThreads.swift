import ClusterDNS
import Synchronization

/// A load's turn on a thread of its own.
final class LoadTurn: Sendable {
  private let thread: NamedThread
  private let result: Outcome

  private final class Outcome: Sendable {
    let value = Mutex<LoadResult?>(nil)
  }

  init(_ load: DatagramLoad, for duration: Duration) throws {
    let result = Outcome()
    self.result = result
    nonisolated(unsafe) let load = load  // One thread uses it at a time: the caller waits for this one.
    thread = try NamedThread("bench-load") { result.value.withLock { $0 = load.run(for: duration) } }
  }

  var isOver: Bool { result.value.withLockIfAvailable { $0 != nil } ?? false }

  /// Call it once.
  func wait() -> LoadResult {
    thread.join()
    return result.value.withLock { $0 } ?? LoadResult()
  }
}

/// A load at a steady rate on a thread of its own, until `stop`.
final class BackgroundLoad: Sendable {
  private let thread: NamedThread
  private let state: State

  private final class State: Sendable {
    let isStopping = Atomic(false)
  }

  init(_ load: DatagramLoad, rate: Double) throws {
    let state = State()
    self.state = state
    nonisolated(unsafe) let load = load  // This thread alone uses it from now on.
    thread = try NamedThread("bench-load") {
      while !state.isStopping.load(ordering: .relaxed) { _ = load.run(for: .milliseconds(50), rate: rate) }
    }
  }

  /// Call it once.
  func stop() {
    state.isStopping.store(true, ordering: .relaxed)
    thread.join()
  }
}

/// The first right answer to a query, awaited on a thread of its own.
final class FirstAnswer: Sendable {
  private let thread: NamedThread
  private let outcome: Outcome

  private final class Outcome: Sendable {
    let value = Mutex<Result<ContinuousClock.Instant, any Error>?>(nil)
  }

  init(_ watch: AnswerWatch, _ query: CheckedQuery) throws {
    let outcome = Outcome()
    self.outcome = outcome
    thread = try NamedThread("bench-watch") {
      let result = Result { try watch.firstAnswer(query) }
      outcome.value.withLock { $0 = result }
    }
  }

  /// When it came. Call it once.
  func wait() throws -> ContinuousClock.Instant {
    thread.join()
    guard let result = outcome.value.withLock({ $0 }) else { throw UserError("a thread has ended without a result") }
    return try result.get()
  }
}
