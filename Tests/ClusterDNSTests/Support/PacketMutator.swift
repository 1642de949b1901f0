import Foundation

/// Makes packets out of packets. Those that showed something new are kept, and made into others more often.
struct PacketMutator {
  private var corpus: [[UInt8]]
  private var seen: Set<[Int]> = []
  private var random: SplitMix
  /// Bytes that mean something: pointers, the longest label, the type of OPT, counts.
  private static let words: [[UInt8]] = [
    [0xc0, 12], [0xc0, 0], [0xff, 0xff], [0x3f], [0x40], [0x80], [0], [0, 41],
    [0, 0, 41, 4, 0xd0, 0, 0, 0x80, 0, 0, 0],
    [0, 10, 0, 8], [0xff], [0, 1], [3, 119, 119, 119], [0, 0, 1, 0, 1],
  ]

  /// How many packets a test makes: `few`, or what SKIFF_FUZZ_PACKETS says.
  static func rounds(_ few: Int) -> Int {
    ProcessInfo.processInfo.environment["SKIFF_FUZZ_PACKETS"].flatMap { Int($0) } ?? few
  }

  init(_ seeds: [[UInt8]], seed: UInt64) {
    corpus = seeds
    random = SplitMix(seed: seed)
  }

  var corpusSize: Int { corpus.count }

  mutating func next() -> [UInt8] {
    // One in eight is made of nothing at all.
    if Int.random(in: 0..<8, using: &random) == 0 {
      var packet = (0..<Int.random(in: 0...90, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      if packet.count > 2 { packet[2] &= 0x81 }
      if packet.count > 5 { (packet[4], packet[5]) = (0, 1) }
      return packet
    }
    var packet = corpus[Int.random(in: 0..<corpus.count, using: &random)]
    for _ in 0...Int.random(in: 0...3, using: &random) { mutate(&packet) }
    return packet
  }

  private mutating func mutate(_ packet: inout [UInt8]) {
    let place = Int.random(in: 0...packet.count, using: &random)
    switch Int.random(in: 0..<8, using: &random) {
    case 0 where place < packet.count: packet[place] = .random(in: 0...255, using: &random)
    case 1 where place < packet.count: packet[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
    case 2 where place < packet.count: packet[place] &+= Bool.random(using: &random) ? 1 : 255
    case 3: packet = Array(packet.prefix(place))
    case 4: packet.insert(.random(in: 0...255, using: &random), at: place)
    case 5:
      let word = Self.words[Int.random(in: 0..<Self.words.count, using: &random)]
      packet.replaceSubrange(place..<min(packet.count, place + word.count), with: word)
    case 6:
      // A part of another packet.
      let other = corpus[Int.random(in: 0..<corpus.count, using: &random)]
      let start = Int.random(in: 0...other.count, using: &random)
      packet.insert(contentsOf: other[start...].prefix(40), at: place)
    default:
      // A count of the header.
      if packet.count >= 12 {
        packet[4 + Int.random(in: 0..<8, using: &random)] = .random(in: 0...3, using: &random)
      }
    }
    if packet.count > 1500 { packet.removeLast(packet.count - 1500) }
  }

  /// What a packet brought about, as a few numbers: a packet with new ones is kept.
  mutating func learn(_ packet: [UInt8], _ signs: [Int]) {
    if seen.insert(signs).inserted, corpus.count < 5000 { corpus.append(packet) }
  }
}
