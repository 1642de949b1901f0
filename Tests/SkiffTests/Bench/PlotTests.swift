import FoundationXML
import Testing

@testable import skiff

@Suite struct PlotTests {
  @Test(arguments: [
    ([1.0, 30_000], [1.0, 10, 100, 1_000, 10_000, 50_000]), ([1_000, 10_000], [1_000, 2_000, 5_000, 10_000]),
    ([0.3], [0.2, 0.5]), ([0, 3, 4], [2, 5]), ([], [1, 10]),
  ])
  func logarithmicTicksHoldAllValues(_ values: [Double], _ ticks: [Double]) {
    let found = AxisScale.logarithmic.ticks(for: values)
    #expect(found.count == ticks.count)
    for (one, other) in zip(found, ticks) { #expect(abs(one / other - 1) < 1e-6) }
  }

  @Test(arguments: [([97.0, 3], [0.0, 20, 40, 60, 80, 100]), ([0.9], [0, 0.2, 0.4, 0.6, 0.8, 1]), ([0], [0, 1])])
  func linearTicksBeginAtZero(_ values: [Double], _ ticks: [Double]) {
    let found = AxisScale.linear.ticks(for: values)
    #expect(found.count == ticks.count)
    for (one, other) in zip(found, ticks) { #expect(abs(one - other) < 1e-9) }
  }

  @Test func placesAreInProportion() {
    #expect(AxisScale.linear.position(of: 25, from: 0, to: 100) == 0.25)
    #expect(abs((AxisScale.logarithmic.position(of: 10, from: 1, to: 100) ?? 0) - 0.5) < 1e-9)
    #expect(AxisScale.logarithmic.position(of: 0, from: 1, to: 100) == nil)
  }

  @Test func aPlotIsWellFormedAndHoldsItsWords() throws {
    let axis = PlotPanel.Axis(label: "a < b", scale: .logarithmic)
    let panel = PlotPanel(
      title: "p50 & p99", x: axis, y: PlotPanel.Axis(label: "milliseconds", scale: .linear),
      series: [
        PlotPanel.Series(name: "one", points: [(10_000, 2), (1_000, 1)]),
        PlotPanel.Series(name: "none", points: []),
      ])
    let svg = Plot(title: "Title", subtitle: "2 cores", panels: [panel, panel, panel]).svg
    let document = try XMLDocument(xmlString: svg)
    let words = try document.nodes(forXPath: "//*[local-name()='text']").compactMap(\.stringValue)
    for word in ["Title", "2 cores", "p50 & p99", "a < b", "milliseconds", "one", "1k", "10k"] {
      #expect(words.contains(word), "\(word)")
    }
    #expect(!words.contains("none"))
    // A line and its sample in the legend, for each panel.
    #expect(try document.nodes(forXPath: "//*[local-name()='polyline']").count == 6)
  }
}
