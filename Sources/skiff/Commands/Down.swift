import ArgumentParser

struct Down: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Remove a local cluster: processes, namespaces, mounts, files.")

  @OptionGroup var cluster: ClusterOptions

  func run() throws {
    let layout = try cluster.layout()
    try Preflight.requireRoot("down")
    let lock = try CommandLock.acquire(layout)
    let isKnown = Files.exists(layout.rootDirectory) || Files.exists(layout.runDirectory)
    do {
      try Teardown(layout: layout).run()
    } catch {
      lock.release()
      throw error
    }
    lock.releaseAndRemove()
    Console.progress(isKnown ? "Cluster \(layout.name) is gone." : "There is no cluster named \(layout.name).")
  }
}
