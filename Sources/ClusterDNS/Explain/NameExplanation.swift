import KubeAPI

/// What the server says of one name, and why: parts with their lines.
struct NameExplanation: Sendable, Equatable {
  struct Part: Sendable, Equatable {
    var name: String
    var lines: [String]
  }

  var question: String
  private(set) var parts: [Part] = []

  init(question: String) { self.question = question }

  mutating func add(_ part: String, _ lines: [String]) {
    if !lines.isEmpty { parts.append(Part(name: part, lines: lines)) }
  }

  mutating func add(_ part: String, _ line: String) { add(part, [line]) }

  /// A block of text: each part's name before its first line.
  var text: String {
    var text = question + "\n"
    for part in parts {
      for (index, line) in part.lines.enumerated() {
        let head = index == 0 ? part.name : ""
        text += "  " + head + String(repeating: " ", count: max(1, 11 - head.count)) + line + "\n"
      }
    }
    return text
  }

  var json: JSONValue {
    var value: JSONValue = ["question": .string(question)]
    for part in parts { value[part.name] = .array(part.lines.map { .string($0) }) }
    return value
  }
}
