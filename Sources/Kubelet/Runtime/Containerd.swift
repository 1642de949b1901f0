import Glibc
import Logging

/// The kubelet's own containerd: a process in a session of its own, which lives on when this process is killed and is
/// taken over again by the next one. It is started anew when it ends.
///
/// Folders: `<root>/containerd` (images, snapshots, metadata), `<run>/containerd` (sockets, bundles, network
/// namespaces of pods), `<run>/containerd.toml`, `<run>/containerd.pid`, `<root>/containerd.log`. The shims keep their
/// sockets in `/run/containerd/s` and `runc` keeps its state in `<run>/containerd/runc`.
struct Containerd: Sendable {
  var configuration: ContainerdConfiguration
  var program: String
  var configurationPath: String
  var pidPath: String
  var logPath: String
  var logger: Logger

  /// The oldest containerd that serves CRI v1.
  static let oldestVersion = (major: 1, minor: 6)

  /// Finds the programs and what this machine allows.
  /// - Throws: ``KubeletError`` where containerd or runc is missing or too old.
  init(
    rootDirectory: String, runDirectory: String, cniConfigDirectory: String, cniBinDirectory: String,
    sandboxImage: String, registryDirectory: String?, logger: Logger
  ) async throws {
    guard let program = Command.find("containerd") else {
      throw KubeletError("no containerd on this machine: install it (Debian: apt-get install containerd runc)")
    }
    guard let runc = Command.find("runc") else {
      throw KubeletError("no runc on this machine: install it (Debian: apt-get install runc)")
    }
    guard Command.find("ctr") != nil else {
      throw KubeletError("no ctr on this machine: it comes with containerd (Debian: apt-get install containerd)")
    }
    let root = rootDirectory + "/containerd"
    let state = runDirectory + "/containerd"
    let socket = state + "/containerd.sock"
    // sockaddr_un holds 108 bytes, and containerd listens on a second socket with ".ttrpc" after the name.
    guard socket.utf8.count + 6 < 108 else {
      throw KubeletError("the run directory's path is too long for a unix socket: \(socket)")
    }
    for directory in [root, state, rootDirectory, runDirectory] { try Files.makeDirectory(directory, mode: 0o711) }
    let overlay = HostFeatures.canMountOverlay(in: root)
    if !overlay {
      logger.warning(
        "no overlay can be mounted here: images are copied for each container", metadata: ["root": "\(root)"])
    }
    configuration = ContainerdConfiguration(
      root: root, state: state, socket: socket, sandboxImage: sandboxImage, cniConfigDirectory: cniConfigDirectory,
      cniBinDirectory: cniBinDirectory, runcPath: runc, snapshotter: overlay ? .overlayfs : .native,
      restrictsOOMScore: !HostFeatures.mayLowerOOMScore(), registryDirectory: registryDirectory)
    self.program = program
    self.configurationPath = runDirectory + "/containerd.toml"
    self.pidPath = runDirectory + "/containerd.pid"
    self.logPath = rootDirectory + "/containerd.log"
    self.logger = logger
    try await checkVersion()
  }

  private func checkVersion() async throws {
    let output = try await Command.run([program, "--version"])
    guard let version = Self.version(of: output.text) else {
      throw KubeletError("cannot tell the version of \(program): it says \(output.text)")
    }
    guard version >= Self.oldestVersion else {
      throw KubeletError(
        "\(program) is version \(version.major).\(version.minor): at least 1.6 is needed for CRI v1; upgrade it")
    }
  }

  /// `containerd github.com/containerd/containerd 1.6.20~ds1 …` or `… v2.0.1 …`.
  static func version(of text: String) -> (major: Int, minor: Int)? {
    for word in text.split(whereSeparator: \.isWhitespace) {
      let digits = word.hasPrefix("v") ? word.dropFirst() : word
      let parts = digits.split(separator: ".")
      if parts.count >= 2, let major = Int(parts[0]), let minor = Int(parts[1]) { return (major, minor) }
    }
    return nil
  }

  /// The process that serves our socket, where there is one: by the file that names it, checked against `/proc`.
  func runningProcess() -> pid_t? { Self.process(namedBy: pidPath, withArgument: configurationPath) }

  static func process(namedBy pidPath: String, withArgument argument: String) -> pid_t? {
    guard let text = Files.text(pidPath), let pid = pid_t(text.trimmed), pid > 1,
      let arguments = try? Files.read("/proc/\(pid)/cmdline")
    else { return nil }
    let words = arguments.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    return words.contains(argument) ? pid : nil
  }

  /// Takes over the running containerd or starts one.
  func startOrAdopt() throws -> pid_t {
    let text = Array(configuration.text.utf8)
    if let pid = runningProcess() {
      if (try? Files.read(configurationPath)) != text {
        logger.warning("containerd runs with other settings than these; they hold when it is started next")
      }
      logger.info("took over containerd", metadata: ["pid": "\(pid)"])
      return pid
    }
    try Files.replace(configurationPath, with: text)
    unlink(configuration.socket)
    unlink(configuration.socket + ".ttrpc")
    let pid = try Command.spawnDetached([program, "--config", configurationPath], log: logPath)
    try Files.replace(pidPath, with: Array("\(pid)\n".utf8))
    logger.info("started containerd", metadata: ["pid": "\(pid)", "socket": "\(configuration.socket)"])
    return pid
  }

  /// Whether the process has ended. Our own child is reaped.
  static func hasEnded(_ pid: pid_t) -> Bool {
    var status: Int32 = 0
    let reaped = waitpid(pid, &status, WNOHANG)
    if reaped == pid { return true }
    if reaped == 0 { return false }
    return kill(pid, 0) != 0 && errno == ESRCH
  }

  /// Watches the process and starts it anew whenever it ends, at first after a tenth of a second, at most every 10 s.
  func supervise(_ first: pid_t) async throws {
    var pid = first
    var delay = Duration.milliseconds(100)
    var since = ContinuousClock.now
    while true {
      try await Task.sleep(for: .milliseconds(250))
      guard Self.hasEnded(pid) else { continue }
      logger.error("containerd ended; starting it again", metadata: ["log": "\(logPath)", "last": "\(lastLogLine)"])
      if ContinuousClock.now - since > .seconds(60) { delay = .milliseconds(100) }
      try await Task.sleep(for: delay)
      delay = min(delay * 2, .seconds(10))
      do {
        pid = try startOrAdopt()
        since = .now
      } catch {
        logger.error("cannot start containerd", metadata: ["error": "\(error)"])
      }
    }
  }

  var lastLogLine: String {
    let lines = (Files.text(logPath) ?? "").split(separator: "\n")
    return String(
      (lines.last { $0.contains("level=fatal") || $0.contains("level=error") } ?? lines.last ?? "").suffix(400))
  }

  /// Runs `ctr` against our socket in the namespace of CRI.
  func ctr(_ arguments: [String]) async throws -> Command.Output {
    guard let ctr = Command.find("ctr") else { throw KubeletError("no ctr on this machine") }
    return try await Command.run([ctr, "--address", configuration.socket, "--namespace", "k8s.io"] + arguments)
  }
}

extension String {
  /// Without white space at either end.
  var trimmed: String {
    var text = self[...]
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }
}
