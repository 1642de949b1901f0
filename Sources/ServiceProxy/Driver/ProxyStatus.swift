import KubeAPI
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
    /// When everything that had come was carried out last.
    var lastUpdated: MicroTime?
  }

  private let state = Mutex(State())
  /// How long a change may wait.
  private let deadline: Duration

  init(deadline: Duration) { self.deadline = deadline }

  func setWaiting(failure: String = "") {
    state.withLock { state in
      if state.waitingSince == nil { state.waitingSince = .now }
      state.lastFailure = failure
    }
  }

  /// Everything that had come is carried out.
  func setUpdated() {
    state.withLock { state in
      state.isSynced = true
      state.waitingSince = nil
      state.lastFailure = ""
      state.lastUpdated = .now()
    }
  }

  func setNodeLeaving(_ isLeaving: Bool) { state.withLock { $0.isNodeLeaving = isLeaving } }

  var progress: HealthResult {
    state.withLock { state in
      guard let since = state.waitingSince, since.duration(to: .now) > deadline else { return .healthy }
      let reason = state.lastFailure.isEmpty ? "" : ": \(state.lastFailure)"
      return .unhealthy("a change waits since \(since.duration(to: .now))\(reason)")
    }
  }

  var synced: HealthResult {
    state.withLock { $0.isSynced } ? .healthy : .unhealthy("Services and EndpointSlices are not there yet")
  }

  var nodeEligibility: HealthResult {
    state.withLock { $0.isNodeLeaving } ? .unhealthy("the node is about to be deleted") : .healthy
  }

  /// The body of `/healthz` and, without the node, of `/livez`, in kube-proxy's shape. As there, what is well counts as
  /// updated now.
  func document(isHealthy: Bool, withNode: Bool) -> String {
    let now = MicroTime.now()
    let (updated, isLeaving) = state.withLock { ($0.lastUpdated, $0.isNodeLeaving) }
    var body: JSONValue = [
      "lastUpdated": (isHealthy ? now : updated ?? MicroTime(microseconds: 0)).jsonValue,
      "currentTime": now.jsonValue,
    ]
    if withNode { body["nodeEligible"] = .bool(!isLeaving) }
    return body.text
  }
}
