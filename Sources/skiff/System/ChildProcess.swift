import CLinux

#if canImport(Glibc)
  import Glibc
#endif

/// A process that this one watches: its child, or one that an earlier supervisor started.
struct ChildProcess {
  let pid: pid_t

  /// `POSIX_SPAWN_SETSID` of spawn.h, which glibc hides from strict POSIX.
  private static let setSession: Int32 = 0x80

  /// Starts a program in a session of its own, with standard output and error appended to a log file.
  ///
  /// The child is born in the network namespace of the calling thread.
  /// - Parameter descriptor: what the child has open as descriptor 3, beside the first three.
  /// - Throws: ``UserError`` naming the program or the file.
  static func spawn(
    _ arguments: [String], log: String, environment: [String: String] = [:], passing descriptor: Int32? = nil
  ) throws -> ChildProcess {
    guard let program = arguments.first else { throw UserError("no program was named") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
    if let descriptor { posix_spawn_file_actions_adddup2(&actions, descriptor, STDERR_FILENO + 1) }
    // Whoever started this command may wait for the end of something that it left open.
    skiff_spawn_close_from(&actions, STDERR_FILENO + (descriptor == nil ? 1 : 2))
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, Int16(setSession | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var inherited = environ
    var pid = pid_t()
    let argv = arguments.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = []
    while let variable = inherited.pointee {
      variables.append(strdup(variable))
      inherited += 1
    }
    for (name, value) in environment { variables.append(strdup("\(name)=\(value)")) }
    variables.append(nil)
    defer { for pointer in argv + variables { free(pointer) } }
    let code = posix_spawn(&pid, program, &actions, &attributes, argv, variables)
    guard code == 0 else { throw UserError.system("start", program, errno: code) }
    return ChildProcess(pid: pid)
  }

  /// Blocks until the process has ended, and reaps it where it is a child.
  /// - Returns: how it ended, `nil` where it was not a child.
  func wait() -> String? {
    let descriptor = skiff_pidfd_open(pid)
    if descriptor >= 0 {
      var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      while Glibc.poll(&poll, 1, -1) < 0, errno == EINTR {}
      close(descriptor)
    }
    var status: Int32 = 0
    while true {
      let result = waitpid(pid, &status, 0)
      if result == pid { break }
      if result < 0, errno == EINTR { continue }
      return nil
    }
    let signal = status & 0x7F
    return signal == 0 ? "exit code \((status >> 8) & 0xFF)" : "signal \(signal)"
  }
}
