/// A drawing in SVG 1.1, made of lines, dots and words on white.
struct SVGDrawing {
  enum Anchor: String {
    case start, middle, end
  }

  private var elements: [String] = []
  private let width: Int
  private let height: Int

  init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// The whole file.
  var text: String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" \
    font-family="Helvetica, Arial, sans-serif">
    <rect width="\(width)" height="\(height)" fill="#ffffff"/>
    \(elements.joined(separator: "\n"))
    </svg>

    """
  }

  mutating func text(
    _ text: String, x: Double, y: Double, size: Int, color: String = "#222222", anchor: Anchor = .start,
    isBold: Bool = false, isUpright: Bool = false
  ) {
    let weight = isBold ? " font-weight=\"bold\"" : ""
    let turn = isUpright ? " transform=\"rotate(-90 \(number(x)) \(number(y)))\"" : ""
    elements.append(
      "<text x=\"\(number(x))\" y=\"\(number(y))\" font-size=\"\(size)\" fill=\"\(color)\" "
        + "text-anchor=\"\(anchor.rawValue)\"\(weight)\(turn)>\(escaped(text))</text>")
  }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, color: String) {
    elements.append(
      "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\" stroke=\"\(color)\"/>")
  }

  mutating func dot(_ x: Double, _ y: Double, color: String) {
    elements.append("<circle cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"3\" fill=\"\(color)\"/>")
  }

  /// A line through points, in this order.
  ///
  /// - Parameter dash: as `stroke-dasharray`; empty for a line without gaps.
  mutating func path(_ points: [(Double, Double)], color: String, dash: String) {
    guard points.count > 1 else { return }
    let list = points.map { "\(number($0)),\(number($1))" }.joined(separator: " ")
    let pattern = dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\""
    elements.append(
      "<polyline points=\"\(list)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\"\(pattern)/>")
  }

  private func number(_ value: Double) -> String { value.text(1) }

  private func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      default: result.append(character)
      }
    }
    return result
  }
}
