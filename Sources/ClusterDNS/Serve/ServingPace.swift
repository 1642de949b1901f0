/// How a thread takes datagrams from its socket: many at once where much arrives, and else one at a time, which it leaves in
/// the socket until its answer is out. A server that is killed then loses none of them, as the socket outlives it.
///
/// It starts with many at once, so that a datagram that a server cannot survive is not met again for ever.
struct ServingPace {
  /// How often in a row a thread must see the other state to believe it.
  private static let patience = 16
  /// Datagrams that come sooner one after the other are many, in nanoseconds.
  private static let interval: UInt64 = 20_000

  private(set) var isLight = false
  private var signs = 0
  private var last: UInt64 = 0

  @inline(__always)
  mutating func received(_ count: Int, now: UInt64) {
    let isSlow = count == 1 && now &- last > Self.interval
    last = now
    if isSlow == isLight {
      signs = 0
    } else {
      signs &+= 1
      if signs >= Self.patience {
        isLight.toggle()
        signs = 0
      }
    }
  }
}
