#if canImport(Glibc)
  import Glibc
#endif

/// A control group of the same path in every hierarchy of the machine: the one of cgroup v2, or those of v1.
///
/// All processes of a local cluster, containers included, live below one group. That is what makes it possible to end
/// a cluster whole, whatever became of the daemons.
struct ControlGroup {
  /// `/skiff/demo`, below the root of each hierarchy.
  let path: String

  /// The mounted hierarchies, from /proc/self/mountinfo (proc(5)).
  static func hierarchies() -> [(mountPoint: String, isUnified: Bool, options: String)] {
    MountTable.read().compactMap { mount in
      switch mount.type {
      case "cgroup2": (mount.mountPoint, true, "")
      case "cgroup": (mount.mountPoint, false, mount.superOptions)
      default: nil
      }
    }
  }

  /// The hierarchy in which membership is tracked: one where the container runtime puts every container too, so `pids`
  /// of v1 before the v2 hierarchy of a hybrid machine.
  static func tracker() throws -> String {
    let all = hierarchies()
    let pids = all.first { !$0.isUnified && $0.options.split(separator: ",").contains("pids") }
    guard let found = pids ?? all.first(where: \.isUnified) else {
      throw UserError("no cgroup hierarchy with the pids controller is mounted: mount cgroup2 at /sys/fs/cgroup")
    }
    return found.mountPoint
  }

  /// Moves the calling process, and so all that it will start, into the group.
  func enter() throws {
    let folder = try Self.tracker() + path
    try Files.makeDirectory(folder)
    let file = open("\(folder)/cgroup.procs", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { throw UserError.system("open", "\(folder)/cgroup.procs") }
    defer { close(file) }
    guard write(file, "0", 1) == 1 else { throw UserError.system("enter control group", folder) }
  }

  /// Every process in the group and below it.
  func processes() throws -> Set<pid_t> {
    var found: Set<pid_t> = []
    func visit(_ folder: String) throws {
      if let bytes = try? Files.readIfPresent("\(folder)/cgroup.procs") {
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
          if let pid = pid_t(line) { found.insert(pid) }
        }
      }
      for name in Files.list(folder) where Files.isDirectory("\(folder)/\(name)") { try visit("\(folder)/\(name)") }
    }
    try visit(Self.tracker() + path)
    return found
  }

  /// Ends every process in the group and below it, and returns when none is left.
  /// - Throws: ``UserError`` where some are still there at the deadline.
  func killAll(within limit: Duration = .seconds(20)) throws {
    let deadline = ContinuousClock.now + limit
    while true {
      let left = try processes().subtracting([getpid()])
      if left.isEmpty { return }
      guard ContinuousClock.now < deadline else {
        throw UserError("processes \(left.sorted()) of control group \(path) do not end; see `cat /proc/PID/stack`")
      }
      for pid in left { kill(pid, SIGKILL) }
      usleep(5_000)  // a killed process leaves its group when it is reaped, of which nobody tells us
    }
  }

  /// Removes the group and those below it from every hierarchy.
  func remove() throws {
    func visit(_ folder: String) throws {
      for name in Files.list(folder) where Files.isDirectory("\(folder)/\(name)") { try visit("\(folder)/\(name)") }
      // A group can be busy for a moment after its last process has ended.
      for attempt in 0... {
        if rmdir(folder) == 0 || errno == ENOENT { return }
        guard errno == EBUSY, attempt < 400 else { throw UserError.system("remove control group", folder) }
        usleep(5_000)
      }
    }
    for hierarchy in Self.hierarchies() where Files.exists(hierarchy.mountPoint + path) {
      try visit(hierarchy.mountPoint + path)
    }
  }

  /// Removes the group from every hierarchy where nothing is in it.
  func removeIfEmpty() {
    for hierarchy in Self.hierarchies() { rmdir(hierarchy.mountPoint + path) }
  }
}
