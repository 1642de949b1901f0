import Glibc

/// What a node's kubelet and containerd leave on a machine by design when they end: containers run on, volumes stay
/// mounted. `skiff down` removes it with this.
public struct NodeRemains: Sendable {
  public var rootDirectory: String
  public var runDirectory: String
  /// The folder of cgroups, `/skiff/NAME/node-1`.
  public var cgroupRoot: String

  public init(rootDirectory: String, runDirectory: String, cgroupRoot: String) {
    self.rootDirectory = rootDirectory
    self.runDirectory = runDirectory
    self.cgroupRoot = cgroupRoot
  }

  /// Ends containerd, the shims and every process in the node's cgroups, unmounts what is mounted below the two
  /// folders, and removes the cgroups. The folders themselves stay, for the caller to remove.
  ///
  /// It may be called again at any time, also where it was killed half-way.
  /// - Throws: ``KubeletError`` naming what is still there after ten seconds.
  public func remove() async throws {
    await endProcess(
      Containerd.process(
        namedBy: runDirectory + "/containerd.pid", withArgument: runDirectory + "/containerd.toml"), SIGTERM)
    let cgroups = CgroupTree(root: cgroupRoot, hierarchies: CgroupHierarchy.mounted())
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(10)
    while true {
      let processes = Set(shims() + cgroups.allProcesses())
      for pid in processes { kill(pid, SIGKILL) }
      for point in mounts().reversed() { umount2(point, Int32(MNT_DETACH)) }
      for pid in processes { _ = Containerd.hasEnded(pid) }
      if processes.isEmpty && mounts().isEmpty && cgroups.removeAll() { return }
      guard clock.now < deadline else {
        throw KubeletError(
          "cannot remove all of the node below \(runDirectory): processes \(shims() + cgroups.allProcesses()), mounts \(mounts())"
        )
      }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  private func endProcess(_ pid: pid_t?, _ signal: Int32) async {
    guard let pid else { return }
    kill(pid, signal)
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(3)
    while !Containerd.hasEnded(pid) {
      if clock.now > deadline { kill(pid, SIGKILL) }
      try? await Task.sleep(for: .milliseconds(10))
      if clock.now > deadline + .seconds(2) { return }
    }
  }

  /// Shims of our containerd: each is started with the address of our socket.
  private func shims() -> [pid_t] {
    let socket = runDirectory + "/containerd/containerd.sock"
    return Files.names(in: "/proc").compactMap { name -> pid_t? in
      guard let pid = pid_t(name), let arguments = try? Files.read("/proc/\(pid)/cmdline", limit: 4096) else {
        return nil
      }
      let words = arguments.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      guard let program = words.first, program.contains("containerd-shim"), words.contains(socket) else { return nil }
      return pid
    }
  }

  /// Mount points below our folders, parents first.
  private func mounts() -> [String] {
    let text = Files.text("/proc/self/mountinfo") ?? ""
    return text.split(separator: "\n").compactMap { line -> String? in
      let fields = line.split(separator: " ")
      guard fields.count > 4 else { return nil }
      let point = MountInfo.unescaped(fields[4])
      return point.hasPrefix(runDirectory + "/") || point.hasPrefix(rootDirectory + "/") ? point : nil
    }
  }
}
