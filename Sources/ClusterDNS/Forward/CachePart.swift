/// One part of the cache: a value, with the clock given from outside.
struct CachePart: Sendable {
  private struct Entry: Sendable {
    var question: ForwardQuestion
    var response: UpstreamResponse
    var stored: UInt64
    var expires: UInt64
    var hits = 0
    /// Whether someone has been told to fetch it anew.
    var isRefreshing = false

    var cost: Int { question.name.count + response.bytes.count + 8 * response.ttlOffsets.count + 300 }
  }

  private let settings: CacheSettings
  private let size: Int
  private var young: [UInt64: Entry] = [:]
  private var old: [UInt64: Entry] = [:]
  private var youngSize = 0
  private var oldSize = 0
  private var tally = AnswerCache.Tally()

  init(_ settings: CacheSettings, size: Int) {
    self.settings = settings
    self.size = size
  }

  var currentTally: AnswerCache.Tally {
    var tally = tally
    tally.entries = young.count + old.count
    tally.size = youngSize + oldSize
    return tally
  }

  /// - Parameter key: the hash of name and flags. Another question with the same hash is no hit.
  mutating func find(
    _ key: UInt64, _ name: UnsafeRawBufferPointer, _ flags: UInt32, now: UInt64, isCounted: Bool
  ) -> AnswerCache.Found? {
    if isCounted, young[key] == nil, let promoted = old.removeValue(forKey: key) {
      oldSize -= promoted.cost
      insert(key, promoted)
    }
    guard let entry = young[key] ?? old[key], entry.question.flags == flags, entry.question.name.elementsEqual(name),
      now < entry.expires + UInt64(settings.staleFor) * 1_000_000_000
    else {
      if isCounted { tally.misses += 1 }
      return nil
    }
    let age = UInt32(clamping: (now - min(entry.stored, now)) / 1_000_000_000)
    var found = AnswerCache.Found(
      response: entry.response, age: age, isStale: now >= entry.expires, isDue: false)
    guard isCounted else { return found }
    if found.isStale {
      tally.misses += 1
      return found
    }
    if entry.response.isDenial { tally.denials += 1 } else { tally.successes += 1 }
    young[key]?.hits += 1
    if settings.prefetchHits > 0, entry.hits + 1 >= settings.prefetchHits, !entry.isRefreshing,
      (entry.expires - now) * 100 <= (entry.expires - entry.stored) * UInt64(settings.prefetchPercent)
    {
      young[key]?.isRefreshing = true
      tally.prefetches += 1
      found.isDue = true
    }
    return found
  }

  mutating func insert(_ key: UInt64, _ question: ForwardQuestion, _ response: UpstreamResponse, now: UInt64) {
    var response = response
    let isDenial = response.isDenial
    let shortest = isDenial ? settings.minimumNegativeTTL : settings.minimumTTL
    let longest = isDenial ? settings.maximumNegativeTTL : settings.maximumTTL
    let seconds = min(max(response.ttl, shortest), longest)
    // An answer without a time of its own (a denial without SOA) is nobody's to keep (RFC 2308 §5).
    guard seconds > 0, response.mayBeKept else { return }
    response.clampTTLs(atLeast: shortest, atMost: longest)
    insert(
      key,
      Entry(question: question, response: response, stored: now, expires: now + UInt64(seconds) * 1_000_000_000))
  }

  private mutating func insert(_ key: UInt64, _ entry: Entry) {
    let cost = entry.cost
    guard cost <= size / 2 else { return }
    if let replaced = old.removeValue(forKey: key) { oldSize -= replaced.cost }
    if let replaced = young.removeValue(forKey: key) { youngSize -= replaced.cost }
    if youngSize + cost > size / 2 {
      tally.evictions += old.count
      old = young
      oldSize = youngSize
      young = [:]
      youngSize = 0
    }
    young[key] = entry
    youngSize += cost
  }
}
