import Glibc
import Netlink
import Synchronization

@testable import NetAgent

/// Numbered datagrams from one pod to another, one each millisecond, until it is stopped.
final class SteadyTraffic: Sendable {
  private struct State {
    var isStopping = false
    var sent = 0
    var hasEnded = false
    var received: Set<String> = []
  }

  private let state = Mutex(State())

  init(
    from source: (NetworkNamespace, IPAddress), to destination: (NetworkNamespace, IPAddress), port: UInt16 = 7500
  ) throws {
    let sender = try Datagrams(in: source.0, source.1, port: port)
    let receiver = try Datagrams(in: destination.0, destination.1, port: port)
    let address = destination.1
    TestThread { [self] in
      while state.withLock({ !$0.isStopping }) {
        let number = state.withLock { state in
          state.sent += 1
          return state.sent
        }
        sender.send("\(number)", to: address, port: port)
        usleep(1000)
      }
      state.withLock { $0.hasEnded = true }
    }.start()
    TestThread { [self] in
      while true {
        if let (text, _) = receiver.receive(within: 500) {
          state.withLock { _ = $0.received.insert(text) }
        } else if state.withLock({ $0.hasEnded }) {
          return
        }
      }
    }.start()
  }

  /// Ends it. Returns how many were sent, and how many of them never came.
  func stop() async -> (sent: Int, lost: Int) {
    state.withLock { $0.isStopping = true }
    _ = await eventually(within: .seconds(10)) { state.withLock { $0.hasEnded && $0.received.count == $0.sent } }
    return state.withLock { ($0.sent, $0.sent - $0.received.count) }
  }
}
