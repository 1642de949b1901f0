import Netlink
import Synchronization

/// When the kernel told of each nftables transaction of a network namespace: what a proxy's changes are timed by,
/// whichever proxy it is.
final class GenerationLog: Sendable {
  struct Entry: Sendable {
    /// When the listening thread had the kernel's notification.
    var time: ContinuousClock.Instant
    var generation: NFGeneration
  }

  private struct State {
    var entries: [Entry] = []
    var failure: NetlinkError?
    var isStopped = false
  }

  /// What the thread and the log share.
  private final class Record: Sendable {
    let state = Mutex(State())

    func listen(_ listener: NFGenerationListener) {
      while !state.withLock({ $0.isStopped }) {
        do throws(NetlinkError) {
          let generations = try listener.wait(milliseconds: 100)
          let now = ContinuousClock.now
          if generations.isEmpty { continue }
          state.withLock { state in state.entries += generations.map { Entry(time: now, generation: $0) } }
        } catch {
          return state.withLock { $0.failure = error }
        }
      }
    }
  }

  private let record = Record()
  private let thread: NamedThread

  /// Listens in the network namespace of the calling thread, on a thread of its own, until `stop`.
  init() throws {
    let listener = try NFGenerationListener()
    thread = try NamedThread("bench-netlink") { [record] in record.listen(listener) }
  }

  /// Call it once; nothing is heard afterwards.
  func stop() {
    record.state.withLock { $0.isStopped = true }
    thread.join()
  }

  /// How many transactions there have been.
  var count: Int { record.state.withLock { $0.entries.count } }

  func entries(from index: Int) -> [Entry] {
    record.state.withLock { Array($0.entries[min(index, $0.entries.count)...]) }
  }

  var last: Entry? { record.state.withLock { $0.entries.last } }

  /// The last of the transactions from number `index` on, once none has followed it for a while.
  ///
  /// - Throws: ``UserError`` with `what` where none came in time, or the listener failed.
  func settled(from index: Int, quiet: Duration, within limit: Duration, _ what: @autoclosure () -> String) async throws
    -> Entry
  {
    let deadline = ContinuousClock.now + limit
    // Looked at rarely: the times are taken by the thread, and whoever looks often slows the proxy that is measured.
    var pause = Duration.milliseconds(2)
    while true {
      let (last, failure) = record.state.withLock { state in
        (state.entries.count > index ? state.entries.last : nil, state.failure)
      }
      if let failure { throw failure }
      let now = ContinuousClock.now
      if let last, last.time.duration(to: now) >= quiet { return last }
      guard now < deadline else { throw UserError("nothing came to the kernel within \(limit): \(what())") }
      if let last {
        try await Task.sleep(for: quiet - last.time.duration(to: now))
      } else {
        try await Task.sleep(for: pause)
        pause = min(pause * 2, .milliseconds(20))
      }
    }
  }
}
