#if canImport(Glibc)
  import Glibc
#endif

/// Lets one command at a time change a cluster: `up` waits for a `down` and the other way round.
struct CommandLock {
  private let path: String
  private let descriptor: Int32

  /// Waits until no other command has the lock.
  /// - Throws: ``UserError`` where the lock's file cannot be made.
  static func acquire(_ layout: ClusterLayout) throws -> CommandLock {
    let path = layout.commandLock
    while true {
      try Files.makeDirectory(ClusterLayout.runParent)
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      if descriptor < 0 {
        // A `down` removed the folder just now.
        if errno == ENOENT { continue }
        throw UserError.system("open", path)
      }
      if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
        Console.progress("Waiting for another skiff command on cluster \(layout.name)…")
        while flock(descriptor, LOCK_EX) != 0 {
          guard errno == EINTR else { throw UserError.system("lock", path) }
        }
      }
      // A `down` that held the lock has removed its file: then the lock is one on nothing.
      var held = stat()
      var current = stat()
      if fstat(descriptor, &held) == 0, stat(path, &current) == 0, held.st_ino == current.st_ino {
        return CommandLock(path: path, descriptor: descriptor)
      }
      close(descriptor)
    }
  }

  func release() { close(descriptor) }

  /// Removes the lock's file too, with the folder where it was the last.
  func releaseAndRemove() {
    unlink(path)
    rmdir(ClusterLayout.runParent)
    close(descriptor)
  }
}
