/// What a cgroup of a pod or of a QoS class holds back.
struct CgroupLimits: Sendable, Equatable {
  /// Weight of v1, 2 to 262144; 1024 for each core that was asked for.
  var cpuShares: Int64?
  /// Microseconds of each 100 ms; `nil` for no limit.
  var cpuQuota: Int64?
  /// Bytes; `nil` for no limit.
  var memory: Int64?

  static let cpuPeriod: Int64 = 100_000

  /// 1024 shares a core, at least 2.
  static func shares(milliCPU: Int64) -> Int64 { min(262_144, max(2, milliCPU * 1024 / 1000)) }

  /// At least 1 ms of each period; `nil` for no limit.
  static func quota(milliCPU: Int64) -> Int64? { milliCPU == 0 ? nil : max(1000, milliCPU * cpuPeriod / 1000) }

  /// The weight of v2, 1 to 10000, for shares of v1, as runc converts them.
  static func weight(shares: Int64) -> Int64 { 1 + (max(2, shares) - 2) * 9999 / 262_142 }

  var version1: [(controller: String, file: String, value: String)] {
    var values: [(String, String, String)] = []
    if let cpuShares { values.append(("cpu", "cpu.shares", String(cpuShares))) }
    if let cpuQuota {
      values.append(("cpu", "cpu.cfs_period_us", String(Self.cpuPeriod)))
      values.append(("cpu", "cpu.cfs_quota_us", String(cpuQuota)))
    }
    if let memory { values.append(("memory", "memory.limit_in_bytes", String(memory))) }
    return values
  }

  var version2: [(file: String, value: String)] {
    var values: [(String, String)] = []
    if let cpuShares { values.append(("cpu.weight", String(Self.weight(shares: cpuShares)))) }
    if let cpuQuota { values.append(("cpu.max", "\(cpuQuota) \(Self.cpuPeriod)")) }
    if let memory { values.append(("memory.max", String(memory))) }
    return values
  }
}
