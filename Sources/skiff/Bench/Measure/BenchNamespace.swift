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
}
