import Synchronization

/// All series of one metric name: one for each combination of label values.
final class MetricFamily: Sendable {
  struct Series {
    var value = 0.0
    /// Observations for each bucket and, last, those above all bounds; empty unless the metric is a histogram.
    var buckets: [UInt64] = []
  }

  let name: String
  let help: String
  let kind: MetricSnapshot.Kind
  let labels: [String]
  let bounds: [Double]
  private let series: Mutex<[[String]: Series]>

  init(name: String, help: String, kind: MetricSnapshot.Kind, labels: [String], buckets: [Double]) {
    self.name = name
    self.help = help
    self.kind = kind
    self.labels = labels
    bounds = buckets
    // A metric without labels is there from the start, at 0.
    let empty = Series(buckets: kind == .histogram ? Array(repeating: 0, count: buckets.count + 1) : [])
    series = Mutex(labels.isEmpty ? [[]: empty] : [:])
  }

  func update(_ values: [String], _ change: (inout Series) -> Void) {
    precondition(values.count == labels.count, "metric \(name) takes labels \(labels)")
    let empty = Series(buckets: kind == .histogram ? Array(repeating: 0, count: bounds.count + 1) : [])
    series.withLock { change(&$0[values, default: empty]) }
  }

  func value(_ values: [String]) -> Double? { series.withLock { $0[values]?.value } }

  func remove(_ values: [String]) {
    series.withLock { _ = $0.removeValue(forKey: values) }
  }

  func snapshot() -> MetricSnapshot {
    let series = series.withLock { $0 }
    var samples: [MetricSnapshot.Sample] = []
    for (values, one) in series.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      let named = Array(zip(labels, values)).map { (name: $0, value: $1) }
      guard kind == .histogram else {
        samples.append(MetricSnapshot.Sample(labels: named, value: one.value))
        continue
      }
      var total: UInt64 = 0
      for (index, count) in one.buckets.enumerated() {
        total += count
        let bound = index < bounds.count ? MetricSnapshot.format(bounds[index]) : "+Inf"
        samples.append(
          MetricSnapshot.Sample(suffix: "_bucket", labels: named + [(name: "le", value: bound)], value: Double(total)))
      }
      samples.append(MetricSnapshot.Sample(suffix: "_sum", labels: named, value: one.value))
      samples.append(MetricSnapshot.Sample(suffix: "_count", labels: named, value: Double(total)))
    }
    return MetricSnapshot(name: name, help: help, kind: kind, samples: samples)
  }
}
