import NetAgent
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// A load of policies that is changed while what nothing refers to any more is removed, as the agent does both.
final class SharedLoad: Sendable {
  private let state: Mutex<(load: PolicyLoad, isDone: Bool)>

  init(_ load: PolicyLoad) { state = Mutex((load, false)) }

  func changeLabels(_ round: Int) throws -> Int { try state.withLock { try $0.load.changeLabels(round) } }

  /// Removes leftovers a tenth of the time, until the end.
  func removeLeftovers() {
    while !state.withLock({ $0.isDone }) {
      let begin = ContinuousClock.now
      // Whatever is wrong, the next change says it.
      state.withLock { _ = try? $0.load.removeLeftovers() }
      let pause = max(.milliseconds(10), (ContinuousClock.now - begin) * 10)
      usleep(UInt32(pause / .microseconds(1)))
    }
  }

  func end() { state.withLock { $0.isDone = true } }
}
