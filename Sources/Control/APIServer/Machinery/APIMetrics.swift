import Telemetry

/// What `/metrics` tells of the API server.
struct APIMetrics: Sendable {
  private let requests: Counter
  private let durations: Histogram

  init(_ metrics: MetricsRegistry, cache: WatchCache) {
    requests = metrics.counter(
      "apiserver_request_total", help: "Requests by verb, resource and code of the answer.",
      labels: ["verb", "resource", "code"])
    durations = metrics.histogram(
      "apiserver_request_duration_seconds", help: "Time from a request to its answer (for a watch: to its beginning).",
      labels: ["verb"], buckets: Histogram.seconds)
    metrics.collector { [weak cache] in
      guard let cache else { return [] }
      let objects = cache.counts.sorted { $0.key < $1.key }.map { resource, count in
        MetricSnapshot.Sample(labels: [(name: "resource", value: resource)], value: Double(count))
      }
      return [
        MetricSnapshot(
          name: "apiserver_storage_objects", help: "Objects in the store by resource.", kind: .gauge, samples: objects),
        MetricSnapshot(
          name: "apiserver_watches", help: "Open watches.", kind: .gauge,
          samples: [MetricSnapshot.Sample(value: Double(cache.watchCount))]),
        MetricSnapshot(
          name: "apiserver_storage_revision", help: "The newest revision.", kind: .gauge,
          samples: [MetricSnapshot.Sample(value: Double(cache.revision))]),
      ]
    }
  }

  func record(verb: String, resource: String, code: Int, since start: ContinuousClock.Instant) {
    requests.increment([verb, resource, String(code)])
    durations.observe(.now - start, [verb])
  }
}
