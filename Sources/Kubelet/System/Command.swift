import CLinux
import Glibc
import NIOPosix

/// Programs that the kubelet starts.
enum Command {
  /// `POSIX_SPAWN_SETSID` of glibc's <spawn.h>.
  private static let spawnSetSession: Int32 = 0x80

  struct Output: Sendable {
    /// The exit code; 128 + signal where a signal ended it.
    var status: Int32
    /// What it wrote to standard output and error, the last 64 KiB.
    var text: String
  }

  /// The path of a program; where `name` has no slash, `PATH` and the directories of the system are searched.
  static func find(_ name: String) -> String? {
    if name.contains("/") { return access(name, X_OK) == 0 ? name : nil }
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    for directory in path.split(separator: ":") + ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"] {
      let candidate = "\(directory)/\(name)"
      if access(candidate, X_OK) == 0 { return candidate }
    }
    return nil
  }

  /// Starts a program in a session of its own with its output in a file, so that it lives on when this process ends.
  static func spawnDetached(_ arguments: [String], environment: [String: String] = [:], log: String) throws -> pid_t {
    let file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw SystemError("open log", log) }
    defer { close(file) }
    return try spawn(arguments, environment: environment, output: file)
  }

  /// Runs a program to its end.
  static func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Output {
    try await NIOThreadPool.singleton.runIfActive { try runBlocking(arguments, environment: environment) }
  }

  static func runBlocking(_ arguments: [String], environment: [String: String] = [:]) throws -> Output {
    var ends: [Int32] = [0, 0]
    // A socket pair, because a pipe that no other child inherits needs a call that Glibc's module hides.
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw SystemError("make a socket pair for", arguments.first ?? "")
    }
    let reader = ends[0]
    defer { close(reader) }
    let pid: pid_t
    do {
      defer { close(ends[1]) }
      pid = try spawn(arguments, environment: environment, output: ends[1])
    }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let count = read(reader, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { break }
      bytes.append(contentsOf: chunk[..<count])
      if bytes.count > 128 << 10 { bytes.removeFirst(bytes.count - 64 << 10) }
    }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    let signal = status & 0x7F
    return Output(
      status: signal == 0 ? (status >> 8) & 0xFF : 128 + signal, text: String(decoding: bytes, as: UTF8.self))
  }

  private static func spawn(_ arguments: [String], environment: [String: String], output: Int32) throws -> pid_t {
    guard let program = arguments.first else { throw KubeletError("cannot start a program without a name") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, output, 2)
    // containerd outlives this process: with our listening sockets it would keep our successor from binding them.
    skiff_spawn_close_from(&actions, 3)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, Int16(spawnSetSession | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var variables = [
      "PATH": getenv("PATH").map { String(cString: $0) } ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
      "HOME": "/root", "LANG": "C",
    ]
    for (name, value) in environment { variables[name] = value }
    var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
    argv.append(nil)
    var envp: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0)=\($1)") }
    envp.append(nil)
    defer { for pointer in argv + envp { free(pointer) } }
    var pid: pid_t = 0
    let code = posix_spawn(&pid, program, &actions, &attributes, argv, envp)
    guard code == 0 else { throw SystemError("start", program, errno: code) }
    return pid
  }
}
