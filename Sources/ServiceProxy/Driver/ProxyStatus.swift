import Synchronization
import Telemetry

/// What health checks ask of the proxy's loop.
final class ProxyStatus: Sendable {
  private struct State {
    var isSynced = false
    var isNodeLeaving = false
    /// Since when something waits to be carried out; nil for nothing.
    var waitingSince: ContinuousClock.Instant?
    var lastFailure = ""
  }

  private let state = Mutex(State())

  func setWaiting(_ waits: Bool, failure: String = "") {
    state.withLock { state in
      if !waits {
        state.waitingSince = nil
      } else if state.waitingSince == nil {
        state.waitingSince = .now
      }
      state.lastFailure = failure
    }
  }

  func setSynced() { state.withLock { $0.isSynced = true } }
  func setNodeLeaving(_ isLeaving: Bool) { state.withLock { $0.isNodeLeaving = isLeaving } }

  func progress(deadline: Duration) -> HealthResult {
    state.withLock { state in
      guard let since = state.waitingSince, since.duration(to: .now) > deadline else { return .healthy }
      let reason = state.lastFailure.isEmpty ? "" : ": \(state.lastFailure)"
      return .unhealthy("a change waits since \(since.duration(to: .now))\(reason)")
    }
  }

  func synced() -> HealthResult {
    state.withLock { $0.isSynced } ? .healthy : .unhealthy("Services and EndpointSlices are not there yet")
  }

  func nodeEligibility() -> HealthResult {
    state.withLock { $0.isNodeLeaving } ? .unhealthy("the node is about to be deleted") : .healthy
  }
}
