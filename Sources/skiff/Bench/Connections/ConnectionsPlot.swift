/// What connections cost against the number of Services.
struct ConnectionsPlot {
  var reports: [ConnectionsReport]

  var plot: Plot {
    Plot(
      title: "Connections: \(reports.first?.writer ?? "")",
      subtitle: "Medians of rounds in turns; one client, one server, one node. \(Machine.description).",
      panels: [
        panel("Connection rate", "connections a second") { report, path in
          PathFigures.median(report.figures(path).connectionsPerSecond)
        },
        panel("First packet, p50", "microseconds") { report, path in
          Distribution(report.figures(path).firstPackets).p50 / .microseconds(1)
        },
        panel("Requests on kept connections", "requests a second") { report, path in
          PathFigures.median(report.figures(path).requestsPerSecond)
        },
        panel("Throughput of one stream", "Gbit/s") { report, path in
          PathFigures.median(report.figures(path).bitsPerSecond) / 1e9
        },
      ])
  }

  private func panel(
    _ title: String, _ unit: String, _ figure: (ConnectionsReport, ConnectionPath) -> Double
  ) -> PlotPanel {
    PlotPanel(
      title: title, x: PlotPanel.Axis(label: "Services", scale: .logarithmic),
      y: PlotPanel.Axis(label: unit, scale: .linear),
      series: ConnectionPath.allCases.map { path in
        PlotPanel.Series(name: path.title, points: reports.map { (Double($0.services), figure($0, path)) })
      })
  }
}
