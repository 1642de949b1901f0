import Telemetry
import Testing

@Suite struct MetricsTests {
  @Test func counterAndGaugeAreWrittenAsText() {
    let registry = MetricsRegistry()
    let requests = registry.counter("requests_total", help: "Requests.", labels: ["code"])
    requests.increment(["200"])
    requests.increment(by: 2, ["500"])
    registry.gauge("temperature", help: "Now.").set(1.5)
    #expect(
      registry.text() == """
        # HELP requests_total Requests.
        # TYPE requests_total counter
        requests_total{code="200"} 1
        requests_total{code="500"} 2
        # HELP temperature Now.
        # TYPE temperature gauge
        temperature 1.5

        """)
  }

  @Test func bucketsOfAHistogramAreCumulative() {
    let registry = MetricsRegistry()
    let histogram = registry.histogram("d_seconds", help: "D.", buckets: [0.5, 1])
    for value in [0.5, 0.75, 3] { histogram.observe(value) }
    #expect(
      registry.text() == """
        # HELP d_seconds D.
        # TYPE d_seconds histogram
        d_seconds_bucket{le="0.5"} 1
        d_seconds_bucket{le="1"} 2
        d_seconds_bucket{le="+Inf"} 3
        d_seconds_sum 4.25
        d_seconds_count 3

        """)
  }

  @Test func labelValuesAreEscaped() {
    let registry = MetricsRegistry()
    registry.counter("c_total", help: "C.", labels: ["l"]).increment(["a\"b\\c\nd"])
    #expect(registry.text().contains(#"c_total{l="a\"b\\c\nd"} 1"#))
  }

  @Test func askingTwiceGivesTheSameMetric() {
    let registry = MetricsRegistry()
    registry.counter("c_total", help: "C.").increment()
    registry.counter("c_total", help: "C.").increment()
    #expect(registry.counter("c_total", help: "C.").value() == 2)
  }
}
