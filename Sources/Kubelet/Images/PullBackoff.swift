/// How long a pull that failed is not tried again: 10 s, twice as long each time up to five minutes.
struct PullBackoff: Sendable, Equatable {
  private var entries: [String: (delay: Int64, until: Double)] = [:]

  /// Seconds since 1970 before which `image` is not to be pulled; `nil` where it may be now.
  func blocked(_ image: String, now: Double) -> Double? {
    guard let entry = entries[image], entry.until > now else { return nil }
    return entry.until
  }

  mutating func failed(_ image: String, now: Double) {
    let delay = min(entries[image].map { $0.delay * 2 } ?? 10, 300)
    entries[image] = (delay, now + Double(delay))
  }

  mutating func succeeded(_ image: String) { entries[image] = nil }

  static func == (left: Self, right: Self) -> Bool {
    left.entries.keys == right.entries.keys && left.entries.allSatisfy { right.entries[$0]?.until == $1.until }
  }
}
