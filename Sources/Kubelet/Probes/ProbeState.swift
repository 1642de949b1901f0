/// Counts the results of one probe of one container run; a value, driven by ``ProbeRunner``.
struct ProbeState: Sendable, Equatable {
  enum Kind: String, Sendable, CaseIterable { case startup, readiness, liveness }
  enum Verdict: Sendable, Equatable { case success, failure }

  var kind: Kind
  var successThreshold: Int32
  var failureThreshold: Int32
  /// What the probe says as a whole; `nil` while nothing is decided.
  private(set) var verdict: Verdict?
  private var run: (result: Verdict, length: Int32)?

  init(_ kind: Kind, successThreshold: Int32?, failureThreshold: Int32?, verdict: Verdict? = nil) {
    self.kind = kind
    self.successThreshold = max(1, successThreshold ?? 1)
    self.failureThreshold = max(1, failureThreshold ?? 3)
    self.verdict = verdict
  }

  /// Counts a result; tells the verdict where it has changed.
  mutating func record(_ result: Verdict) -> Verdict? {
    let length = run?.result == result ? (run?.length ?? 0) + 1 : 1
    run = (result, length)
    let threshold = result == .success ? successThreshold : failureThreshold
    guard length >= threshold, verdict != result else { return nil }
    verdict = result
    return result
  }

  static func == (left: Self, right: Self) -> Bool {
    left.kind == right.kind && left.verdict == right.verdict && left.run?.result == right.run?.result
      && left.run?.length == right.run?.length
  }
}

/// When a probe runs next.
struct ProbeSchedule: Sendable, Equatable {
  var initialDelay: Double
  var period: Double

  init(initialDelay: Int32?, period: Int32?) {
    self.initialDelay = Double(max(0, initialDelay ?? 0))
    self.period = Double(max(1, period ?? 10))
  }

  /// Seconds after probe number `count` (from 1). Until a readiness or startup probe has succeeded for the first time, it
  /// is tried more often than its period within the first period: a server that needs a moment to bind is found ready in
  /// tenths of a second, not after the 10 s of the default. Such tries do not count as failures.
  func delay(after count: Int, early: Bool) -> Double {
    guard early, count <= 6 else { return period }
    return min(period, 0.1 * Double(1 << (count - 1)))
  }

  func isEarly(_ count: Int) -> Bool { count <= 6 && 0.1 * Double(1 << (count - 1)) < period }
}
