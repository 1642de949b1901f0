#if canImport(Glibc)
  import Glibc
#endif

/// A program that was started in a session of its own, with everything that it has started since.
struct Session: Sendable {
  struct Usage: Sendable {
    /// User and system time of all, and of those that have ended and were waited for.
    var cpu = Duration.zero
    var residentBytes = 0
    /// Of that, what no file is behind: heaps and stacks, not the program's code.
    var anonymousBytes = 0
    /// The sum of what each has had at the most.
    var peakBytes = 0
  }

  /// The first process, whose id is the session's.
  let leader: ChildProcess
  /// What it was started as, for errors.
  let name: String
  let log: String

  var isRunning: Bool {
    var status: Int32 = 0
    return waitpid(leader.pid, &status, WNOHANG) == 0
  }

  /// What the kernel's accounting says of it (clock_getcpuclockid(3); proc(5): stat, status).
  var usage: Usage {
    var usage = Usage()
    let tick = Duration.seconds(1) / sysconf(Int32(_SC_CLK_TCK))
    for process in members {
      usage.cpu += Self.processorTime(process.pid) + tick * process.childTicks
      let status = Self.text("/proc/\(process.pid)/status")
      usage.residentBytes += Self.kilobytes("VmRSS:", in: status) << 10
      usage.anonymousBytes += Self.kilobytes("RssAnon:", in: status) << 10
      usage.peakBytes += Self.kilobytes("VmHWM:", in: status) << 10
    }
    return usage
  }

  /// User and system time of all that run, as precise as the scheduler counts it.
  var cpuTime: Duration {
    members.reduce(.zero) { sum, process in
      var (clock, time) = (clockid_t(), timespec())
      guard clock_getcpuclockid(process.pid, &clock) == 0, clock_gettime(clock, &time) == 0 else { return sum }
      return sum + .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
  }

  /// From now on `peakBytes` counts anew (proc(5): clear_refs).
  func forgetPeak() throws {
    for process in members {
      let path = "/proc/\(process.pid)/clear_refs"
      let descriptor = open(path, O_WRONLY | O_CLOEXEC)
      defer { close(descriptor) }
      guard descriptor >= 0, write(descriptor, "5", 1) == 1 else { throw UserError.system("write", path) }
    }
  }

  /// Sends a signal to all of them.
  func signal(_ number: Int32) { for process in members { kill(process.pid, number) } }

  /// Ends all of them at once, as a crash would, and waits for the first.
  func end() {
    signal(SIGKILL)
    _ = leader.wait()
    // What was being started meanwhile.
    signal(SIGKILL)
  }

  /// Why it ended, from the last lines of its log.
  var lastWords: String {
    let lines = Self.text(log).split(separator: "\n").suffix(3)
    return lines.isEmpty ? "it said nothing" : lines.joined(separator: " | ")
  }

  private var members: [(pid: pid_t, childTicks: Int)] {
    Files.list("/proc").compactMap { name in
      guard let pid = pid_t(name) else { return nil }
      // The name of the program is in parentheses and may hold anything; fields are counted behind it.
      let text = Self.text("/proc/\(pid)/stat")
      guard let end = text.lastIndex(of: ")") else { return nil }
      let fields = text[end...].split(separator: " ").dropFirst()
      guard fields.count > 14 else { return nil }
      func field(_ number: Int) -> Int { Int(fields[fields.startIndex + number]) ?? 0 }
      guard field(3) == leader.pid else { return nil }
      return (pid, field(13) + field(14))
    }
  }

  /// User and system time, in nanoseconds where `/proc` counts in ticks of ten milliseconds. None of one that has ended.
  private static func processorTime(_ pid: pid_t) -> Duration {
    var clock = clockid_t()
    var time = timespec()
    guard clock_getcpuclockid(pid, &clock) == 0, clock_gettime(clock, &time) == 0 else { return .zero }
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  private static func text(_ path: String) -> String {
    String(decoding: (try? Files.readIfPresent(path)) ?? [], as: UTF8.self)
  }

  private static func kilobytes(_ name: String, in status: String) -> Int {
    for line in status.split(separator: "\n") where line.hasPrefix(name) {
      return line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    }
    return 0
  }
}
