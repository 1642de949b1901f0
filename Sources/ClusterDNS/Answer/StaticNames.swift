import Netlink

/// Names with fixed addresses, and the reverse names that lead back to them, in the zone's own form.
final class StaticNames: Sendable {
  private nonisolated(unsafe) let shard: Shard  // never written after init
  private let hash: NameHash
  /// Seconds that clients may keep them.
  let ttl: UInt32

  /// `nil` where there are none.
  init?(_ hosts: [StaticHost], ttl: UInt32) {
    guard !hosts.isEmpty else { return nil }
    self.ttl = ttl
    var generator = SystemRandomNumberGenerator()
    hash = NameHash(seed: generator.next())
    var records: [WireName: NameRecords] = [:]
    for host in hosts {
      for address in host.addresses {
        records[host.name, default: NameRecords()].append(address)
        if records[address.reverseName]?.pointers.contains(host.name) != true {
          records[address.reverseName, default: NameRecords()].pointers.append(host.name)
        }
      }
    }
    let hash = hash
    shard = Shard(entries: records.map { Shard.Change(hash: hash($0), name: $0, packed: $1.packed(name: $0)) })
  }

  deinit { shard.free() }

  @inline(__always)
  func find(_ name: UnsafeRawPointer, _ length: Int) -> Entry? { shard.find(hash(name, length), name, length) }
}
