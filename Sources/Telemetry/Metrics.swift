/// A value that only grows.
public struct Counter: Sendable {
  let family: MetricFamily

  public func increment(by amount: Double = 1, _ labels: [String] = []) {
    precondition(amount >= 0, "a counter does not fall")
    family.update(labels) { $0.value += amount }
  }

  public func value(_ labels: [String] = []) -> Double { family.value(labels) ?? 0 }
}

/// A value that goes up and down.
public struct Gauge: Sendable {
  let family: MetricFamily

  public func set(_ value: Double, _ labels: [String] = []) { family.update(labels) { $0.value = value } }
  public func add(_ amount: Double, _ labels: [String] = []) { family.update(labels) { $0.value += amount } }

  /// Forgets a series, for what the labels name is gone.
  public func remove(_ labels: [String]) { family.remove(labels) }

  public func value(_ labels: [String] = []) -> Double { family.value(labels) ?? 0 }
}

/// Observations counted by buckets.
public struct Histogram: Sendable {
  /// Bounds for durations, from a tenth of a millisecond to a minute.
  public static let seconds = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
  ]

  let family: MetricFamily

  public func observe(_ value: Double, _ labels: [String] = []) {
    let bucket = family.bounds.firstIndex { value <= $0 } ?? family.bounds.count
    family.update(labels) {
      $0.value += value
      $0.buckets[bucket] += 1
    }
  }

  public func observe(_ duration: Duration, _ labels: [String] = []) {
    let (seconds, attoseconds) = duration.components
    observe(Double(seconds) + Double(attoseconds) * 1e-18, labels)
  }
}
