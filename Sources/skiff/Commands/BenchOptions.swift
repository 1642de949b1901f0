import ArgumentParser

/// Which proxy a benchmark measures.
struct PeerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Start this proxy in place of skiff's; {kubeconfig} and {node} are replaced.", valueName: "command"))
  var peerCommand: String?
}

/// What becomes of a benchmark's figures.
struct BenchOutputOptions: ParsableArguments {
  @Flag(help: "Print JSON: one object a line, one for each size.") var json = false
  @Option(help: ArgumentHelp("Draw the figures against the size, as SVG.", valueName: "file")) var plot: String?

  /// Writes the plot where one is asked for.
  func finish(plot figures: @autoclosure () -> Plot) throws {
    guard let plot else { return }
    try Files.write(Array(figures().svg.utf8), to: plot)
    Console.progress("drawn: \(plot)")
  }
}
