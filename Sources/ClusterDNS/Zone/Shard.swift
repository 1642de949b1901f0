/// A part of the zone in one block of memory: a hash table with open addressing, and the entries behind it.
///
///     u32 slots (a power of two) · u32 entries · u32 size of the block · u32 zero
///     slots × (u32 low half of the hash · u32 offset of the entry from the block's start, 0 where free)
///     entries
struct Shard {
  let base: UnsafeRawPointer

  static let header = 16

  var slots: Int { base.native32(0) }
  var count: Int { base.native32(4) }
  var size: Int { base.native32(8) }

  /// The entry of the name, or `nil`. `name` is in lower-case wire form.
  @inline(__always)
  func find(_ hash: UInt64, _ name: UnsafeRawPointer, _ length: Int) -> Entry? {
    let mask = base.native32(0) &- 1
    let wanted = UInt32(truncatingIfNeeded: hash)
    var slot = Int(wanted) & mask
    while true {
      let at = base + (Self.header &+ 8 &* slot)
      let offset = at.native32(4)
      if offset == 0 { return nil }
      if at.loadUnaligned(as: UInt32.self) == wanted {
        let entry = Entry(base: base + offset)
        if entry.nameLength == length, Self.equal(entry.name, name, length) { return entry }
      }
      slot = (slot &+ 1) & mask
    }
  }

  @inline(__always)
  private static func equal(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ length: Int) -> Bool {
    var offset = 0
    while offset &+ 8 <= length {
      if left.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        != right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      {
        return false
      }
      offset &+= 8
    }
    while offset < length {
      if left.byte(offset) != right.byte(offset) { return false }
      offset &+= 1
    }
    return true
  }

  /// Calls `body` with each entry and the low half of its hash.
  func forEach(_ body: (UInt32, Entry) -> Void) {
    for slot in 0..<slots {
      let at = base + (Self.header + 8 * slot)
      let offset = at.native32(4)
      if offset != 0 { body(at.loadUnaligned(as: UInt32.self), Entry(base: base + offset)) }
    }
  }

  /// A change of one name: its new packed entry, or `nil` where the name ends.
  struct Change {
    var hash: UInt64
    var name: WireName
    var packed: [UInt8]?
  }

  /// A block with these entries alone. The caller frees it.
  init(entries: [Change]) { self = Self.build(kept: [], entries) }

  init(base: UnsafeRawPointer) { self.base = base }

  /// A new block with the changes made. Each name stands in `changes` once. The caller frees the block.
  func applying(_ changes: [Change]) -> Shard {
    var kept: [(UInt32, Entry)] = []
    kept.reserveCapacity(count)
    forEach { hash, entry in
      let isReplaced = changes.contains { change in
        UInt32(truncatingIfNeeded: change.hash) == hash && change.name.bytes.count == entry.nameLength
          && change.name.bytes.withUnsafeBytes { name in
            name.baseAddress.map { Self.equal(entry.name, $0, entry.nameLength) } ?? false
          }
      }
      if !isReplaced { kept.append((hash, entry)) }
    }
    return Self.build(kept: kept, changes)
  }

  private static func build(kept: [(UInt32, Entry)], _ changes: [Change]) -> Shard {
    var bytes = kept.reduce(0) { $0 + $1.1.size }
    var total = kept.count
    for change in changes {
      guard let packed = change.packed else { continue }
      total += 1
      bytes += packed.count
    }
    var slots = 1
    // At most two slots of three are taken, and one is always free: it ends the search.
    while slots * 2 < total * 3 || slots <= total { slots *= 2 }
    let size = header + 8 * slots + bytes
    let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
    block.initializeMemory(as: UInt8.self, repeating: 0, count: header + 8 * slots)
    block.storeBytes(of: UInt32(slots), as: UInt32.self)
    block.storeBytes(of: UInt32(total), toByteOffset: 4, as: UInt32.self)
    block.storeBytes(of: UInt32(size), toByteOffset: 8, as: UInt32.self)
    var end = header + 8 * slots
    for (hash, entry) in kept {
      place(hash, UnsafeRawBufferPointer(start: entry.base, count: entry.size), in: block, slots, &end)
    }
    for change in changes {
      guard let packed = change.packed else { continue }
      packed.withUnsafeBytes { place(UInt32(truncatingIfNeeded: change.hash), $0, in: block, slots, &end) }
    }
    return Shard(base: UnsafeRawPointer(block))
  }

  private static func place(
    _ hash: UInt32, _ entry: UnsafeRawBufferPointer, in block: UnsafeMutableRawPointer, _ slots: Int, _ end: inout Int
  ) {
    guard let source = entry.baseAddress else { return }
    (block + end).copyMemory(from: source, byteCount: entry.count)
    var slot = Int(hash) & (slots - 1)
    while UnsafeRawPointer(block).native32(header + 8 * slot + 4) != 0 { slot = (slot + 1) & (slots - 1) }
    block.storeBytes(of: hash, toByteOffset: header + 8 * slot, as: UInt32.self)
    block.storeBytes(of: UInt32(end), toByteOffset: header + 8 * slot + 4, as: UInt32.self)
    end += entry.count
  }

  func free() { base.deallocate() }
}
