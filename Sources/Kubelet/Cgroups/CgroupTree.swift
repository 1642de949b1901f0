import Glibc

/// The cgroups below the node's folder, in all hierarchies of v1, or in the one of v2.
///
/// Where v1 hierarchies with controllers are mounted, the runtime works in those, and the one of v2 beside them (hybrid)
/// is left alone but for its folders.
struct CgroupTree: Sendable {
  /// `/skiff/NAME/node-1`
  var root: String
  var hierarchies: [CgroupHierarchy]

  var isVersion2: Bool { hierarchies.allSatisfy { $0.controllers.isEmpty } && hierarchies.contains { $0.isVersion2 } }

  private func directories(_ path: String) -> [(hierarchy: CgroupHierarchy, directory: String)] {
    hierarchies.map { ($0, $0.mountPoint + root + path) }
  }

  /// Makes the cgroup `path` (`/kubepods/burstable/pod…`, relative to the root) and sets its limits.
  func ensure(_ path: String, _ limits: CgroupLimits) throws {
    if isVersion2 {
      guard let hierarchy = hierarchies.first(where: \.isVersion2) else { return }
      let directory = hierarchy.mountPoint + root + path
      try enableControllers(in: hierarchy.mountPoint, along: root + path)
      try Files.makeDirectory(directory)
      for (file, value) in limits.version2 { try set(directory, file, value) }
    } else {
      for (hierarchy, directory) in directories(path) where !hierarchy.isVersion2 {
        let values = limits.version1.filter { hierarchy.controllers.contains($0.controller) }
        guard !values.isEmpty else { continue }
        try Files.makeDirectory(directory)
        for value in values { try set(directory, value.file, value.value) }
      }
    }
  }

  /// A hierarchy without the controller's file (a kernel built without quotas) is passed over.
  private func set(_ directory: String, _ file: String, _ value: String) throws {
    let path = directory + "/" + file
    guard Files.exists(path) else { return }
    try Files.write(Array(value.utf8), to: path)
  }

  /// In v2 each level hands its controllers down.
  private func enableControllers(in mountPoint: String, along path: String) throws {
    var directory = mountPoint
    for part in path.split(separator: "/") {
      let available = (Files.text(directory + "/cgroup.controllers") ?? "").split(whereSeparator: \.isWhitespace)
      for controller in ["cpu", "memory", "pids", "cpuset", "io"] where available.contains(Substring(controller)) {
        try? Files.write(Array("+\(controller)".utf8), to: directory + "/cgroup.subtree_control")
      }
      directory += "/" + part
      try Files.makeDirectory(directory)
    }
  }

  /// Removes the cgroup and those below it; `false` where a process is still in one.
  @discardableResult
  func remove(_ path: String) -> Bool {
    directories(path).reduce(true) { removed, entry in removeTree(entry.directory) && removed }
  }

  /// Removes the node's folder in every hierarchy, and the folders above it that are empty then.
  func removeAll() -> Bool {
    guard root.count > 1, remove("") else { return false }
    for hierarchy in hierarchies {
      var parent = root[...]
      while let slash = parent.lastIndex(of: "/"), slash != parent.startIndex {
        parent = parent[..<slash]
        // Another node's folder keeps it.
        guard rmdir(hierarchy.mountPoint + parent) == 0 else { break }
      }
    }
    return true
  }

  private func removeTree(_ directory: String) -> Bool {
    guard Files.isDirectory(directory) else { return true }
    for name in Files.names(in: directory) where Files.isDirectory(directory + "/" + name) {
      _ = removeTree(directory + "/" + name)
    }
    return rmdir(directory) == 0 || errno == ENOENT
  }

  /// The pods that have a cgroup, by UID.
  func podUIDs() -> Set<String> {
    var uids: Set<String> = []
    for qos in QoSClass.allCases {
      for (_, directory) in directories(qos.cgroupPath) {
        for name in Files.names(in: directory) where name.hasPrefix("pod") && Files.isDirectory(directory + "/" + name)
        {
          uids.insert(String(name.dropFirst(3)))
        }
      }
    }
    return uids
  }

  /// The processes in the node's cgroups, in all hierarchies.
  func allProcesses() -> [pid_t] {
    var found: Set<pid_t> = []
    for (_, directory) in directories("") { collect(directory, &found) }
    found.remove(getpid())
    return Array(found)
  }

  private func collect(_ directory: String, _ found: inout Set<pid_t>) {
    guard Files.isDirectory(directory) else { return }
    for line in (Files.text(directory + "/cgroup.procs") ?? "").split(separator: "\n") {
      if let pid = pid_t(line), pid > 1 { found.insert(pid) }
    }
    for name in Files.names(in: directory) where Files.isDirectory(directory + "/" + name) {
      collect(directory + "/" + name, &found)
    }
  }
}
