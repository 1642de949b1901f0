import Glibc
import Logging
import Netlink

extension ConntrackSettings {
  /// Writes the sysctls of a network namespace. What cannot be written is a line in the log.
  func apply(in namespace: NetworkNamespace?, logger: Logger) {
    if let limit = limit(processors: Swift.max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) {
      // Four connections to a place of the hash table are found well enough.
      if raise("nf_conntrack_max", to: limit, in: namespace, logger) {
        _ = raise("nf_conntrack_buckets", to: limit / 4, in: namespace, logger)
      }
    }
    for (name, value) in values {
      do throws(NetlinkError) {
        if try Self.read(name, in: namespace) != value { try Self.write(name, value, in: namespace, logger) }
      } catch {
        logger.warning("cannot set a time of connection tracking", metadata: ["error": "\(error)"])
      }
    }
  }

  /// A limit that is higher already stays.
  ///
  /// - Returns: whether it is high enough now.
  private func raise(_ name: String, to limit: Int, in namespace: NetworkNamespace?, _ logger: Logger) -> Bool {
    var current: Int64?
    do throws(NetlinkError) {
      current = try Self.read(name, in: namespace)
      if let current, current >= limit { return true }
      try Self.write(name, Int64(limit), in: namespace, logger)
      return true
    } catch {
      // Namespaces other than the machine's first one have its limits, and cannot change them: nothing is wrong there.
      let isMachines = error.errno == EACCES || error.errno == EPERM
      logger.log(
        level: isMachines ? .info : .warning,
        isMachines
          ? "the limit of tracked connections is the machine's, and lower than wanted: set it in the first namespace"
          : "cannot raise the limit of tracked connections",
        metadata: ["wanted": "\(limit)", "now": "\(current.map(String.init) ?? "unknown")", "error": "\(error)"])
      return false
    }
  }

  private static func read(_ name: String, in namespace: NetworkNamespace?) throws(NetlinkError) -> Int64? {
    let text = try namespace.inside { () throws(NetlinkError) in try Sysctl.read("net/netfilter/\(name)") }
    return Int64(text)
  }

  private static func write(
    _ name: String, _ value: Int64, in namespace: NetworkNamespace?, _ logger: Logger
  ) throws(NetlinkError) {
    try namespace.inside { () throws(NetlinkError) in try Sysctl.write("net/netfilter/\(name)", "\(value)") }
    logger.info("set a sysctl", metadata: ["name": "net.netfilter.\(name)", "value": "\(value)"])
  }
}
