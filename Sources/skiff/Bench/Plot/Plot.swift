/// Figures against a size, as a drawing: some panels, two in a row, below a title.
struct Plot: Sendable {
  var title: String
  /// On what was measured, and what.
  var subtitle: String
  var panels: [PlotPanel]

  private static let panelSize = (width: 480, height: 340)
  private static let head = 70

  /// The drawing as a file.
  var svg: String {
    let columns = min(2, max(1, panels.count))
    let rows = (panels.count + columns - 1) / columns
    let width = columns * Self.panelSize.width
    let height = Self.head + rows * Self.panelSize.height
    var drawing = SVGDrawing(width: width, height: height)
    drawing.text(title, x: 24, y: 30, size: 20, isBold: true)
    drawing.text(subtitle, x: 24, y: 52, size: 12, color: "#555555")
    for (index, panel) in panels.enumerated() {
      let place = PanelLayout(
        panel, left: Double(index % columns * Self.panelSize.width),
        top: Double(Self.head + index / columns * Self.panelSize.height), width: Double(Self.panelSize.width),
        height: Double(Self.panelSize.height))
      place.draw(into: &drawing)
    }
    return drawing.text
  }
}
