/// A shell command that starts another program in place of skiff's part. Names in braces in it are replaced.
struct PeerCommand: Sendable {
  let text: String

  /// The program that it starts, for reports.
  var program: String {
    let name = text.split(separator: " ").first { !$0.contains("=") && $0 != "exec" && $0 != "env" } ?? "peer"
    return String(name[(name.lastIndex(of: "/").map { name.index(after: $0) } ?? name.startIndex)...])
  }

  func mentions(_ name: String) -> Bool { text.contains("{\(name)}") }

  /// What to execute.
  func arguments(_ values: [String: String]) -> [String] {
    var text = text
    for (name, value) in values {
      text = text.split(separator: "{\(name)}", omittingEmptySubsequences: false).joined(separator: value)
    }
    return ["/bin/sh", "-c", text]
  }
}
