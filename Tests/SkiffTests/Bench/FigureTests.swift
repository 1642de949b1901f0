import KubeAPI
import Testing

@testable import skiff

@Suite struct FigureTests {
  @Test func quantilesAreMeasuredValues() {
    let times = Distribution((1...200).reversed().map { Duration.milliseconds($0) })
    #expect(times.p50 == .milliseconds(100))
    #expect(times.p99 == .milliseconds(198))
    #expect(times.quantile(0) == .milliseconds(1))
    #expect(times.quantile(1) == .milliseconds(200))
    #expect(Distribution([.seconds(3)]).p99 == .seconds(3))
    #expect(Distribution([]).p50 == .zero)
    #expect(
      Distribution([.microseconds(1500)]).json(in: .milliseconds(1)) == ["p50": .number(1.5), "p99": .number(1.5)])
  }

  @Test func mediansAndRatiosAreOfRounds() {
    #expect(PathFigures.median([]) == 0)
    #expect(PathFigures.median([5, 1, 3]) == 3)
    #expect(PathFigures.median([4, 1, 3, 2]) == 2.5)
    var (direct, other) = (PathFigures(), PathFigures())
    // The second round was slow for both ways.
    direct.connectionsPerSecond = [100, 10, 100]
    other.connectionsPerSecond = [90, 9, 95]
    #expect(other.ratio(\.connectionsPerSecond, to: direct) == 0.9)
  }

  @Test func numbersAreWrittenWithTheirDigits() {
    #expect(0.126.text(2) == "0.13")
    #expect((-0.05).text(1) == "-0.1")
    #expect((-0.001).text(1) == "0.0")
    #expect(12.0.text(0) == "12")
    #expect(1.05.text(3) == "1.050")
    #expect(Double.nan.text(1) == "nan")
  }

  @Test func metricsAreReadWithAndWithoutLabels() {
    let metrics = PrometheusText(
      """
      HTTP/1.1 200 OK

      # HELP sync_sum Time.
      sync_sum{ip_family="IPv4",x="a}b"} 1.5
      sync_sum{ip_family="IPv6"} 2
      bytes_total 3e2 1700000000
      broken
      """)
    #expect(metrics.sum("sync_sum") == 3.5)
    #expect(metrics.max("sync_sum") == 2)
    #expect(metrics.sum("bytes_total") == 300)
    #expect(metrics.sum("broken") == nil)
  }

  @Test func sizesAreReadInOrder() {
    #expect(SizeList(argument: "1000,1,10000,1")?.sizes == [1, 1000, 10_000])
    for bad in ["", "a", "1,", "1,,2", "1 2"] { #expect(SizeList(argument: bad) == nil) }
  }

  @Test(arguments: [
    (nil, "skiff"), ("/usr/bin/kube-proxy --v=2", "kube-proxy"), ("exec A=b env X=/y kube-proxy", "kube-proxy"),
    ("", "peer"),
  ])
  func theWriterIsTheProgram(_ command: String?, _ writer: String) {
    #expect(MeasuredProxy.writer(command) == writer)
  }

  @Test func connectionsAreJudgedByTheirEndpoint() {
    let ledger = EndpointLedger()
    let before = ContinuousClock.now
    ledger.remove([1, 2])
    ledger.add([2])
    let after = ContinuousClock.now
    #expect(ledger.absence(of: 1, at: before) == nil)
    #expect(ledger.absence(of: 2, at: after) == nil)
    #expect(ledger.absence(of: 3, at: after) == nil)
    let absence = ledger.absence(of: 1, at: after + .seconds(1))
    #expect(absence.map { $0 >= .seconds(1) } == true)

    var outcomes = ConnectionOutcomes()
    for absence in [nil, Duration.milliseconds(50), .milliseconds(51), absence] { outcomes.answer(absence: absence) }
    outcomes.failures = [111: 2, 110: 1]
    #expect(outcomes.answered == 4)
    #expect(outcomes.stale == 2)
    #expect(outcomes.refused == 2)
    #expect(outcomes.failed == 1)
    #expect(outcomes.count == 7)
    #expect(outcomes.json["failures"] == ["ETIMEDOUT": 1, "ECONNREFUSED": 2])
  }
}
