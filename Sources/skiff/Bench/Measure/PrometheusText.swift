/// The samples of a page of metrics (Prometheus text format).
struct PrometheusText: Sendable {
  private var samples: [Substring: [Double]] = [:]

  /// Lines that are no samples are passed over: a page is looked at with its HTTP header.
  init(_ text: String) {
    for line in text.split(whereSeparator: \.isNewline) where line.first != "#" {
      guard let end = line.firstIndex(where: { $0 == "{" || $0 == " " }) else { continue }
      let rest = line[end] == "{" ? line[(line.lastIndex(of: "}") ?? end)...].dropFirst() : line[end...]
      guard let value = rest.split(separator: " ").first.flatMap({ Double($0) }) else { continue }
      samples[line[..<end], default: []].append(value)
    }
  }

  /// The sum over all labels; nil where there is no such metric.
  func sum(_ name: String) -> Double? { samples[name[...]]?.reduce(0, +) }

  /// The greatest over all labels; nil where there is no such metric.
  func max(_ name: String) -> Double? { samples[name[...]]?.max() }
}
