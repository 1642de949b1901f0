import Netlink

/// The addresses of one pod CIDR: which are used, and in which order the free ones are given.
///
/// Addresses that were never used come first, from the lowest up; then those that were freed, the longest free first.
/// A packet or a cached name that still means the last owner then has the longest time to die out.
struct AddressPool: Sendable, Hashable {
  let prefix: IPPrefix
  private(set) var used: Set<IPAddress> = []
  /// The place, counted from the prefix's address, below which every address was given at least once.
  private(set) var next: UInt128
  /// Addresses below `next` that are free, the longest free first.
  private(set) var freed: [IPAddress] = []
  /// How many of `freed`'s first were given since; they are dropped now and then.
  private var head = 0
  private let end: UInt128

  /// More freed addresses than this are not remembered: a prefix with so many has enough others.
  private static let memory = 1 << 16

  init(_ prefix: IPPrefix) {
    self.prefix = prefix
    let count = UInt128(1) << UInt128(min(prefix.family.bitCount - prefix.length, 127))
    // The network's own address and, of IPv4, the broadcast address; a prefix of one or two addresses has neither.
    let isTiny = count <= 2
    next = isTiny ? 0 : 1
    end = isTiny || prefix.family == .v6 ? count : count - 1
  }

  var available: UInt128 {
    let first: UInt128 = end <= 2 ? 0 : 1
    return end - first - UInt128(used.count)
  }

  /// The free addresses below `next`, the longest free first.
  var history: ArraySlice<IPAddress> { freed[head...] }

  /// The address whose turn it is; `nil` where none is free.
  var candidate: IPAddress? {
    if next < end { return prefix.address.advanced(by: next) }
    if head < freed.count { return freed[head] }
    guard available > 0 else { return nil }
    // Of a large prefix not all that were freed are remembered.
    var place: UInt128 = end <= 2 ? 0 : 1
    while place < end {
      let address = prefix.address.advanced(by: place)
      if !used.contains(address) { return address }
      place += 1
    }
    return nil
  }

  /// The address whose turn it is of those in ranges: the lowest that is not remembered as freed, else the longest free.
  func candidate(in ranges: [AddressRange]) -> IPAddress? {
    let remembered = Set(history)
    for range in ranges {
      var address = range.first
      while true {
        if isFree(address), !remembered.contains(address) { return address }
        if address == range.last { break }
        address = address.advanced(by: 1 as UInt128)
      }
    }
    return history.first { address in isFree(address) && ranges.contains { $0.contains(address) } }
  }

  /// Whether an address is the pool's and free.
  func isFree(_ address: IPAddress) -> Bool { contains(address) && !used.contains(address) }

  /// Takes this address. False where it is used or not one of the pool's.
  @discardableResult
  mutating func take(_ address: IPAddress) -> Bool {
    guard contains(address), used.insert(address).inserted else { return false }
    let place = address.number &- prefix.address.number
    if place >= next {
      skipUsed()
    } else if head < freed.count, freed[head] == address {
      head += 1
      if head > 1024, head * 2 > freed.count {
        freed.removeFirst(head)
        head = 0
      }
    } else if let index = freed[head...].firstIndex(of: address) {
      freed.remove(at: index)
    }
    return true
  }

  mutating func release(_ address: IPAddress) {
    guard used.remove(address) != nil else { return }
    let place = address.number &- prefix.address.number
    guard place < next else { return }  // its turn comes when the others below it were given
    freed.append(address)
    if freed.count - head > Self.memory { head += 1 }
  }

  func contains(_ address: IPAddress) -> Bool {
    guard prefix.contains(address) else { return false }
    let place = address.number &- prefix.address.number
    return place < end && (end <= 2 || place > 0)
  }

  /// Brings a pool back that was written down.
  mutating func restore(next: UInt128, freed: [IPAddress]) {
    self.next = min(max(next, self.next), end)
    self.freed = freed.filter { contains($0) && !used.contains($0) && $0.number &- prefix.address.number < self.next }
    head = 0
    skipUsed()
  }

  private mutating func skipUsed() {
    while next < end, used.contains(prefix.address.advanced(by: next)) { next += 1 }
  }
}

extension IPAddress {
  /// The address `offset` after this one.
  func advanced(by offset: UInt128) -> IPAddress { IPAddress(number: number &+ offset, family: family) }
}
