import KubeAPI

/// Decides what becomes of an occurrence: a new Event, one more count on a known one, or nothing.
///
/// The limits are those of client-go: ten different messages of one reason within ten minutes, then they are told as
/// one; 25 Events for one object at once, then one in five minutes.
struct EventCorrelator: Sendable {
  struct Occurrence: Sendable, Hashable {
    var object: ObjectReference
    var type: EventType
    var reason: String
    var message: String
  }

  enum Decision: Sendable, Hashable {
    case create(name: String, message: String)
    case update(name: String, count: Int32, message: String)
    case drop
  }

  private struct Series: Sendable {
    var name: String
    var count: Int32
    var last: Int64
  }

  private struct Similar: Sendable {
    var messages: Set<String>
    var since: Int64
  }

  private struct Bucket: Sendable {
    var tokens: Double
    var filled: Int64
  }

  /// Seconds.
  static let window: Int64 = 600
  static let distinctMessages = 10
  static let burst = 25.0
  static let secondsPerToken = 300.0
  /// Entries of each table; the oldest are forgotten beyond.
  static let capacity = 1_024

  private var series: [Occurrence: Series] = [:]
  private var similar: [Occurrence: Similar] = [:]
  private var buckets: [ObjectReference: Bucket] = [:]
  private var serial: Int64 = 0

  /// - Parameter now: microseconds since 1970.
  mutating func decide(_ occurrence: Occurrence, now: MicroTime) -> Decision {
    let seconds = now.microseconds / 1_000_000
    guard takeToken(for: occurrence.object, seconds: seconds) else { return .drop }
    var kind = occurrence
    kind.message = ""
    var group = similar[kind] ?? Similar(messages: [], since: seconds)
    if seconds - group.since > Self.window { group = Similar(messages: [], since: seconds) }
    if group.messages.count < Self.distinctMessages { group.messages.insert(occurrence.message) }
    similar[kind] = group
    let isCombined = !group.messages.contains(occurrence.message)
    let key = isCombined ? kind : occurrence
    let message = isCombined ? "(combined from similar events): \(occurrence.message)" : occurrence.message
    defer { trim(seconds) }
    if var known = series[key], seconds - known.last <= Self.window {
      known.count += 1
      known.last = seconds
      series[key] = known
      return .update(name: known.name, count: known.count, message: message)
    }
    // Two occurrences in one microsecond still need two names.
    serial = max(serial + 1, now.microseconds * 1_000)
    let name = "\(occurrence.object.name ?? "unknown").\(String(serial, radix: 16))"
    series[key] = Series(name: name, count: 1, last: seconds)
    return .create(name: name, message: message)
  }

  /// The Event that a count was to be added to is no longer there.
  mutating func forget(_ name: String) {
    for (key, value) in series where value.name == name { series[key] = nil }
  }

  /// How much is remembered, for tests of the bounds.
  var entryCount: Int { series.count + similar.count + buckets.count }

  private mutating func takeToken(for object: ObjectReference, seconds: Int64) -> Bool {
    var bucket = buckets[object] ?? Bucket(tokens: Self.burst, filled: seconds)
    bucket.tokens = min(Self.burst, bucket.tokens + Double(seconds - bucket.filled) / Self.secondsPerToken)
    bucket.filled = seconds
    let allowed = bucket.tokens >= 1
    if allowed { bucket.tokens -= 1 }
    buckets[object] = bucket
    return allowed
  }

  private mutating func trim(_ now: Int64) {
    if series.count > Self.capacity {
      let keep = series.sorted { $0.value.last > $1.value.last }.prefix(Self.capacity / 2)
      series = Dictionary(uniqueKeysWithValues: keep.map { ($0.key, $0.value) })
    }
    if similar.count > Self.capacity { similar = similar.filter { now - $0.value.since <= Self.window / 2 } }
    if similar.count > Self.capacity { similar = [:] }
    if buckets.count > Self.capacity { buckets = buckets.filter { $0.value.tokens < Self.burst - 1 } }
    if buckets.count > Self.capacity { buckets = [:] }
  }
}
