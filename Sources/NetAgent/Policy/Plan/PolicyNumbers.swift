/// Gives numbers to things by what they are, so that every process gives the same thing the same number: what a restart
/// finds in the kernel is then what it would have written itself.
///
/// Two things whose hashes are alike (one in four billion) get numbers in the order in which they come. After a restart
/// they may change places, and then a few elements are written.
struct PolicyNumbers<Key: Hashable & Sendable>: Sendable {
  private var numbers: [Key: UInt32] = [:]
  private var taken: Set<UInt32> = []

  subscript(key: Key) -> UInt32? { numbers[key] }

  /// - Parameter hash: of what the key means.
  mutating func assign(_ key: Key, hash: UInt64) -> UInt32 {
    var number = UInt32(truncatingIfNeeded: hash ^ hash >> 32)
    while number == 0 || !taken.insert(number).inserted { number &+= 1 }
    numbers[key] = number
    return number
  }

  mutating func release(_ key: Key) {
    if let number = numbers.removeValue(forKey: key) { taken.remove(number) }
  }
}
