import KubeClient
import Synchronization

/// What is to be done, each key at most once at a time: the decisions of ``WorkQueue``.
struct WorkQueueState<Key: Hashable & Sendable>: Sendable {
  private var order: [Key] = []
  private var head = 0
  private var dirty: Set<Key> = []
  private var processing: Set<Key> = []
  private var backoffs: [Key: Backoff] = [:]

  var count: Int { order.count - head }

  /// - Returns: whether a worker can take it now.
  mutating func add(_ key: Key) -> Bool {
    guard dirty.insert(key).inserted, !processing.contains(key) else { return false }
    order.append(key)
    return true
  }

  mutating func take() -> Key? {
    guard head < order.count else { return nil }
    let key = order[head]
    head += 1
    if head > 64, head * 2 > order.count {
      order.removeFirst(head)
      head = 0
    }
    dirty.remove(key)
    processing.insert(key)
    return key
  }

  /// - Returns: whether the key came again meanwhile and can be taken now.
  mutating func done(_ key: Key) -> Bool {
    processing.remove(key)
    guard dirty.contains(key) else { return false }
    order.append(key)
    return true
  }

  /// How long to wait before the key, which failed once more, is tried again.
  mutating func failed(_ key: Key, random: Double) -> Duration {
    backoffs[key, default: Backoff(base: .milliseconds(5), limit: .seconds(60))].next(random: random)
  }

  mutating func succeeded(_ key: Key) { backoffs[key] = nil }
}

/// Keys that wait for a worker.
final class WorkQueue<Key: Hashable & Sendable>: Sendable {
  private struct Timer {
    var due: ContinuousClock.Instant
    var task: Task<Void, Never>
  }

  private struct State {
    var queue = WorkQueueState<Key>()
    var waiters: [CheckedContinuation<Key?, Never>] = []
    var timers: [Key: Timer] = [:]
    var isClosed = false
  }

  private let state = Mutex(State())

  var count: Int { state.withLock { $0.queue.count } }

  func add(_ key: Key) { wake { $0.queue.add(key) } }

  /// Adds the key later. Of several times that were asked for, the first counts.
  func add(_ key: Key, after delay: Duration) {
    guard delay > .zero else { return add(key) }
    let due = ContinuousClock.now + delay
    state.withLock { state in
      if state.isClosed { return }
      if let timer = state.timers[key] {
        if timer.due <= due { return }
        timer.task.cancel()
      }
      let task = Task { [weak self] in
        do { try await Task.sleep(until: due, clock: .continuous) } catch { return }
        self?.fire(key, due)
      }
      state.timers[key] = Timer(due: due, task: task)
    }
  }

  private func fire(_ key: Key, _ due: ContinuousClock.Instant) {
    wake { state in
      guard state.timers[key]?.due == due else { return false }
      state.timers[key] = nil
      return state.queue.add(key)
    }
  }

  /// The next key; `nil` once the queue is closed.
  func next() async -> Key? {
    await withCheckedContinuation { continuation in
      let ready: Key?? = state.withLock { state in
        if state.isClosed { return .some(nil) }
        if let key = state.queue.take() { return key }
        state.waiters.append(continuation)
        return nil
      }
      if let ready { continuation.resume(returning: ready) }
    }
  }

  func done(_ key: Key) { wake { $0.queue.done(key) } }

  func succeeded(_ key: Key) { state.withLock { $0.queue.succeeded(key) } }

  @discardableResult
  func failed(_ key: Key) -> Duration {
    let delay = state.withLock { $0.queue.failed(key, random: .random(in: 0...1)) }
    add(key, after: delay)
    return delay
  }

  func close() {
    let (waiters, timers) = state.withLock { state in
      state.isClosed = true
      defer {
        state.waiters = []
        state.timers = [:]
      }
      return (state.waiters, Array(state.timers.values))
    }
    for timer in timers { timer.task.cancel() }
    for waiter in waiters { waiter.resume(returning: nil) }
  }

  /// Makes a change, and gives one waiting worker what that made ready.
  private func wake(_ change: (inout State) -> Bool) {
    let work: (CheckedContinuation<Key?, Never>, Key)? = state.withLock { state in
      guard change(&state), !state.isClosed, !state.waiters.isEmpty, let key = state.queue.take() else { return nil }
      return (state.waiters.removeFirst(), key)
    }
    if let (waiter, key) = work { waiter.resume(returning: key) }
  }
}
