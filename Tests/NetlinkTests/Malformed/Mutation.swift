/// Damage to messages: what a netlink socket should never give, and a reader must outlive.
struct Mutation {
  private var random: Generator
  private let seeds: [[UInt8]]

  init(seed: UInt64, of messages: [[UInt8]]) {
    random = Generator(seed: seed)
    seeds = messages
  }

  /// A message with a few things wrong, or bytes that never were one.
  mutating func next() -> [UInt8] {
    if random.once(in: 8) { return random.bytes(random.number(0...96)) }
    var bytes = random.pick(seeds)
    for _ in 0..<random.number(1...4) where !bytes.isEmpty { damage(&bytes) }
    return bytes
  }

  private mutating func damage(_ bytes: inout [UInt8]) {
    let place = random.number(0...bytes.count - 1)
    switch random.number(0...6) {
    case 0: bytes[place] ^= 1 << UInt8(random.number(0...7))
    case 1: bytes[place] = random.pick([0, 1, 0x7f, 0x80, 0xff])
    case 2: bytes.removeSubrange(place...)
    case 3: bytes.removeSubrange(place..<min(bytes.count, place + random.number(1...8)))
    case 4: bytes.insert(contentsOf: random.bytes(random.number(1...8)), at: place)
    case 5:
      // A length: of an attribute, which begins at a multiple of four, or of the message.
      let start = place & ~3
      guard start + 1 < bytes.count else { return }
      (bytes[start], bytes[start + 1]) = random.pick([(0, 0), (1, 0), (3, 0), (4, 0), (5, 0), (255, 255), (254, 255)])
    default:
      // The part of another message.
      let other = random.pick(seeds)
      bytes.replaceSubrange(place..., with: other.suffix(max(0, other.count - place)))
    }
  }
}
