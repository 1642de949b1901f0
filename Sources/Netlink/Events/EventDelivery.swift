/// Hands events to a stream of limited length. What does not fit is told as one overrun, as soon as there is room.
struct EventDelivery<Event: Sendable> {
  private let continuation: AsyncStream<Event>.Continuation
  private let overrun: Event
  /// Whether something was lost that the reader has not been told of.
  private(set) var isOverrun = false

  /// The stream that a reader gets, and the delivery that fills it.
  static func makeStream(limit: Int, overrun: Event) -> (AsyncStream<Event>, Self) {
    let (stream, continuation) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingOldest(limit))
    return (stream, Self(continuation: continuation, overrun: overrun))
  }

  private init(continuation: AsyncStream<Event>.Continuation, overrun: Event) {
    self.continuation = continuation
    self.overrun = overrun
  }

  /// Called once, when the reader has gone or the stream was finished.
  func onEnd(_ body: @escaping @Sendable () -> Void) {
    continuation.onTermination = { _ in body() }
  }

  mutating func deliver(_ event: Event) {
    guard !isOverrun || tellOverrun() else { return }
    if case .dropped = continuation.yield(event) { isOverrun = true }
  }

  /// Tells of what was lost, where it was not possible before.
  @discardableResult
  mutating func tellOverrun() -> Bool {
    guard case .enqueued = continuation.yield(overrun) else { return false }
    isOverrun = false
    return true
  }

  func finish() { continuation.finish() }
}
