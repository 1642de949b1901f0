/// The decisions of an informer: what to ask the server next, and how long to wait before.
struct InformerState: Sendable, Hashable {
  enum Action: Sendable, Hashable {
    /// Fetch a page of the list, the first one where there is no token.
    case list(continueToken: String?)
    case watch(resourceVersion: String)
  }

  struct Step: Sendable, Hashable {
    var action: Action
    var delay: Duration = .zero
  }

  enum Failure: Sendable, Hashable {
    /// The version or the continue token is too old.
    case gone
    /// The server is busy and says when to come back.
    case retryAfter(seconds: Int)
    case other
  }

  private enum Phase: Sendable, Hashable {
    case listing(continueToken: String?)
    case watching(resourceVersion: String, progressed: Bool)
  }

  private var phase = Phase.listing(continueToken: nil)
  private var backoff: Backoff

  init(backoff: Backoff = Backoff()) { self.backoff = backoff }

  mutating func start() -> Step {
    phase = .listing(continueToken: nil)
    return current()
  }

  /// A page of the list came.
  mutating func listed(resourceVersion: String, continueToken: String?) -> Step {
    backoff.reset()
    phase =
      continueToken.map { .listing(continueToken: $0) }
      ?? .watching(resourceVersion: resourceVersion, progressed: false)
    return current()
  }

  /// An event or a bookmark of the watch came.
  mutating func progressed(resourceVersion: String) {
    guard case .watching(let old, _) = phase else { return }
    backoff.reset()
    phase = .watching(resourceVersion: resourceVersion.isEmpty ? old : resourceVersion, progressed: true)
  }

  /// The server ended the watch in good order.
  ///
  /// - Parameter early: it did so long before the time that it was asked for. Without one event it counts as a
  ///   failure, so that a server that accepts and drops is not asked without pause.
  mutating func watchEnded(early: Bool, random: Double) -> Step {
    guard case .watching(let version, let progressed) = phase else { return current() }
    phase = .watching(resourceVersion: version, progressed: false)
    return early && !progressed ? current(after: backoff.next(random: random)) : current()
  }

  /// A request, or the watch after it had begun, failed.
  mutating func failed(_ failure: Failure, random: Double) -> Step {
    switch failure {
    case .gone:
      let wasListing = if case .listing(continueToken: nil) = phase { true } else { false }
      phase = .listing(continueToken: nil)
      // A list without a version cannot be too old: a server that says so is asked more slowly.
      return wasListing ? current(after: backoff.next(random: random)) : current()
    case .retryAfter(let seconds):
      return current(after: max(.seconds(min(max(seconds, 0), 60)), backoff.next(random: random)))
    case .other:
      if case .watching(let version, _) = phase { phase = .watching(resourceVersion: version, progressed: false) }
      return current(after: backoff.next(random: random))
    }
  }

  private func current(after delay: Duration = .zero) -> Step {
    switch phase {
    case .listing(let token): Step(action: .list(continueToken: token), delay: delay)
    case .watching(let version, _): Step(action: .watch(resourceVersion: version), delay: delay)
    }
  }
}
