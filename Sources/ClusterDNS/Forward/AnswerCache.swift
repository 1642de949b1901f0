import Synchronization

/// Answers of upstreams for as long as they may be kept. Names of the cluster never enter.
///
/// Serving threads read it themselves, so it is cut into parts, each with a lock of its own. Two generations bound the
/// memory of a part: when the young one is full, it becomes the old one, and what was in the old one and not asked for
/// since is gone. Times are nanoseconds of the monotonic clock.
final class AnswerCache: Sendable {
  /// What was found.
  struct Found: Sendable {
    var response: UpstreamResponse
    /// Seconds since it came.
    var age: UInt32
    /// Whether its time is over, and it may be given only where no fresh answer comes.
    var isStale: Bool
    /// Whether many ask for it and its time is nearly over: the one who is told so fetches it anew.
    var isDue: Bool
  }

  struct Tally: Sendable, Equatable {
    /// Hits that had records, and hits that had none.
    var successes = 0
    var denials = 0
    var misses = 0
    var prefetches = 0
    var evictions = 0
    var entries = 0
    var size = 0
  }

  private static let parts = 16

  private final class Part: Sendable {
    let state: Mutex<CachePart>
    init(_ state: CachePart) { self.state = Mutex(state) }
  }

  let settings: CacheSettings
  private let parts: [Part]
  private let hash: NameHash

  init(_ settings: CacheSettings) {
    self.settings = settings
    parts = (0..<Self.parts).map { _ in Part(CachePart(settings, size: settings.size / Self.parts)) }
    var generator = SystemRandomNumberGenerator()
    hash = NameHash(seed: generator.next())
  }

  /// What was counted, and what is held now.
  var tally: Tally {
    parts.reduce(into: Tally()) { sum, part in
      let one = part.state.withLock { $0.currentTally }
      sum.successes += one.successes
      sum.denials += one.denials
      sum.misses += one.misses
      sum.prefetches += one.prefetches
      sum.evictions += one.evictions
      sum.entries += one.entries
      sum.size += one.size
    }
  }

  /// The answer to a question, where it is held. A look that is not counted changes nothing.
  func find(_ question: ForwardQuestion, now: UInt64, isCounted: Bool = true) -> Found? {
    let (part, key) = place(question)
    return question.name.withUnsafeBytes { name in
      part.state.withLock { $0.find(key, name, question.flags, now: now, isCounted: isCounted) }
    }
  }

  /// As ``find(_:now:isCounted:)`` for the query that was just read, without an allocation.
  /// - Parameter name: in lower-case wire form.
  @inline(__always)
  func find(_ query: Query, _ name: UnsafePointer<UInt8>, now: UInt64) -> Found? {
    let flags = ForwardQuestion.flags(
      query.type, dnssecOK: query.dnssecOK, checkingDisabled: query.flags & HeaderFlag.checkingDisabled != 0)
    let (part, key) = place(hash(UnsafeRawPointer(name), query.nameLength), flags)
    return part.state.withLock {
      $0.find(
        key, UnsafeRawBufferPointer(start: name, count: query.nameLength), flags, now: now, isCounted: true)
    }
  }

  /// Keeps a good answer, for as long as it and the settings allow.
  func insert(_ question: ForwardQuestion, _ response: UpstreamResponse, now: UInt64) {
    let (part, key) = place(question)
    part.state.withLock { $0.insert(key, question, response, now: now) }
  }

  private func place(_ question: ForwardQuestion) -> (Part, UInt64) {
    question.name.withUnsafeBytes { name in
      guard let base = name.baseAddress else { return (parts[0], 0) }
      return place(hash(base, name.count), question.flags)
    }
  }

  @inline(__always)
  private func place(_ hash: UInt64, _ flags: UInt32) -> (Part, UInt64) {
    let key = hash ^ UInt64(flags) &* 0x9e37_79b9_7f4a_7c15
    return (parts[Int(truncatingIfNeeded: hash >> 60)], key)
  }
}

extension ForwardQuestion {
  /// All but the name, in one number.
  var flags: UInt32 { Self.flags(type, dnssecOK: dnssecOK, checkingDisabled: checkingDisabled) }

  @inline(__always)
  static func flags(_ type: UInt16, dnssecOK: Bool, checkingDisabled: Bool) -> UInt32 {
    UInt32(type) << 2 | (dnssecOK ? 2 : 0) | (checkingDisabled ? 1 : 0)
  }
}
