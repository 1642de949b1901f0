import Logging
import Netlink

#if canImport(Glibc)
  import Glibc
#endif

/// Keeps the daemons of a local cluster running: the server, and a node daemon in each node's network namespace.
///
/// It holds no state. What runs is told by the daemons' own locks, so a supervisor that was killed leaves the cluster
/// working, and its successor takes up what runs. One thread stands for one daemon.
struct Supervisor {
  struct Member {
    var name: String
    /// The lock that the daemon holds while it lives.
    var lock: String
    var log: String
    var arguments: [String]
    /// The network namespace in which it runs; `nil` for the supervisor's own.
    var namespacePath: String?
  }

  let members: [Member]
  let logger: Logger

  /// Supervises until the process is ended. Ending it does not end the daemons.
  func run() -> Never {
    for member in members {
      let thread = MemberThread(member: member, logger: logger)
      thread.start()
    }
    while true { pause() }
  }
}

private final class MemberThread: Sendable {
  private let member: Supervisor.Member
  private let logger: Logger

  init(member: Supervisor.Member, logger: Logger) {
    self.member = member
    var logger = logger
    logger[metadataKey: "daemon"] = "\(member.name)"
    self.logger = logger
  }

  func start() {
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { pointer in
        guard let pointer else { return nil }
        Unmanaged<MemberThread>.fromOpaque(pointer).takeRetainedValue().keepRunning()
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    precondition(code == 0, "cannot start a thread: errno \(code)")
    pthread_detach(thread)
  }

  private func keepRunning() {
    var backOff = BackOff()
    while true {
      let started = ContinuousClock.now
      do {
        let process: ChildProcess
        if let pid = DaemonLock.holder(member.lock) {
          process = ChildProcess(pid: pid)
          logger.info("took up the running daemon", metadata: ["pid": "\(pid)"])
        } else {
          process = try startDaemon()
          logger.info("started the daemon", metadata: ["pid": "\(process.pid)"])
        }
        let end = process.wait() ?? "not a child, so it is not known how"
        logger.warning("the daemon ended", metadata: ["pid": "\(process.pid)", "how": "\(end)"])
      } catch {
        logger.error("cannot start the daemon", metadata: ["error": "\(error)"])
      }
      let pause = backOff.next(afterRunning: ContinuousClock.now - started)
      usleep(UInt32(pause.components.seconds * 1_000_000 + pause.components.attoseconds / 1_000_000_000_000))
    }
  }

  /// Starts the daemon; it is born in the namespace of the thread that starts it.
  private func startDaemon() throws -> ChildProcess {
    guard let path = member.namespacePath else { return try ChildProcess.spawn(member.arguments, log: member.log) }
    return try NetworkNamespace.open(at: path).run {
      try ChildProcess.spawn(member.arguments, log: member.log)
    }
  }
}

/// How long to wait before a daemon is started again: not at all after it ran for a while, else longer each time.
struct BackOff {
  private var failures = 0

  mutating func next(afterRunning time: Duration) -> Duration {
    if time >= .seconds(5) {
      failures = 0
      return .zero
    }
    failures += 1
    return .milliseconds(min(10_000, 100 << min(failures - 1, 7)))
  }
}
