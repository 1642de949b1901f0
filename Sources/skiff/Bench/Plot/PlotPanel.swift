/// One pair of axes, and what is drawn between them.
struct PlotPanel: Sendable {
  struct Axis: Sendable {
    var label: String
    var scale: AxisScale
  }

  struct Series: Sendable {
    var name: String
    var points: [(x: Double, y: Double)]
  }

  var title: String
  var x: Axis
  var y: Axis
  var series: [Series]

  /// With the points of each series that there are.
  init(title: String, x: Axis, y: Axis, series: [Series]) {
    self.title = title
    self.x = x
    self.y = y
    self.series = series.filter { !$0.points.isEmpty }
  }
}
