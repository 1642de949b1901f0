/// Something in a configuration file that its author must look at.
public struct ConfigurationProblem: Sendable, Hashable, CustomStringConvertible {
  /// Counted from 1; `nil` where the problem has no place in the file.
  public var line: Int?
  /// The setting: `cache.size`, or the directive of a Corefile.
  public var path: String
  /// What is wrong, and what to write instead.
  public var reason: String

  init(line: Int?, _ path: String, _ reason: String) {
    self.line = line
    self.path = path
    self.reason = reason
  }

  public var description: String {
    let place = line.map { "line \($0): " } ?? ""
    return path.isEmpty ? place + reason : "\(place)\(path): \(reason)"
  }
}

/// A configuration file that cannot be used, with all that is wrong in it.
public struct ConfigurationError: Error, CustomStringConvertible, Sendable {
  public var file: String
  public var problems: [ConfigurationProblem]

  /// One line a problem.
  public var lines: [String] { problems.map { "\(file): \($0)" } }

  public var description: String { lines.joined(separator: "; ") }
}
