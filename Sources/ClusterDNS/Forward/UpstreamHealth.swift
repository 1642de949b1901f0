/// What is known of one upstream: whether it answers, how soon, and what it cannot do. Times are nanoseconds of the
/// monotonic clock.
struct UpstreamHealth: Sendable, Equatable {
  /// Bounds of ``patience``, and what it is before the first answer.
  static let shortestPatience: UInt64 = 200_000_000
  static let longestPatience: UInt64 = 1_000_000_000
  static let firstPatience: UInt64 = 400_000_000
  /// After how long without an answer an attempt counts as failed.
  static let failureTime: UInt64 = 1_000_000_000
  /// How many failures in a row make an upstream count as down.
  static let failureLimit = 2
  /// How long it is remembered that an upstream does not understand EDNS.
  static let plainTime: UInt64 = 3600 * 1_000_000_000

  /// Failures since the last answer.
  private(set) var failures = 0
  private(set) var nextProbe: UInt64 = 0
  private var smoothed: Double?
  private var variation = 0.0
  private var plainUntil: UInt64 = 0
  /// Whether answers come with the question's letters as they were sent.
  var keepsCase = true

  /// When a query came here that had been sent to it: it asks this server in turn.
  private(set) var looped: UInt64?

  var isLooping: Bool { looped != nil }
  var isDown: Bool { isLooping || failures >= Self.failureLimit }

  /// The smoothed time to an answer.
  var roundTrip: UInt64? { smoothed.map { UInt64($0) } }

  /// How long to wait before another attempt is made beside the first (as RFC 6298 computes time-outs).
  var patience: UInt64 {
    guard let smoothed else { return Self.firstPatience }
    let sum = UInt64(min(smoothed + 4 * variation, 1e12))
    return min(max(sum, Self.shortestPatience), Self.longestPatience)
  }

  func sendsEDNS(at now: UInt64) -> Bool { now >= plainUntil }

  /// An answer came, `time` after it was asked for.
  mutating func answered(after time: UInt64) {
    failures = 0
    let time = Double(time)
    if let old = smoothed {
      variation = 0.75 * variation + 0.25 * abs(old - time)
      smoothed = 0.875 * old + 0.125 * time
    } else {
      smoothed = time
      variation = time / 2
    }
  }

  mutating func failed(now: UInt64, probeInterval: UInt64) {
    failures += 1
    if failures == Self.failureLimit { nextProbe = now + probeInterval }
  }

  mutating func probed(now: UInt64, probeInterval: UInt64) { nextProbe = now + probeInterval }

  /// The probe that was sent to it came here.
  mutating func cameBack(now: UInt64) { looped = now }

  /// It answered a probe. That means little where the same probe came here meanwhile.
  mutating func answeredProbe(sent: UInt64, now: UInt64) {
    if let looped, looped >= sent { return }
    looped = nil
    answered(after: now - min(sent, now))
  }

  /// It answered a plain query, after it had refused the same one with EDNS.
  mutating func needsPlain(now: UInt64) { plainUntil = now + Self.plainTime }
}
