import Foundation
import KubeAPI
import Testing

@testable import skiff

/// The skiff that the benchmarks are run with.
enum BenchProgram {
  static let path = ProcessInfo.processInfo.environment["SKIFF_BIN"].map { "\($0)/skiff" }
}

/// Small runs of the benchmarks as people start them: what they print, and what they leave behind. No figure is judged by
/// its size.
@Suite(
  .enabled(if: geteuid() == 0, "needs root, to make network namespaces"),
  .enabled(if: BenchProgram.path != nil, "SKIFF_BIN is not set: use hack/test"), .timeLimit(.minutes(5)))
struct BenchCommandTests {
  /// Runs a benchmark with a folder of its own for its files, and gives the objects that it prints.
  private func bench(_ arguments: String..., inspect: (String) throws -> Void = { _ in }) throws -> [JSONValue] {
    let program = try #require(BenchProgram.path)
    // A short name: the path of a socket in it may have 107 bytes.
    let name = "skiff-\(String(UInt32.random(in: 0...UInt32.max), radix: 36))"
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
    try Files.makeDirectory("\(folder)/tmp")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let process = try ChildProcess.spawn(
      ["/usr/bin/env", "TMPDIR=\(folder)/tmp", program, "bench"]
        + arguments.map { $0.replacingOccurrences(of: "FOLDER", with: folder) } + ["--json"], log: "\(folder)/output")
    let end = process.wait()
    let output = String(decoding: try Files.readIfPresent("\(folder)/output") ?? [], as: UTF8.self)
    try #require(end == "exit code 0", "\(output)")
    #expect(Files.list("\(folder)/tmp") == [], "it takes its files away")
    try inspect(folder)
    return try output.split(separator: "\n").filter { $0.hasPrefix("{") }.map { try JSONValue(parsing: String($0)) }
  }

  /// That a member is there and a number above zero.
  private func expectPositive(_ value: JSONValue?, _ names: String...) {
    for name in names {
      let figure = value?[name]?.doubleValue
      #expect((figure ?? 0) > 0, "\(name) is \(value?[name]?.text ?? "missing")")
    }
  }

  @Test func servicesAreMeasuredFromOutsideAndInside() throws {
    let reports = try bench(
      "services", "--services", "20,1", "--endpoints", "3", "--changes", "2", "--plot", "FOLDER/plot.svg"
    ) { folder in #expect(Files.exists("\(folder)/plot.svg")) }
    #expect(reports.map { $0["services"] } == [1, 20])
    for report in reports {
      #expect(report["writer"] == "skiff")
      #expect(report["endpoints"] == 3)
      #expect(report["changes"] == 12)
      #expect(report["restart_writes"] == 0)
      expectPositive(
        report, "cold_sync_seconds", "cold_process_seconds", "cold_bytes", "cold_messages", "cpu_ms_per_change",
        "bytes_per_change", "messages_per_change", "writes_per_change", "rss_bytes", "rss_anonymous_bytes",
        "restart_seconds")
      expectPositive(report["change_ms"], "p50", "p99")
      expectPositive(report["change_from_request_ms"], "p50", "p99")
      let kinds = report["change_kinds"]?.objectValue?.keys ?? []
      #expect(Set(kinds) == Set(ChangeKind.allCases.map(\.rawValue)))
      expectPositive(report["in_process"], "cold_sync_seconds", "cpu_ms_per_change", "restart_seconds")
      expectPositive(report["in_process"]?["change_ms"], "p50", "p99")
      #expect(report["in_process"]?["restart_writes"] == 0)
      #expect(report["machine"]?.stringValue?.contains("Linux") == true)
    }
  }

  @Test func anyOtherProxyIsMeasuredTheSameWay() throws {
    let program = try #require(BenchProgram.path)
    let peer = """
      X=1 exec \(program) proxy --kubeconfig {kubeconfig} --node-name {node} --run-dir FOLDER/run \
      --root-dir FOLDER/root --service-cidr 10.96.0.0/12 --cluster-cidr 10.128.0.0/12
      """
    let report = try #require(
      try bench("services", "--services", "5", "--changes", "1", "--peer-command", peer).first)
    #expect(report["in_process"] == .null)
    #expect(report["changes"] == 6)
    expectPositive(report, "cold_process_seconds", "rss_bytes", "restart_seconds")
  }

  @Test func connectionsAreMeasuredOnEveryPath() throws {
    let reports = try bench("connections", "--services", "20", "--seconds", "1")
    #expect(reports.map { $0["services"] } == [20])
    for report in reports {
      for path in ["direct", "cluster_ip", "node_port"] {
        let figures = report[path]
        expectPositive(figures, "connections_per_second", "requests_per_second", "throughput_gbps")
        expectPositive(figures?["first_packet_us"], "p50", "p99")
        if path != "direct" { expectPositive(figures?["ratio_to_direct"], "connections_per_second", "throughput") }
      }
    }
  }

  @Test func noConnectionIsRefusedWhileEndpointsAreReplaced() throws {
    let rolling = try #require(try bench("rolling", "--endpoints", "150", "--connections", "200").first)
    #expect(rolling["changes"] == 150)
    expectPositive(rolling, "rss_bytes", "cpu_ms_per_change")
    let churn = try #require(
      try bench("churn", "--seconds", "3", "--rate", "100", "--services", "10", "--connections", "200").first)
    expectPositive(churn, "endpoints_replaced", "transactions", "rss_start_bytes", "rss_end_bytes")
    for connections in [rolling["connections"], churn["connections"]] {
      expectPositive(connections, "attempted", "answered")
      #expect(connections?["refused"] == 0)
    }
  }

  @Test func dnsIsMeasuredOverBothTransportsInEveryKind() throws {
    let reports = try bench(
      "dns", "--services", "20", "--seconds", "1", "--changes", "2", "--relist", "--plot", "FOLDER/plot.svg"
    ) { folder in #expect(Files.exists("\(folder)/plot.svg")) }
    let runs = reports.filter { $0["measured"] == "queries" }
    #expect(runs.count == DNSTransport.allCases.count * DNSLoadKind.allCases.count)
    for run in runs {
      #expect(run["server"] == "skiff" && run["services"] == 20 && run["endpoints"] == 5)
      #expect(run["wrong"] == 0, "\(run.text)")
      #expect(run["lost"]?.doubleValue != nil)
      expectPositive(
        run, "queries_per_second", "queries_per_cpu_second", "echo_queries_per_cpu_second", "echo_ratio", "rss_bytes")
      expectPositive(run["latency_us"], "p50", "p99")
    }
    let server = try #require(reports.last)
    expectPositive(server, "start_seconds", "rss_bytes", "rss_anonymous_bytes", "rss_peak_bytes")
    expectPositive(server["equal_misses"], "queries", "upstream")
    let changes = server["changes"]
    #expect(changes?["timed"] == 4 && changes?["wrong"] == 0)
    expectPositive(changes?["delay_ms"], "p50", "p99")
    expectPositive(changes, "changes_per_second")
    expectPositive(server["relist"], "rss_before_bytes", "rss_peak_bytes", "peak_ratio")
  }

  /// A server that knows no API server gets the same names as files.
  @Test func anyOtherDNSServerIsMeasuredTheSameWay() throws {
    let program = try #require(BenchProgram.path)
    let report = try #require(
      try bench(
        "dns", "--services", "3", "--seconds", "1", "--transport", "udp", "--load", "address", "--peer-command",
        "X=1 cp {zone} {reverse} FOLDER; exec \(program) dns --kubeconfig {kubeconfig} --run-dir FOLDER/run "
          + "--root-dir FOLDER/root --service-cidr 10.96.0.0/12"
      ) { folder in
        let zone = String(decoding: try Files.readIfPresent("\(folder)/cluster.zone") ?? [], as: UTF8.self)
        #expect(zone.contains("service-2.bench.svc A 10.96.4.2\n"))
        #expect(zone.contains("_http._tcp.service-2.bench.svc SRV 0 100 80 service-2.bench.svc\n"))
        let reverse = String(decoding: try Files.readIfPresent("\(folder)/reverse.zone") ?? [], as: UTF8.self)
        #expect(reverse.contains("2.4.96 PTR service-2.bench.svc.cluster.local.\n"))
      }.first)
    #expect(report["wrong"] == 0)
    expectPositive(report, "queries_per_cpu_second", "echo_queries_per_cpu_second", "rss_bytes")
  }

  @Test func podsAreAddedAndDeletedAndSendToEachOther() throws {
    let report = try #require(
      try bench(
        "pods", "--pods", "5", "--burst", "10", "--seconds", "1", "--policies", "0,1200", "--label-changes", "20"
      ).first)
    #expect(report["pods"] == 5)
    expectPositive(report["add_ms"], "p50", "p99")
    expectPositive(report["del_ms"], "p50", "p99")
    expectPositive(report, "burst_10_seconds", "same_node_gbps", "bare_veth_gbps", "same_node_ratio")
    expectPositive(report, "route_gbps", "vxlan_gbps", "bare_link_gbps", "route_ratio", "vxlan_ratio")
    for way in ["route", "vxlan", "bare_link"] { expectPositive(report["\(way)_round_trip_us"], "p50", "p99") }
    let policies = report["policies"]?.arrayValue ?? []
    #expect(policies.map { $0["policies"]?.integerValue } == [0, 1200])
    for cost in policies {
      expectPositive(cost, "connections_per_second", "ratio_to_none", "cold_sync_seconds", "restart_seconds")
      #expect(cost["restart_elements"] == 0)
    }
    expectPositive(policies.last?["change_ms"], "p50", "p99")
  }
}
