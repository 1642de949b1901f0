/// Who is answered when more is asked than one thread can answer: each source gets an equal share of the thread's time,
/// and what it asks beyond that is dropped unread, which costs a third of an answer.
///
/// A thread that is never behind never counts: only a full batch says that there is more to do than can be done.
struct SourceShares: ~Copyable {
  /// How long a window is in which shares are counted, and how long after the last full batch they hold, in nanoseconds.
  static let window: UInt64 = 10_000_000
  static let hold: UInt64 = 50_000_000
  private static let buckets = 1024

  private let counts: UnsafeMutablePointer<UInt32>
  private var active = 0
  private var windowEnd: UInt64 = 0
  private var holdEnd: UInt64 = 0
  private var share: UInt32 = .max
  /// Sources that fall into one bucket share its fate for one window: in the next they fall elsewhere.
  private var spread: UInt64 = 0x9e37_79b9_7f4a_7c15
  /// What an answer costs, in nanoseconds; smoothed.
  private var cost = 3000.0

  /// Whether the batch that was begun is to be counted.
  private(set) var isOverloaded = false

  init() {
    counts = .allocate(capacity: Self.buckets)
    counts.initialize(repeating: 0, count: Self.buckets)
  }

  deinit { counts.deallocate() }

  /// A batch was received.
  /// - Parameter isFull: whether more may be waiting.
  @inline(__always)
  mutating func begin(isFull: Bool, now: UInt64) {
    if isFull {
      holdEnd = now &+ Self.hold
    } else if !isOverloaded {
      return
    }
    isOverloaded = now < holdEnd
    if now >= windowEnd { nextWindow(now) }
  }

  private mutating func nextWindow(_ now: UInt64) {
    // Two thirds of the time are for answers, one third for looking through what is dropped.
    let answers = Double(Self.window) * 2 / 3 / cost
    share = active > 1 && isOverloaded ? UInt32(max(8, answers / Double(active))) : .max
    active = 0
    counts.update(repeating: 0, count: Self.buckets)
    windowEnd = now &+ Self.window
    spread = (spread &* 0xd6e8_feb8_6659_fd93 &+ now) | 1
  }

  /// Whether one more query of this source is answered.
  @inline(__always)
  mutating func admit(_ client: UInt64) -> Bool {
    let bucket = Int(truncatingIfNeeded: ((client &+ spread) &* spread) >> 54)
    let count = counts[bucket]
    if count == 0 { active &+= 1 }
    counts[bucket] = count &+ 1
    return count < share
  }

  /// A batch was answered and sent.
  mutating func end(answers: Int, took nanoseconds: UInt64) {
    guard isOverloaded, answers > 8 else { return }
    cost += (Double(nanoseconds) / Double(answers) - cost) / 16
  }
}

/// A source's address as a number, from its sockaddr.
enum SourceAddress {
  @inline(__always)
  static func number(_ socketAddress: UnsafeRawPointer, _ length: Int) -> UInt64 {
    // sockaddr_in: the address stands at 4; sockaddr_in6: at 8.
    if length >= 24 {
      return socketAddress.loadUnaligned(fromByteOffset: 8, as: UInt64.self) &* 0xd6e8_feb8_6659_fd93
        ^ socketAddress.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
    }
    return length >= 8 ? UInt64(socketAddress.loadUnaligned(fromByteOffset: 4, as: UInt32.self)) : 0
  }
}
