/// The own addresses of a load generator, in turns: each has all ports towards each destination, so that none runs out.
struct SourceAddresses: Sendable {
  /// 10.143.1.0 and on: pods of the node.
  private static let first: UInt32 = 0x0A8F_0100
  private static let count: UInt32 = 1_000
  private var index: UInt32

  /// - Parameter start: generators that run beside each other begin at different places.
  init(start: Int = 0) { index = UInt32(truncatingIfNeeded: start * 137) % Self.count }

  mutating func next() -> UInt32 {
    index = (index + 1) % Self.count
    return Self.first + index
  }
}
