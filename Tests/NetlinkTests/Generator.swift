/// A small generator with a seed (SplitMix64): a failure is repeated by its seed.
struct Generator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }

  mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  mutating func u32() -> UInt32 { UInt32(truncatingIfNeeded: next()) }

  /// True once in so many times.
  mutating func once(in count: Int) -> Bool { number(1...count) == 1 }

  mutating func pick<Element>(_ choices: [Element]) -> Element { choices[number(0...choices.count - 1)] }

  mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }

  /// What a name may be: nothing, something or text that is more than ASCII.
  mutating func text() -> String {
    pick(["", "a", "lb4-5", "Grüße", "日本", String(repeating: "x", count: number(1...120))])
  }

  mutating func optional<Value>(_ make: (inout Generator) -> Value) -> Value? {
    once(in: 2) ? make(&self) : nil
  }
}
