/// Answers of upstreams for as long as they may be kept. Names of the cluster never enter.
///
/// Two generations bound its memory: when the young one is full, it becomes the old one, and what was in the old one
/// and not asked for since is gone.
struct ResponseCache: Sendable {
  struct Limits: Sendable, Hashable {
    /// Bytes of all answers together.
    var size = 8 << 20
    /// Seconds, for answers with records and without.
    var longestPositive: UInt32 = 3600
    var longestNegative: UInt32 = 300
  }

  private struct Entry: Sendable {
    var response: UpstreamResponse
    /// In nanoseconds of the monotonic clock.
    var stored: UInt64
    var expires: UInt64
  }

  private let limits: Limits
  private var young: [ForwardQuestion: Entry] = [:]
  private var old: [ForwardQuestion: Entry] = [:]
  private var youngSize = 0
  private var oldSize = 0

  init(_ limits: Limits) { self.limits = limits }

  var count: Int { young.count + old.count }
  var size: Int { youngSize + oldSize }

  /// The answer and its age in seconds, where it may still be given.
  mutating func find(_ question: ForwardQuestion, now: UInt64) -> (response: UpstreamResponse, age: UInt32)? {
    var entry = young[question]
    if entry == nil, let promoted = old.removeValue(forKey: question) {
      oldSize -= Self.cost(question, promoted.response)
      if promoted.expires > now { insert(question, promoted) }
      entry = promoted
    }
    guard let entry, entry.expires > now else { return nil }
    return (entry.response, UInt32((now - entry.stored) / 1_000_000_000))
  }

  mutating func insert(_ question: ForwardQuestion, _ response: UpstreamResponse, now: UInt64) {
    let isPositive = response.code == ResponseCode.noError && response.counts.answers > 0
    let seconds = min(response.ttl, isPositive ? limits.longestPositive : limits.longestNegative)
    guard seconds > 0 else { return }
    insert(question, Entry(response: response, stored: now, expires: now + UInt64(seconds) * 1_000_000_000))
  }

  private mutating func insert(_ question: ForwardQuestion, _ entry: Entry) {
    let cost = Self.cost(question, entry.response)
    guard cost <= limits.size / 2 else { return }
    if youngSize + cost > limits.size / 2 {
      old = young
      oldSize = youngSize
      young = [:]
      youngSize = 0
    }
    if let replaced = young.updateValue(entry, forKey: question) {
      youngSize -= Self.cost(question, replaced.response)
    }
    youngSize += cost
  }

  /// What an entry takes of memory, about.
  private static func cost(_ question: ForwardQuestion, _ response: UpstreamResponse) -> Int {
    question.name.count + response.bytes.count + 8 * response.ttlOffsets.count + 240
  }
}
