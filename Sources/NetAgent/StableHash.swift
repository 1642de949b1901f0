/// What names and Ethernet addresses are derived by: the same on every machine and in every version.
enum StableHash {
  /// FNV-1a, 64 bits, mixed once more so that its low bits depend on all of the text.
  static func of(_ text: String) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    hash ^= hash >> 33
    hash = hash &* 0xff51_afd7_ed55_8ccd
    return hash ^ hash >> 33
  }
}
