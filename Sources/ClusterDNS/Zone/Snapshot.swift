/// The zone at one moment: a block of memory that never changes, with the addresses of the shards at its end.
///
///     u64 seed of the hash · u32 serial · u8 synced · 3 zero bytes · shards × address
///
/// A shard is shared by all snapshots that came after the change that made it.
struct Snapshot {
  let base: UnsafeRawPointer

  /// Few enough that the table of addresses is copied in microseconds, enough that a shard of a large cluster
  /// (100,000 services) still is a few kilobytes.
  static let shardBits: UInt64 = 12
  static let shards = 1 << Int(shardBits)
  static let header = 16

  @inline(__always)
  var hash: NameHash { NameHash(seed: base.load(as: UInt64.self)) }
  @inline(__always)
  var serial: UInt32 { base.load(fromByteOffset: 8, as: UInt32.self) }
  /// Whether the cluster's objects have all been seen once.
  @inline(__always)
  var isSynced: Bool { base.byte(12) != 0 }

  @inline(__always)
  func shard(_ index: Int) -> Shard {
    Shard(base: base.load(fromByteOffset: Self.header &+ 8 &* index, as: UnsafeRawPointer.self))
  }

  @inline(__always)
  static func shardIndex(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> (64 &- shardBits)) }

  @inline(__always)
  func find(_ name: UnsafeRawPointer, _ length: Int) -> Entry? {
    let hash = hash(name, length)
    return shard(Self.shardIndex(hash)).find(hash, name, length)
  }

  func find(_ name: WireName) -> Entry? {
    name.bytes.withUnsafeBytes { bytes in bytes.baseAddress.flatMap { find($0, bytes.count) } }
  }

  static func allocate(seed: UInt64, serial: UInt32, isSynced: Bool, shards: [UnsafeRawPointer]) -> Snapshot {
    let block = UnsafeMutableRawPointer.allocate(byteCount: header + 8 * shards.count, alignment: 8)
    block.storeBytes(of: seed, as: UInt64.self)
    block.storeBytes(of: serial, toByteOffset: 8, as: UInt32.self)
    block.storeBytes(of: isSynced ? 1 : 0, toByteOffset: 12, as: UInt32.self)
    shards.withUnsafeBytes { bytes in
      if let source = bytes.baseAddress { (block + header).copyMemory(from: source, byteCount: bytes.count) }
    }
    return Snapshot(base: UnsafeRawPointer(block))
  }

  func free() { base.deallocate() }
}
