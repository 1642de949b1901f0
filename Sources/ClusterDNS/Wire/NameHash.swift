/// The hash of a name in lower-case wire form: 64 bits from 8 bytes a step.
///
/// The seed is drawn when the process starts, so that names cannot be chosen to collide.
struct NameHash: Sendable {
  let seed: UInt64

  /// `name` must be readable for `length` bytes.
  @inline(__always)
  func callAsFunction(_ name: UnsafeRawPointer, _ length: Int) -> UInt64 {
    var hash = seed ^ UInt64(truncatingIfNeeded: length)
    var offset = 0
    while offset &+ 8 <= length {
      hash = mix(hash ^ name.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset &+= 8
    }
    var tail: UInt64 = 0
    while offset < length {
      tail = tail << 8 | UInt64(name.load(fromByteOffset: offset, as: UInt8.self))
      offset &+= 1
    }
    return mix(mix(hash ^ tail))
  }

  func callAsFunction(_ name: WireName) -> UInt64 {
    name.bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return 0 }
      return self(base, bytes.count)
    }
  }

  /// Multiply to 128 bits and fold.
  @inline(__always)
  private func mix(_ value: UInt64) -> UInt64 {
    let product = (value ^ 0x9e37_79b9_7f4a_7c15).multipliedFullWidth(by: 0xd6e8_feb8_6659_fd93)
    return product.high ^ product.low
  }
}
