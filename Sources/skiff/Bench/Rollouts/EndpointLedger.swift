import Synchronization

/// Which endpoints are gone, and since when: what a connection's endpoint is judged by.
final class EndpointLedger: Sendable {
  /// By address, in the machine's byte order.
  private let removals = Mutex<[UInt32: ContinuousClock.Instant]>([:])

  /// Endpoints that are about to be written to the API server.
  func add(_ addresses: some Sequence<UInt32>) {
    removals.withLock { removals in for address in addresses { removals[address] = nil } }
  }

  /// Endpoints that the API server has just taken out.
  func remove(_ addresses: some Sequence<UInt32>) {
    let now = ContinuousClock.now
    removals.withLock { removals in for address in addresses { removals[address] = now } }
  }

  /// How long an endpoint had been gone at a time; nil for one that was there.
  func absence(of address: UInt32, at time: ContinuousClock.Instant) -> Duration? {
    guard let removal = removals.withLock({ $0[address] }), removal < time else { return nil }
    return removal.duration(to: time)
  }
}
