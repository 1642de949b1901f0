/// One mounted cgroup hierarchy: of v1 with its controllers, or the one of v2.
struct CgroupHierarchy: Sendable, Equatable {
  var mountPoint: String
  /// Empty for v2 and for v1 hierarchies without a controller (`name=systemd`).
  var controllers: Set<String>
  var isVersion2: Bool

  static let known: Set<String> = [
    "cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "hugetlb", "net_cls", "net_prio",
    "perf_event", "rdma", "misc",
  ]

  static func mounted() -> [CgroupHierarchy] { hierarchies(in: MountInfo.all()) }

  static func hierarchies(in mounts: [MountInfo]) -> [CgroupHierarchy] {
    var seen: Set<String> = []
    return mounts.compactMap { mount in
      guard mount.type == "cgroup" || mount.type == "cgroup2", seen.insert(mount.point).inserted else { return nil }
      return CgroupHierarchy(
        mountPoint: mount.point, controllers: mount.type == "cgroup" ? known.intersection(mount.superOptions) : [],
        isVersion2: mount.type == "cgroup2")
    }
  }
}
