import CNetlink

/// A token bucket (`tbf`, linux/pkt_sched.h): packets leave at a rate, after a burst at the interface's own speed.
public struct TokenBucket: Sendable, Hashable {
  /// Bytes a second.
  public var rate: UInt64
  /// Bytes that may leave at once.
  public var burst: UInt32
  /// Bytes that may wait; what comes beyond that is dropped.
  public var limit: UInt32

  public init(rate: UInt64, burst: UInt32, limit: UInt32) {
    self.rate = rate
    self.burst = burst
    self.limit = limit
  }

  /// The kernel keeps the burst as a time, in steps of 64 ns: what is read back may differ by a little.
  public func isLike(_ other: TokenBucket) -> Bool {
    let (less, more) = (min(burst, other.burst), max(burst, other.burst))
    return rate == other.rate && limit == other.limit && more - less <= max(64, more / 100)
  }

  private static let tickNanoseconds: UInt64 = 64
  private static let optionsSize = 36  // struct tc_tbf_qopt
  private static let ethernet: UInt8 = 1  // TC_LINKLAYER_ETHERNET

  func append(to message: inout RouteMessage) {
    let wide = min(rate, UInt64(UInt32.max))
    var options: [UInt8] = []
    func put(_ value: some FixedWidthInteger & BitwiseCopyable) {
      withUnsafeBytes(of: value) { options.append(contentsOf: $0) }
    }
    // struct tc_ratespec of the rate; a link layer that is named spares the kernel a table.
    put(UInt8(0))
    put(Self.ethernet)
    put(UInt16(0))
    put(Int16(0))
    put(UInt16(0))
    put(UInt32(wide))
    for _ in 0..<3 { put(UInt32(0)) }  // of the peak rate
    put(limit)
    put(ticks)
    put(UInt32(0))
    message.attribute(TCA_TBF_PARMS, bytes: options)
    message.attribute(TCA_TBF_BURST, burst)
    if rate > UInt64(UInt32.max) { message.attribute(TCA_TBF_RATE64, rate) }
  }

  private var ticks: UInt32 {
    guard rate > 0 else { return 0 }
    return UInt32(clamping: UInt64(burst) * 1_000_000_000 / rate / Self.tickNanoseconds)
  }

  init?(attributes: ArraySlice<UInt8>) {
    var options: ArraySlice<UInt8> = []
    var wide: UInt64?
    var exact: UInt32?
    for (type, value) in AttributeSequence(attributes) {
      switch Int(type) {
      case Int(TCA_TBF_PARMS): options = value
      case Int(TCA_TBF_RATE64): wide = value.load(UInt64.self)
      case Int(TCA_TBF_BURST): exact = value.load(UInt32.self)
      default: break
      }
    }
    guard options.count >= Self.optionsSize, let narrow = options.load(UInt32.self, at: 8),
      let limit = options.load(UInt32.self, at: 24), let ticks = options.load(UInt32.self, at: 28)
    else { return nil }
    let rate = wide ?? UInt64(narrow)
    let (high, low) = rate.multipliedFullWidth(by: UInt64(ticks) * Self.tickNanoseconds)
    let bytes = high < 1_000_000_000 ? UInt64(1_000_000_000).dividingFullWidth((high, low)).quotient : .max
    self.init(rate: rate, burst: exact ?? UInt32(clamping: bytes), limit: limit)
  }
}
