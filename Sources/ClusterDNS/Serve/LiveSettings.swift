import Synchronization

/// What serving threads work by. A new configuration replaces it as a whole; threads see so between two batches.
final class LiveSettings: Sendable {
  struct Current: Sendable {
    var answer: AnswerSettings
    /// Where answers of upstreams are looked for first; `nil` where there is no cache.
    var cache: AnswerCache?
    /// The TTL of stale answers is the cache's; who takes queries that the thread cannot answer.
    var submit: @Sendable (ForwardRequest) -> Void
    /// Who fetches an answer anew.
    var refresh: @Sendable (ForwardQuestion) -> Void
    var queryLog = QueryLog.off
    /// Whether walks through search domains are completed for pods that are known.
    var completesSearchPath = false
    fileprivate(set) var generation = 0

    init(
      answer: AnswerSettings, cache: AnswerCache? = nil, submit: @escaping @Sendable (ForwardRequest) -> Void,
      refresh: @escaping @Sendable (ForwardQuestion) -> Void = { _ in }
    ) {
      self.answer = answer
      self.cache = cache
      self.submit = submit
      self.refresh = refresh
    }
  }

  private let generation = Atomic(0)
  private let state: Mutex<Current>

  init(_ first: Current) { state = Mutex(first) }

  /// Which settings are current: one relaxed load.
  @inline(__always)
  var number: Int { generation.load(ordering: .relaxed) }

  var current: Current { state.withLock { $0 } }

  func replace(_ next: Current) {
    state.withLock { state in
      let number = state.generation + 1
      state = next
      state.generation = number
      generation.store(number, ordering: .relaxed)
    }
  }
}
