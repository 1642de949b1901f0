/// One name's entry in a shard's flat memory; see `NameRecords.packed(name:)` for its form.
///
/// The memory was written by this process from checked values, so reads follow the sizes in it.
struct Entry {
  let base: UnsafeRawPointer

  /// All bytes of the entry, its own size word included.
  @inline(__always)
  var size: Int { base.native32(0) &+ 4 }
  @inline(__always)
  var nameLength: Int { Int(base.byte(4)) }
  @inline(__always)
  var name: UnsafeRawPointer { base + 5 }
  @inline(__always)
  var kinds: EntryKinds { EntryKinds(rawValue: base.byte(5 &+ nameLength)) }

  @inline(__always)
  private var sections: UnsafeRawPointer { base + (6 &+ nameLength) }

  /// The IPv4 addresses and how many.
  @inline(__always)
  var v4: (bytes: UnsafeRawPointer, count: Int) {
    guard kinds.contains(.v4) else { return (base, 0) }
    return (sections + 2, sections.native16(0))
  }

  @inline(__always)
  private var afterV4: UnsafeRawPointer {
    kinds.contains(.v4) ? sections + (2 &+ 4 &* sections.native16(0)) : sections
  }

  @inline(__always)
  var v6: (bytes: UnsafeRawPointer, count: Int) {
    guard kinds.contains(.v6) else { return (base, 0) }
    let start = afterV4
    return (start + 2, start.native16(0))
  }

  @inline(__always)
  private var afterV6: UnsafeRawPointer {
    let start = afterV4
    return kinds.contains(.v6) ? start + (2 &+ 16 &* start.native16(0)) : start
  }

  /// Where the targets' common name starts in the owner's, the first target, and how many.
  @inline(__always)
  var service: (targetOffset: Int, first: UnsafeRawPointer, count: Int) {
    guard kinds.contains(.service) else { return (0, base, 0) }
    let start = afterV6
    return (Int(start.byte(4)), start + 7, start.native16(5))
  }

  private var afterService: UnsafeRawPointer {
    let start = afterV6
    return kinds.contains(.service) ? start + (4 &+ start.native32(0)) : start
  }

  var pointers: (first: UnsafeRawPointer, count: Int) {
    guard kinds.contains(.pointer) else { return (base, 0) }
    let start = afterService
    return (start + 2, start.native16(0))
  }

  private var afterPointers: UnsafeRawPointer {
    let (first, count) = pointers
    guard count > 0 else { return afterService }
    var at = first
    for _ in 0..<count { at += 1 &+ Int(at.byte(0)) }
    return at
  }

  var alias: (name: UnsafeRawPointer, length: Int)? {
    guard kinds.contains(.alias) else { return nil }
    let start = afterPointers
    return (start + 1, Int(start.byte(0)))
  }

  var text: (strings: UnsafeRawPointer, length: Int)? {
    guard kinds.contains(.text) else { return nil }
    let start = alias.map { $0.name + $0.length } ?? afterPointers
    return (start + 1, Int(start.byte(0)))
  }

  /// The names that the PTR records point to, as values.
  var pointerNames: [WireName] {
    var (at, count) = pointers
    var names: [WireName] = []
    names.reserveCapacity(count)
    while count > 0 {
      let length = Int(at.byte(0))
      names.append(WireName(unchecked: Array(UnsafeRawBufferPointer(start: at + 1, count: length))))
      at += 1 &+ length
      count -= 1
    }
    return names
  }
}

/// One target of SRV records within an entry.
struct ServiceTargetEntry {
  let base: UnsafeRawPointer

  @inline(__always)
  var next: ServiceTargetEntry { ServiceTargetEntry(base: base + (4 &+ base.native32(0))) }
  @inline(__always)
  var labelLength: Int { Int(base.byte(4)) }
  @inline(__always)
  var label: UnsafeRawPointer { base + 5 }
  @inline(__always)
  var ports: (first: UnsafeRawPointer, count: Int) {
    let start = base + (5 &+ labelLength)
    return (start + 2, start.native16(0))
  }
  @inline(__always)
  var v4: (bytes: UnsafeRawPointer, count: Int) {
    let (first, count) = ports
    let start = first + 2 &* count
    return (start + 2, start.native16(0))
  }
  @inline(__always)
  var v6: (bytes: UnsafeRawPointer, count: Int) {
    let (bytes, count) = v4
    let start = bytes + 4 &* count
    return (start + 2, start.native16(0))
  }
}
