/// A set of numbers below a bound, a bit for each.
struct NumberPool: Sendable {
  let count: Int
  private var words: [UInt64]
  private(set) var used = 0

  init(count: Int) {
    self.count = count
    words = Array(repeating: 0, count: (count + 63) / 64)
  }

  func contains(_ number: Int) -> Bool { words[number >> 6] & (1 << UInt64(number & 63)) != 0 }

  /// Returns false where the number is taken already.
  mutating func take(_ number: Int) -> Bool {
    if contains(number) { return false }
    words[number >> 6] |= 1 << UInt64(number & 63)
    used += 1
    return true
  }

  mutating func giveBack(_ number: Int) {
    guard contains(number) else { return }
    words[number >> 6] &= ~(1 << UInt64(number & 63))
    used -= 1
  }

  /// Takes a free number of the range, looking from a random place on.
  mutating func takeAny(in range: Range<Int>) -> Int? {
    guard !range.isEmpty else { return nil }
    let start = Int.random(in: range)
    for number in start..<range.upperBound where take(number) { return number }
    for number in range.lowerBound..<start where take(number) { return number }
    return nil
  }
}

/// A block of IPv4 addresses, `10.96.0.0/16`.
struct IPv4Block: Sendable, Hashable, CustomStringConvertible {
  var base: UInt32
  var prefix: Int

  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = Self.address(parts[0]), let prefix = Int(parts[1]), (1...32).contains(prefix)
    else { return nil }
    self.prefix = prefix
    base = address & ~(UInt32.max >> UInt32(prefix))
  }

  var size: Int { 1 << (32 - prefix) }

  /// The place of an address in the block.
  func offset(_ address: UInt32) -> Int? {
    guard address >= base, Int(address - base) < size else { return nil }
    return Int(address - base)
  }

  func text(at offset: Int) -> String { Self.text(base + UInt32(offset)) }

  static func text(_ address: UInt32) -> String {
    "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)"
  }

  static func address(_ text: some StringProtocol) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var address: UInt32 = 0
    for part in parts {
      guard part.utf8.count <= 3, let byte = UInt8(part), part == String(byte) else { return nil }
      address = address << 8 | UInt32(byte)
    }
    return address
  }

  var description: String { "\(Self.text(base))/\(prefix)" }
}
