import CLinux
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// When the API server's events reached the proxy: the kernel's stamps of the TCP segments with data that pass from a
/// server's address over the loopback. Whatever the proxy does, an event is there for it from then on.
final class EventTap: Sendable {
  private struct State {
    var times: [ContinuousClock.Instant] = []
    var failure: UserError?
    var isStopped = false
  }

  /// What the thread and the tap share.
  private final class Record: Sendable {
    let state = Mutex(State())

    func listen(_ tap: Int32) {
      defer { close(tap) }
      while !state.withLock({ $0.isStopped }) {
        let stamp = linux_tap_next(tap, 100)
        if stamp > 0 {
          let time = Self.instant(stamp)
          state.withLock { $0.times.append(time) }
        } else if stamp < 0 {
          let failure = UserError.system("read", "packets of the loopback")
          return state.withLock { $0.failure = failure }
        }
      }
    }

    /// The kernel stamps packets by the time of day; everything else here is by a clock that is never set.
    private static func instant(_ stamp: Int64) -> ContinuousClock.Instant {
      var now = timespec()
      clock_gettime(CLOCK_REALTIME, &now)
      return .now - .nanoseconds(Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec) - stamp)
    }
  }

  private let record = Record()
  private let thread: NamedThread

  /// Sees what leaves `server` in the network namespace of the calling thread, on a thread of its own, until `stop`.
  init(from server: SocketName) throws {
    let tap = linux_tap_open(server.address, server.port)
    guard tap >= 0 else { throw UserError.system("listen to", "packets of the loopback") }
    thread = try NamedThread("bench-events") { [record] in record.listen(tap) }
  }

  /// Call it once.
  func stop() {
    record.state.withLock { $0.isStopped = true }
    thread.join()
  }

  /// How many segments have passed.
  var count: Int { record.state.withLock { $0.times.count } }

  /// When segment number `index` passed. It is stamped by then, but the thread that reads the stamp may be late.
  ///
  /// - Throws: ``UserError`` where none has passed.
  func time(of index: Int) async throws -> ContinuousClock.Instant {
    let deadline = ContinuousClock.now + .seconds(10)
    while true {
      let (time, failure) = record.state.withLock { ($0.times.count > index ? $0.times[index] : nil, $0.failure) }
      if let failure { throw failure }
      if let time { return time }
      guard ContinuousClock.now < deadline else {
        throw UserError("the ruleset changed, but no event has passed from the API server to the proxy")
      }
      try await Task.sleep(for: .milliseconds(1))
    }
  }
}
