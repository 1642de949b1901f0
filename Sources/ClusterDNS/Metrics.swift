import Synchronization
import Telemetry

/// What the DNS server tells of itself, under the names that CoreDNS uses.
final class DNSMetrics: Sendable {
  private let names: Gauge
  private let bytes: Gauge
  private let serial: Gauge
  private let programming: Histogram
  private let forwards: Histogram
  private let counters: Mutex<[QueryCounters]>
  private let forwarder: Mutex<(@Sendable () -> ForwardReadings)?>
  private let zone: String

  /// What the forwarder tells when it is asked.
  struct ForwardReadings: Sendable {
    var tally: ForwardState.Tally
    var entries: Int
    var size: Int
  }

  init(_ registry: MetricsRegistry, zone: WireName) {
    self.zone = zone.description
    names = registry.gauge("skiff_dns_names", help: "Names in the cluster's zone.")
    bytes = registry.gauge("skiff_dns_zone_bytes", help: "Memory of the zone's snapshot.")
    serial = registry.gauge("skiff_dns_zone_serial", help: "Serial of the SOA record.")
    programming = registry.histogram(
      "coredns_kubernetes_dns_programming_duration_seconds",
      help: "Time from the arrival of an event to the answer that shows it.", labels: ["service_kind"],
      buckets: [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1])
    forwards = registry.histogram(
      "coredns_forward_request_duration_seconds", help: "Time until a forwarded query was answered.",
      labels: ["rcode"], buckets: Histogram.seconds)
    counters = Mutex([])
    forwarder = Mutex(nil)
    registry.collector { [weak self] in self?.collect() ?? [] }
  }

  func add(_ counters: QueryCounters) { self.counters.withLock { $0.append(counters) } }

  func setForwarder(_ read: @escaping @Sendable () -> ForwardReadings) { forwarder.withLock { $0 = read } }

  func published(names: Int, bytes: Int, serial: UInt32, took: Duration) {
    self.names.set(Double(names))
    self.bytes.set(Double(bytes))
    self.serial.set(Double(serial))
    programming.observe(took, ["all"])
  }

  func forwarded(code: UInt16, took nanoseconds: UInt64) {
    let name = code < 6 ? QueryCounters.codes[Int(code)] : "other"
    forwards.observe(Double(nanoseconds) / 1e9, [name])
  }

  // MARK: Collecting

  private func collect() -> [MetricSnapshot] {
    let all = counters.withLock { $0 }
    var snapshots = [requests(all), responses(all), durations(all), drops(all)]
    if let read = forwarder.withLock({ $0 }) { snapshots += forwarding(read()) }
    return snapshots
  }

  /// Adds up samples with equal labels: each thread counts for itself.
  private func merged(
    _ all: [QueryCounters], _ body: (QueryCounters) -> [(labels: [(name: String, value: String)], value: Double)]
  ) -> [MetricSnapshot.Sample] {
    var sums: [String: MetricSnapshot.Sample] = [:]
    for counters in all {
      for (labels, value) in body(counters) where value > 0 {
        let key = labels.map(\.value).joined(separator: "\u{0}")
        sums[key, default: MetricSnapshot.Sample(labels: labels, value: 0)].value += value
      }
    }
    return sums.sorted { $0.key < $1.key }.map(\.value)
  }

  private func requests(_ all: [QueryCounters]) -> MetricSnapshot {
    let samples = merged(all) { counters in
      var rows: [(labels: [(name: String, value: String)], value: Double)] = []
      for isCluster in [true, false] {
        for (index, type) in QueryCounters.types.enumerated() {
          let labels = [
            ("server", "dns://:53"), ("zone", isCluster ? zone : "."), ("proto", counters.transport),
            ("family", counters.family), ("type", type),
          ].map { (name: $0.0, value: $0.1) }
          rows.append((labels, counters.requestCount(type: index, isCluster: isCluster)))
        }
      }
      return rows
    }
    return MetricSnapshot(
      name: "coredns_dns_requests_total", help: "Queries received.", kind: .counter, samples: samples)
  }

  private func responses(_ all: [QueryCounters]) -> MetricSnapshot {
    let samples = merged(all) { counters in
      var rows: [(labels: [(name: String, value: String)], value: Double)] = []
      for isCluster in [true, false] {
        for (index, code) in QueryCounters.codes.enumerated() {
          let labels = [
            ("server", "dns://:53"), ("zone", isCluster ? zone : "."), ("rcode", code),
            ("plugin", isCluster ? "kubernetes" : "forward"),
          ].map { (name: $0.0, value: $0.1) }
          rows.append((labels, counters.responseCount(code: index, isCluster: isCluster)))
        }
      }
      return rows
    }
    return MetricSnapshot(
      name: "coredns_dns_responses_total", help: "Answers sent.", kind: .counter, samples: samples)
  }

  private func drops(_ all: [QueryCounters]) -> MetricSnapshot {
    MetricSnapshot(
      name: "skiff_dns_dropped_total", help: "Packets that were no queries, and got no answer.", kind: .counter,
      samples: [.init(value: all.reduce(0) { $0 + $1.dropCount })])
  }

  private func durations(_ all: [QueryCounters]) -> MetricSnapshot {
    var buckets = Array(repeating: 0.0, count: QueryCounters.bounds.count + 1)
    var sum = 0.0
    for counters in all {
      let (part, seconds) = counters.durations
      for (index, count) in part.enumerated() { buckets[index] += count }
      sum += seconds
    }
    let labels = [(name: "server", value: "dns://:53"), (name: "zone", value: zone)]
    var samples: [MetricSnapshot.Sample] = []
    var total = 0.0
    for (index, count) in buckets.enumerated() {
      total += count
      let bound = index < QueryCounters.bounds.count ? "\(Double(QueryCounters.bounds[index]) / 1e9)" : "+Inf"
      samples.append(.init(suffix: "_bucket", labels: labels + [(name: "le", value: bound)], value: total))
    }
    samples.append(.init(suffix: "_sum", labels: labels, value: sum))
    samples.append(.init(suffix: "_count", labels: labels, value: total))
    return MetricSnapshot(
      name: "coredns_dns_request_duration_seconds", help: "Time from a query's arrival to its answer.",
      kind: .histogram, samples: samples)
  }

  private func forwarding(_ readings: ForwardReadings) -> [MetricSnapshot] {
    func one(_ name: String, _ help: String, _ kind: MetricSnapshot.Kind, _ value: Int) -> MetricSnapshot {
      MetricSnapshot(name: name, help: help, kind: kind, samples: [.init(value: Double(value))])
    }
    let tally = readings.tally
    return [
      one("coredns_cache_hits_total", "Answers from the cache.", .counter, tally.hits),
      one("coredns_cache_misses_total", "Queries that the cache could not answer.", .counter, tally.misses),
      one("coredns_cache_entries", "Answers in the cache.", .gauge, readings.entries),
      one("skiff_dns_cache_bytes", "Memory of the cache, about.", .gauge, readings.size),
      one("coredns_forward_requests_total", "Queries sent to upstreams.", .counter, tally.attempts),
      one("skiff_dns_forward_shared_total", "Queries that waited for an equal one.", .counter, tally.shared),
      one("skiff_dns_forward_timeouts_total", "Queries that an upstream did not answer.", .counter, tally.timeouts),
      one("coredns_forward_healthcheck_failures_total", "Failures of upstreams.", .counter, tally.failures),
    ]
  }
}
