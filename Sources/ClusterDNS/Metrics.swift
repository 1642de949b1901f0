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
  let watchAges = WatchAges()
  private let checks: Counter
  private let inconsistencies: Counter
  private let reloads: Counter
  private let failedReloads: Counter
  private let resolver: Mutex<(@Sendable () -> Resolver?)?>
  private let zone: String

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
      "coredns_forward_request_duration_seconds", help: "Time until an upstream answered.", labels: ["to", "rcode"],
      buckets: Histogram.seconds)
    checks = registry.counter(
      "skiff_dns_consistency_checks_total", help: "Comparisons of the zone with the API server's lists.")
    inconsistencies = registry.counter(
      "skiff_dns_inconsistencies_total", help: "Objects whose change no watch had told, and that a comparison mended.")
    reloads = registry.counter("skiff_dns_reloads_total", help: "Configurations that were taken over.")
    failedReloads = registry.counter(
      "coredns_reload_failed_total", help: "Changed configurations that could not be used.")
    counters = Mutex([])
    resolver = Mutex(nil)
    registry.collector { [weak self] in self?.collect() ?? [] }
  }

  func add(_ counters: QueryCounters) { self.counters.withLock { $0.append(counters) } }

  func setResolver(_ read: @escaping @Sendable () -> Resolver?) { resolver.withLock { $0 = read } }

  func checked(wrong: Int) {
    checks.increment()
    inconsistencies.increment(by: Double(wrong))
  }

  func reloaded(isGood: Bool) { if isGood { reloads.increment() } else { failedReloads.increment() } }

  func published(names: Int, bytes: Int, serial: UInt32, took: Duration) {
    self.names.set(Double(names))
    self.bytes.set(Double(bytes))
    self.serial.set(Double(serial))
    programming.observe(took, ["all"])
  }

  func forwarded(to upstream: String, code: UInt16, took nanoseconds: UInt64) {
    forwards.observe(Double(nanoseconds) / 1e9, [upstream, ResponseCode.name(code)])
  }

  // MARK: Collecting

  private func collect() -> [MetricSnapshot] {
    let all = counters.withLock { $0 }
    var snapshots = [requests(all), responses(all), durations(all), staleness()] + drops(all)
    if let resolver = resolver.withLock({ $0 })?() { snapshots += caching(resolver) + forwarding(resolver) }
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

  private func staleness() -> MetricSnapshot {
    MetricSnapshot(
      name: "skiff_dns_watch_age_seconds", help: "Time since the API server was last heard of.", kind: .gauge,
      samples: watchAges.seconds.map { .init(labels: [(name: "resource", value: $0.resource)], value: $0.age) })
  }

  private func drops(_ all: [QueryCounters]) -> [MetricSnapshot] {
    [
      one(
        "skiff_dns_dropped_total", "Packets that were no queries, and got no answer.", .counter,
        all.reduce(0) { $0 + $1.dropCount }),
      one(
        "skiff_dns_shed_total", "Queries beyond their source's share, which got no answer.", .counter,
        all.reduce(0) { $0 + $1.shedCount }),
    ]
  }

  private func durations(_ all: [QueryCounters]) -> MetricSnapshot {
    var samples: [MetricSnapshot.Sample] = []
    for isLater in [false, true] {
      var buckets = Array(repeating: 0.0, count: QueryCounters.bounds.count + 1)
      var sum = 0.0
      for counters in all {
        let (part, seconds) = isLater ? counters.laterDurations : counters.durations
        for (index, count) in part.enumerated() { buckets[index] += count }
        sum += seconds
      }
      let labels = [(name: "server", value: "dns://:53"), (name: "zone", value: isLater ? "." : zone)]
      var total = 0.0
      for (index, count) in buckets.enumerated() {
        total += count
        let bound = index < QueryCounters.bounds.count ? "\(Double(QueryCounters.bounds[index]) / 1e9)" : "+Inf"
        samples.append(.init(suffix: "_bucket", labels: labels + [(name: "le", value: bound)], value: total))
      }
      samples.append(.init(suffix: "_sum", labels: labels, value: sum))
      samples.append(.init(suffix: "_count", labels: labels, value: total))
    }
    return MetricSnapshot(
      name: "coredns_dns_request_duration_seconds",
      help: "Time from a query's arrival to its answer: zone \".\" for those that waited for an upstream.",
      kind: .histogram, samples: samples)
  }

  private func one(_ name: String, _ help: String, _ kind: MetricSnapshot.Kind, _ value: Double) -> MetricSnapshot {
    MetricSnapshot(name: name, help: help, kind: kind, samples: [.init(value: value)])
  }

  private func caching(_ resolver: Resolver) -> [MetricSnapshot] {
    let tally = resolver.cache.tally
    let server = [(name: "server", value: "dns://:53"), (name: "zones", value: ".")]
    func sample(_ type: String, _ value: Int) -> MetricSnapshot.Sample {
      .init(labels: server + [(name: "type", value: type)], value: Double(value))
    }
    func labelled(_ name: String, _ help: String, _ kind: MetricSnapshot.Kind, _ value: Int) -> MetricSnapshot {
      MetricSnapshot(name: name, help: help, kind: kind, samples: [.init(labels: server, value: Double(value))])
    }
    return [
      MetricSnapshot(
        name: "coredns_cache_hits_total", help: "Answers from the cache.", kind: .counter,
        samples: [sample("success", tally.successes), sample("denial", tally.denials)]),
      labelled("coredns_cache_misses_total", "Queries that the cache could not answer.", .counter, tally.misses),
      labelled("coredns_cache_entries", "Answers in the cache.", .gauge, tally.entries),
      labelled("coredns_cache_evictions_total", "Answers that gave way to others.", .counter, tally.evictions),
      labelled("coredns_cache_prefetch_total", "Answers fetched anew before their end.", .counter, tally.prefetches),
      labelled(
        "coredns_cache_served_stale_total", "Answers given after their time.", .counter,
        resolver.forwarder.readings.staleAnswers),
      one("skiff_dns_cache_bytes", "Memory of the cache, about.", .gauge, Double(tally.size)),
    ]
  }

  private func forwarding(_ resolver: Resolver) -> [MetricSnapshot] {
    let readings = resolver.forwarder.readings
    let tally = readings.tally
    func each(_ name: String, _ help: String, _ kind: MetricSnapshot.Kind, _ values: [Int]) -> MetricSnapshot {
      let samples = zip(resolver.forwarder.plan.servers, values).map { server, value in
        MetricSnapshot.Sample(labels: [(name: "to", value: "\(server.upstream)")], value: Double(value))
      }
      return MetricSnapshot(name: name, help: help, kind: kind, samples: samples)
    }
    return [
      each("coredns_forward_requests_total", "Queries sent to upstreams.", .counter, tally.requests),
      each("coredns_forward_healthcheck_failures_total", "Failures of upstreams.", .counter, tally.failures),
      each("skiff_dns_forward_probes_total", "Probes of upstreams that are down.", .counter, tally.probes),
      each("skiff_dns_forward_loops_total", "Probes that came back here.", .counter, tally.loops),
      each(
        "skiff_dns_forward_up", "Whether an upstream answers.", .gauge, readings.health.map { $0.isDown ? 0 : 1 }),
      one(
        "coredns_forward_max_concurrent_rejects_total", "Queries that found too many under way.", .counter,
        Double(tally.rejected)),
      one(
        "skiff_dns_forward_shared_total", "Queries that waited for an equal one.", .counter, Double(tally.shared)),
      one(
        "skiff_dns_forward_mismatches_total", "Messages of upstreams that answered no question.", .counter,
        Double(tally.mismatches)),
    ]
  }
}
