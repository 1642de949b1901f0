/// What a DNS server can do against the number of Services.
struct DNSPlot {
  var reports: [DNSReport]

  var plot: Plot {
    let first = reports.first
    let transports = DNSTransport.allCases.filter { transport in
      reports.contains { $0.runs.contains { $0.transport == transport } }
    }
    return Plot(
      title: "Cluster DNS: \(first?.server ?? "")",
      subtitle:
        "Services of \(first?.endpoints ?? 0) endpoints, \(first?.threads ?? 0) serving. \(Machine.description).",
      panels: transports.map { transport in
        panel(
          "Over \(transport.rawValue.uppercased())", "queries a CPU second",
          series(transport) { $0.perCPUSecond }
            + [series("an echo", transport, reports.first?.runs.first?.kind) { $0.echoPerCPUSecond }])
      }
        + transports.map { transport in
          panel(
            "99 of 100 answers over \(transport.rawValue.uppercased()) come within", "microseconds",
            series(transport) { $0.load.latencies.microseconds(0.99) })
        } + [
          panel(
            "Resident memory", "megabytes",
            [
              PlotPanel.Series(name: "after the queries", points: points { Double($0.memory.residentBytes) / 1e6 }),
              PlotPanel.Series(name: "without files", points: points { Double($0.memory.anonymousBytes) / 1e6 }),
            ]),
          panel(
            "A change, until it is answered", "milliseconds",
            [
              PlotPanel.Series(
                name: "p50", points: points { $0.changes.map { Distribution($0.delays).p50.milliseconds } }),
              PlotPanel.Series(
                name: "p99", points: points { $0.changes.map { Distribution($0.delays).p99.milliseconds } }),
            ]),
        ])
  }

  private func points(_ figure: (DNSReport) -> Double?) -> [(x: Double, y: Double)] {
    reports.compactMap { report in figure(report).map { (Double(report.services), $0) } }
  }

  private func series(_ transport: DNSTransport, _ figure: (DNSRun) -> Double) -> [PlotPanel.Series] {
    DNSLoadKind.allCases.map { series($0.rawValue, transport, $0, figure) }
  }

  private func series(
    _ name: String, _ transport: DNSTransport, _ kind: DNSLoadKind?, _ figure: (DNSRun) -> Double
  ) -> PlotPanel.Series {
    PlotPanel.Series(
      name: name,
      points: points { report in
        report.runs.first { $0.transport == transport && $0.kind == kind }.map(figure)
      })
  }

  private func panel(_ title: String, _ unit: String, _ series: [PlotPanel.Series]) -> PlotPanel {
    PlotPanel(
      title: title, x: PlotPanel.Axis(label: "Services", scale: .logarithmic),
      y: PlotPanel.Axis(label: unit, scale: .linear), series: series)
  }
}
