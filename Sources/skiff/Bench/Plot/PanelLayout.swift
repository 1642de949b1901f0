/// Where the parts of a panel lie in the drawing.
struct PanelLayout {
  private let panel: PlotPanel
  private let xTicks: [Double]
  private let yTicks: [Double]
  private let left: Double
  private let right: Double
  private let top: Double
  private let bottom: Double
  private let titleHeight: Double

  /// Colours that people with any colour vision can tell apart (Okabe and Ito); the dashes help in print.
  private static let colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]
  private static let dashes = ["", "6 3", "2 3", "8 3 2 3", "", "6 3"]

  init(_ panel: PlotPanel, left: Double, top: Double, width: Double, height: Double) {
    self.panel = panel
    xTicks = panel.x.scale.ticks(for: panel.series.flatMap { $0.points.map(\.x) })
    yTicks = panel.y.scale.ticks(for: panel.series.flatMap { $0.points.map(\.y) })
    titleHeight = top + 20
    self.left = left + 70
    right = left + width - 24
    // The legend has a line for every two series.
    self.top = top + 34 + Double((panel.series.count + 1) / 2) * 16
    bottom = top + height - 52
  }

  func draw(into drawing: inout SVGDrawing) {
    drawing.text(panel.title, x: left, y: titleHeight, size: 14, isBold: true)
    drawAxes(into: &drawing)
    for (index, series) in panel.series.enumerated() { draw(series, index, into: &drawing) }
  }

  private func drawAxes(into drawing: inout SVGDrawing) {
    for tick in yTicks {
      guard let y = height(of: tick) else { continue }
      drawing.line(left, y, right, y, color: "#e0e0e0")
      drawing.text(Self.label(tick), x: left - 8, y: y + 4, size: 11, anchor: .end)
    }
    for tick in xTicks {
      guard let x = place(of: tick) else { continue }
      drawing.line(x, bottom, x, bottom + 5, color: "#333333")
      drawing.text(Self.label(tick), x: x, y: bottom + 18, size: 11, anchor: .middle)
    }
    drawing.line(left, top, left, bottom, color: "#333333")
    drawing.line(left, bottom, right, bottom, color: "#333333")
    drawing.text(panel.x.label, x: (left + right) / 2, y: bottom + 38, size: 12, anchor: .middle)
    drawing.text(panel.y.label, x: left - 52, y: (top + bottom) / 2, size: 12, anchor: .middle, isUpright: true)
  }

  private func draw(_ series: PlotPanel.Series, _ index: Int, into drawing: inout SVGDrawing) {
    let color = Self.colors[index % Self.colors.count]
    let dash = Self.dashes[index % Self.dashes.count]
    let points = series.points.sorted { $0.x < $1.x }.compactMap { point -> (Double, Double)? in
      guard let x = place(of: point.x), let y = height(of: point.y) else { return nil }
      return (x, y)
    }
    drawing.path(points, color: color, dash: dash)
    for (x, y) in points { drawing.dot(x, y, color: color) }
    let legendX = left + Double(index % 2) * (right - left) / 2
    let legendY = titleHeight + 16 + Double(index / 2) * 16
    drawing.path([(legendX, legendY - 4), (legendX + 24, legendY - 4)], color: color, dash: dash)
    drawing.dot(legendX + 12, legendY - 4, color: color)
    drawing.text(series.name, x: legendX + 30, y: legendY, size: 11)
  }

  private func place(of x: Double) -> Double? {
    guard let first = xTicks.first, let last = xTicks.last else { return nil }
    return panel.x.scale.position(of: x, from: first, to: last).map { left + $0 * (right - left) }
  }

  private func height(of y: Double) -> Double? {
    guard let first = yTicks.first, let last = yTicks.last else { return nil }
    return panel.y.scale.position(of: y, from: first, to: last).map { bottom - $0 * (bottom - top) }
  }

  /// Thousands and millions in short; the digits that a tick needs.
  private static func label(_ tick: Double) -> String {
    switch tick {
    case 1_000_000...: trimmed(tick / 1_000_000) + "M"
    case 1_000...: trimmed(tick / 1_000) + "k"
    default: trimmed(tick)
    }
  }

  private static func trimmed(_ value: Double) -> String {
    var text = value.text(value < 1 ? 6 : 2)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text.isEmpty ? "0" : text
  }
}
