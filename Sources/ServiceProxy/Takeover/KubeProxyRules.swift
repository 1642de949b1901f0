import Glibc
import Netlink

/// What kube-proxy leaves in the kernel when it ends. As long as it is there, two programs translate the same addresses:
/// whichever rules come first decide, and after a while they know of no endpoints that still exist.
enum KubeProxyRules {
  /// The tables of its nftables mode.
  static let tables = [NFTableName(.ipv4, "kube-proxy"), NFTableName(.ipv6, "kube-proxy")]

  /// Those of its tables that are there.
  static func found(_ connection: any NFTablesConnection) throws(NetlinkError) -> [NFTableName] {
    try connection.tables().map(\.name).filter(tables.contains)
  }

  /// Deletes its tables. Established connections go on.
  ///
  /// - Returns: those that were there.
  static func remove(_ connection: any NFTablesConnection) throws -> [NFTableName] {
    let found = try found(connection)
    if !found.isEmpty { try connection.commit(NFBatch(found.map { .deleteTable($0) })) }
    return found
  }

  /// Where its iptables mode has left chains; they are `kube-proxy --cleanup`'s to remove, for other rules of the same
  /// tables belong to others. Words for people: `ip nat (iptables-nft)`.
  static func iptablesChains(_ connection: any NFTablesConnection) throws(NetlinkError) -> [String] {
    var places: [String] = []
    for table in try connection.tables().map(\.name) where table.name == "nat" || table.name == "filter" {
      if try connection.chains(in: table).contains(where: { $0.name == "KUBE-SERVICES" }) {
        places.append("\(table) (iptables-nft)")
      }
    }
    for (file, family) in [("ip_tables_names", "ip"), ("ip6_tables_names", "ip6")] where isInUse(file) {
      places.append("\(family) nat (iptables-legacy, which may have other users)")
    }
    return places
  }

  /// Whether rules of iptables' old kind are loaded: a file of the calling thread's namespace lists their tables, where
  /// the kernel has that kind at all.
  private static func isInUse(_ file: String) -> Bool {
    let descriptor = open("/proc/thread-self/net/\(file)", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = read(descriptor, &buffer, buffer.count)
    return count > 0 && String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n").contains("nat")
  }
}
