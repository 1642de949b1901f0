/// How long to wait before the next attempt: doubled after each failure up to a limit, and spread at random so that
/// those who failed together do not come back together.
public struct Backoff: Sendable, Hashable {
  public var base: Duration
  public var limit: Duration
  public private(set) var failures = 0

  public init(base: Duration = .milliseconds(100), limit: Duration = .seconds(15)) {
    self.base = base
    self.limit = limit
  }

  /// The wait after one more failure.
  /// - Parameter random: between 0 and 1; the wait is between half and the whole of the doubled time.
  public mutating func next(random: Double = .random(in: 0...1)) -> Duration {
    let doubled = failures < 20 ? base * (1 << failures) : limit
    failures += 1
    let whole = min(doubled, limit)
    return whole / 2 + whole / 2 * random
  }

  public mutating func reset() { failures = 0 }
}
