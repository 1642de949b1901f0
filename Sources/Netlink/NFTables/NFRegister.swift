/// One of the sixteen 4-byte registers in which a rule computes. Wider values take several in a row.
///
/// Registers do not carry over from one rule to the next.
public struct NFRegister: Hashable, Sendable, ExpressibleByIntegerLiteral {
  /// 0...15.
  public var index: UInt32

  public init(_ index: Int) { self.index = UInt32(index) }
  public init(integerLiteral value: UInt32) { index = value }

  /// NFT_REG32_00 is 8.
  var number: UInt32 { index + 8 }

  /// The kernel names a register by its old 16-byte number (NFT_REG_1 is 1) where it can.
  init(number: UInt32) {
    index = (1...4).contains(number) ? (number - 1) * 4 : number >= 8 ? number - 8 : 0
  }
}
