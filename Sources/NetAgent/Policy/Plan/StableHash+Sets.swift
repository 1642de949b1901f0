extension StableHash {
  static func mix(_ value: UInt64) -> UInt64 {
    var value = value ^ value >> 33
    value = value &* 0xff51_afd7_ed55_8ccd
    value ^= value >> 33
    value = value &* 0xc4ce_b9fe_1a85_ec53
    return value ^ value >> 33
  }

  /// Of a set of things, whatever their order.
  static func combine(_ hashes: some Sequence<UInt64>, salt: UInt64) -> UInt64 {
    mix(hashes.reduce(mix(salt)) { $0 &+ mix($1 ^ salt) })
  }
}
