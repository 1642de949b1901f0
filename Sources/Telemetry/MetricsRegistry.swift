import Synchronization

/// The metrics of one process, served in the Prometheus text exposition format 0.0.4.
///
/// Asking twice for a name gives the same metric, so that two instances of a component may share it.
public final class MetricsRegistry: Sendable {
  private struct State {
    var families: [String: MetricFamily] = [:]
    var collectors: [@Sendable () -> [MetricSnapshot]] = []
  }

  private let state = Mutex(State())

  public init() {}

  /// A value that only grows. Its name ends in `_total` by convention.
  public func counter(_ name: String, help: String, labels: [String] = []) -> Counter {
    Counter(family: family(name, help: help, kind: .counter, labels: labels, buckets: []))
  }

  /// A value that goes up and down.
  public func gauge(_ name: String, help: String, labels: [String] = []) -> Gauge {
    Gauge(family: family(name, help: help, kind: .gauge, labels: labels, buckets: []))
  }

  /// Observations counted by buckets.
  /// - Parameter buckets: upper bounds, ascending, without the infinite one.
  public func histogram(
    _ name: String, help: String, labels: [String] = [], buckets: [Double] = Histogram.seconds
  ) -> Histogram {
    Histogram(family: family(name, help: help, kind: .histogram, labels: labels, buckets: buckets))
  }

  /// Adds metrics that are computed when they are read, for counters that live where a lock has no place.
  public func collector(_ body: @escaping @Sendable () -> [MetricSnapshot]) {
    state.withLock { $0.collectors.append(body) }
  }

  /// Every metric in the text format.
  public func text() -> String {
    let (families, collectors) = state.withLock { ($0.families, $0.collectors) }
    var snapshots = families.values.map { $0.snapshot() }
    for collect in collectors { snapshots.append(contentsOf: collect()) }
    snapshots.sort { $0.name < $1.name }
    var output = ""
    for snapshot in snapshots { snapshot.write(to: &output) }
    return output
  }

  private func family(
    _ name: String, help: String, kind: MetricSnapshot.Kind, labels: [String], buckets: [Double]
  ) -> MetricFamily {
    state.withLock { state in
      if let existing = state.families[name] {
        precondition(existing.kind == kind && existing.labels == labels, "metric \(name) is registered as another")
        return existing
      }
      let family = MetricFamily(name: name, help: help, kind: kind, labels: labels, buckets: buckets)
      state.families[name] = family
      return family
    }
  }
}
