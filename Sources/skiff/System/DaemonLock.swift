#if canImport(Glibc)
  import Glibc
#endif

/// A lock that a daemon holds as long as it lives, so that there is never a second one for the same folder.
///
/// It is a POSIX record lock (fcntl(2)): the kernel drops it with the process, children do not inherit it, and anyone
/// can ask who holds it.
struct DaemonLock {
  /// Takes the lock for the rest of this process's life.
  /// - Throws: ``UserError`` where another process holds it, or the file cannot be made.
  static func acquire(_ path: String, for what: String) throws {
    // The descriptor stays open on purpose: closing it would drop the lock.
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw UserError.system("open", path) }
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    if fcntl(descriptor, F_SETLK, &lock) == 0 { return }
    let code = errno
    close(descriptor)
    guard code == EAGAIN || code == EACCES else { throw UserError.system("lock", path, errno: code) }
    let pid = holder(path).map { "pid \($0)" } ?? "it has just ended: try again"
    throw UserError("\(what) is running already (\(pid))")
  }

  /// The process that holds the lock; `nil` where none does.
  static func holder(_ path: String) -> pid_t? {
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    guard fcntl(descriptor, F_GETLK, &lock) == 0, lock.l_type != Int16(F_UNLCK) else { return nil }
    return lock.l_pid
  }
}
