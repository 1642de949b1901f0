/// How long a container that keeps ending waits before it is started again: at first not at all, then 10 s, and twice as
/// long each time up to five minutes. One that ran for ten minutes begins anew.
struct RestartBackoff: Sendable, Equatable {
  static let first: Int64 = 10
  static let limit: Int64 = 300
  static let reset: Int64 = 600

  /// Seconds, by container name.
  private var delays: [String: Int64] = [:]

  /// Seconds that must pass after the end of the last run; `nil` for none.
  func delay(_ name: String) -> Int64? { delays[name] }

  /// Seconds still to wait at `now` for a container that ended at `finished`; all in seconds since 1970.
  func remaining(_ name: String, finished: Double, now: Double) -> Double {
    guard let delay = delays[name] else { return 0 }
    return max(0, finished + Double(delay) - now)
  }

  /// Counts a restart after a run of `ran` seconds.
  mutating func restarted(_ name: String, ran: Double) {
    guard let delay = delays[name], ran < Double(Self.reset) else {
      delays[name] = Self.first
      return
    }
    delays[name] = min(delay * 2, Self.limit)
  }
}
