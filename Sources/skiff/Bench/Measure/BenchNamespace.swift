import Netlink

#if canImport(Glibc)
  import Glibc
#endif

/// The network namespace in which a benchmark and all that it starts live. Nothing else is in it, nothing leaves it.
enum BenchNamespace {
  /// Tells the program that it has been started again, by the namespace's name.
  private static let variable = "SKIFF_BENCH_NAMESPACE"

  /// Goes on in a new namespace. A thread's namespace does not hold for other threads of a process, so the process
  /// becomes the same program again, born inside; the namespace ends with the last process in it.
  static func enter() throws {
    if let name = getenv(variable), try NetworkNamespace.current().description == String(cString: name) { return }
    let namespace = try NetworkNamespace.make()
    try namespace.run { () throws -> Void in
      setenv(variable, namespace.description, 1)
      execv("/proc/self/exe", CommandLine.unsafeArgv)
      throw UserError.system("start", "/proc/self/exe")
    }
  }

  /// Ends every other process in the namespace: those that a measured program has started in sessions of their own, and
  /// that would outlive it.
  static func endOthers() {
    guard let name = getenv(variable), let own = try? NetworkNamespace.current(),
      own.description == String(cString: name)
    else { return }
    for pid in Files.list("/proc").compactMap({ pid_t($0) }) where pid != getpid() {
      if let other = try? NetworkNamespace.of(process: pid), other.identifier == own.identifier { kill(pid, SIGKILL) }
    }
  }
}
