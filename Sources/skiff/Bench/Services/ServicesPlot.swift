/// What a service proxy costs against the number of Services.
struct ServicesPlot {
  var reports: [ServicesReport]

  var plot: Plot {
    let first = reports.first
    return Plot(
      title: "Service proxy: \(first?.writer ?? "")",
      subtitle: "Services of \(first?.endpoints ?? 0) endpoints. \(Machine.description).",
      panels: [
        panel(
          "One change, until it is in the kernel", "milliseconds",
          [
            ("p50", { $0.times.all.p50.milliseconds }), ("p99", { $0.times.all.p99.milliseconds }),
            ("p50, state to kernel", { $0.inProcess?.times.all.p50.milliseconds }),
            ("p99, state to kernel", { $0.inProcess?.times.all.p99.milliseconds }),
          ]),
        panel("CPU time a change", "milliseconds", scale: .linear, [("all kinds", { $0.cpuPerChange.milliseconds })]),
        panel(
          "Start", "seconds",
          [
            ("cold, from process start", { $0.coldProcess.seconds }),
            ("cold, from synced", { $0.coldAccount.syncSeconds }),
            ("restart without change", { $0.restart.seconds }),
          ]),
        panel(
          "Resident memory", "megabytes", scale: .linear,
          [
            ("after the changes", { Double($0.memory.residentBytes) / 1e6 }),
            ("without files", { Double($0.memory.anonymousBytes) / 1e6 }),
          ]),
      ])
  }

  private func panel(
    _ title: String, _ unit: String, scale: AxisScale = .logarithmic, _ series: [(String, (ServicesReport) -> Double?)]
  ) -> PlotPanel {
    PlotPanel(
      title: title, x: PlotPanel.Axis(label: "Services", scale: .logarithmic),
      y: PlotPanel.Axis(label: unit, scale: scale),
      series: series.map { name, figure in
        PlotPanel.Series(
          name: name, points: reports.compactMap { report in figure(report).map { (Double(report.services), $0) } })
      })
  }
}
