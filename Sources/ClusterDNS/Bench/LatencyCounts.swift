/// How often something took how long: eight buckets to each doubling, from 1 µs on.
public struct LatencyCounts: Sendable {
  private static let buckets = 200
  private var counts = [UInt64](repeating: 0, count: Self.buckets)

  public init() {}

  @inline(__always)
  mutating func add(_ nanoseconds: UInt64) {
    var bucket = 0
    if nanoseconds >= 1000 {
      let scaled = nanoseconds / 125
      let exponent = 63 - scaled.leadingZeroBitCount
      bucket = min(Self.buckets - 1, (exponent - 3) * 8 + Int(scaled >> UInt64(exponent - 3) & 7))
    }
    counts[bucket] += 1
  }

  static func += (sum: inout Self, other: Self) {
    for (index, count) in other.counts.enumerated() { sum.counts[index] += count }
  }

  /// The middle of the bucket that at least this share of all do not exceed, in microseconds; 0 where there are none.
  public func microseconds(_ share: Double) -> Double {
    let total = counts.reduce(0, +)
    var rest = Int64(share * Double(total))
    for (bucket, count) in counts.enumerated() where total > 0 {
      rest -= Int64(count)
      if rest < 0 { return Double(UInt64(16 + 2 * (bucket % 8) + 1) << UInt64(bucket / 8)) * 0.0625 }
    }
    return 0
  }
}
