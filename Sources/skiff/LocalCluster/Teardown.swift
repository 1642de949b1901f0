#if canImport(Glibc)
  import Glibc
#endif

/// Removes a local cluster, or what a broken start or a crash left of one. Nothing is asked of the daemons: processes are
/// found by control group, mounts by folder, links and namespaces by name, so each step works on any remainder and can
/// be done again.
struct Teardown {
  let layout: ClusterLayout

  func run() throws {
    // The supervisor first: it would start the others again.
    if let pid = DaemonLock.holder(layout.supervisorLock) { kill(pid, SIGKILL) }
    let group = ControlGroup(path: layout.controlGroup)
    try group.killAll()
    let sockets = shimSockets()
    try MountTable.unmountAll(below: layout.runDirectory)
    try MountTable.unmountAll(below: layout.rootDirectory)
    try HostNetwork(layout: layout).remove()
    for socket in sockets { try Files.removeTree(socket) }
    // Folders that containerd's shims share with any other containerd of this machine: they go when nobody uses them.
    for folder in ["/run/containerd/s", "/run/containerd"] { rmdir(folder) }
    try group.remove()
    ControlGroup(path: "/skiff").removeIfEmpty()
    try Files.removeTree(layout.runDirectory)
    try Files.removeTree(layout.rootDirectory)
    rmdir(ClusterLayout.rootParent)
  }

  /// The sockets of the cluster's containerd shims. They lie outside the cluster's folders, under names that only the
  /// `address` file of each container's bundle tells.
  private func shimSockets() -> [String] {
    var found: [String] = []
    for node in Files.list(layout.runDirectory) {
      let tasks = "\(layout.runDirectory)/\(node)/containerd/io.containerd.runtime.v2.task/k8s.io"
      for container in Files.list(tasks) {
        guard let bytes = try? Files.readIfPresent("\(tasks)/\(container)/address") else { continue }
        let address = String(decoding: bytes, as: UTF8.self)
        if address.hasPrefix("unix:///run/containerd/s/") { found.append(String(address.dropFirst("unix://".count))) }
      }
    }
    return found
  }
}
