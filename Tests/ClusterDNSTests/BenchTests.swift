import KubeAPI
import Testing

@testable import ClusterDNS

/// The benchmark counts what it says; how fast the server is, is not asserted.
@Suite struct BenchTests {
  @Test(arguments: DNSBench.Load.allCases)
  func everyAnswerIsRight(load: DNSBench.Load) async throws {
    let report = try await DNSBench(
      .init(services: 500, endpoints: 3, load: load, duration: .milliseconds(300))
    ).run()
    #expect(report.queriesPerSecond > 0 && report.queriesPerCPUSecond > 0 && report.echoQueriesPerCPUSecond > 0)
    #expect(report.wrong == 0)
    #expect(report.latencyP50 > 0 && report.latencyP99 >= report.latencyP50)
    // The services, their two SRV names, their PTR names, 100 namespaces twice, and the apex's own.
    #expect(report.names > 500 * 4)
    for key in [
      "server", "services", "transport", "queries_per_second", "queries_per_cpu_second",
      "echo_queries_per_cpu_second", "latency_us", "rss_bytes", "lost", "wrong",
    ] { #expect(report.json[key] != nil, "\(key)") }
  }
}
