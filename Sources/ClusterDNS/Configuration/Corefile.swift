/// A Corefile as it is written: server blocks with directives, which may have blocks of their own.
///
/// The form is the Caddyfile's: words apart by white space, `"…"` for words with spaces, `#` for comments, `{$NAME}`
/// for the environment, `(name) { … }` for a snippet and `import name` for its use.
struct Corefile {
  struct Directive {
    var name: String
    var arguments: [String]
    var line: Int
    var block: [Directive] = []
  }

  struct Server {
    /// Zones with their ports: `.:53`, `corp.example`.
    var keys: [String]
    var line: Int
    var directives: [Directive]
  }

  private(set) var servers: [Server] = []
  private(set) var problems: [ConfigurationProblem] = []

  /// - Parameter environment: what `{$NAME}` stands for.
  init(_ text: String, environment: (String) -> String?) {
    var lines = Self.lines(text, environment)[...]
    var snippets: [String: [Directive]] = [:]
    while let line = lines.first {
      var words = line.words
      guard words.last == "{" else {
        problem(line, words[0], "a server block `ZONE { … }` is expected here")
        lines.removeFirst()
        continue
      }
      words.removeLast()
      lines.removeFirst()
      let directives = block(&lines, snippets)
      if words.count == 1, let name = Self.snippetName(words[0]) {
        snippets[name] = directives
      } else {
        let keys = words.flatMap { $0.split(separator: ",") }.map(String.init)
        servers.append(Server(keys: keys.isEmpty ? ["."] : keys, line: line.number, directives: directives))
      }
    }
  }

  private struct Line {
    var number: Int
    var words: [String]
  }

  private mutating func problem(_ line: Line, _ what: String, _ reason: String) {
    problems.append(ConfigurationProblem(line: line.number, what, reason))
  }

  private static func snippetName(_ word: String) -> String? {
    word.hasPrefix("(") && word.hasSuffix(")") && word.count > 2 ? String(word.dropFirst().dropLast()) : nil
  }

  /// The directives up to the closing brace, which is taken too.
  private mutating func block(_ lines: inout ArraySlice<Line>, _ snippets: [String: [Directive]]) -> [Directive] {
    var directives: [Directive] = []
    while let line = lines.popFirst() {
      if line.words == ["}"] { return directives }
      var words = line.words
      let opens = words.last == "{"
      if opens { words.removeLast() }
      guard let name = words.first else {
        problem(line, "{", "a directive is expected before the brace")
        _ = block(&lines, snippets)
        continue
      }
      let own = opens ? block(&lines, snippets) : []
      if name == "import", words.count >= 2 {
        if let imported = snippets[words[1]] {
          directives += imported
        } else {
          problem(line, "import", "there is no snippet \"\(words[1])\"; files are not imported")
        }
      } else {
        directives.append(
          Directive(name: name, arguments: Array(words.dropFirst()), line: line.number, block: own))
      }
    }
    problems.append(ConfigurationProblem(line: nil, "", "a closing brace is missing at the end"))
    return directives
  }

  private static func lines(_ text: String, _ environment: (String) -> String?) -> [Line] {
    var lines: [Line] = []
    for (index, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let words = words(raw, environment)
      // A brace that closes ends the line before it, wherever it stands: `health { lameduck 5s }`.
      var current: [String] = []
      for word in words {
        if word == "}" {
          if !current.isEmpty { lines.append(Line(number: index + 1, words: current)) }
          lines.append(Line(number: index + 1, words: ["}"]))
          current = []
        } else if word == "{" {
          lines.append(Line(number: index + 1, words: current + ["{"]))
          current = []
        } else {
          current.append(word)
        }
      }
      if !current.isEmpty { lines.append(Line(number: index + 1, words: current)) }
    }
    return lines
  }

  private static func words(_ line: Substring, _ environment: (String) -> String?) -> [String] {
    var words: [String] = []
    var word = ""
    var isQuoted = false
    var hasWord = false
    for character in line {
      if isQuoted {
        if character == "\"" { isQuoted = false } else { word.append(character) }
      } else if character == "\"", !hasWord {
        isQuoted = true
        hasWord = true
      } else if character == "#", !hasWord {
        break
      } else if character.isWhitespace {
        if hasWord { words.append(substituted(word, environment)) }
        word = ""
        hasWord = false
      } else {
        word.append(character)
        hasWord = true
      }
    }
    if hasWord { words.append(substituted(word, environment)) }
    return words
  }

  /// `{$NAME}` and `{%NAME%}` become what the environment says, nothing where it says nothing.
  private static func substituted(_ word: String, _ environment: (String) -> String?) -> String {
    var result = ""
    var rest = word[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      let inside = rest[rest.index(after: open)..<close]
      result += rest[..<open]
      if inside.hasPrefix("$") {
        result += environment(String(inside.dropFirst())) ?? ""
      } else if inside.hasPrefix("%"), inside.hasSuffix("%"), inside.count > 2 {
        result += environment(String(inside.dropFirst().dropLast())) ?? ""
      } else {
        result += rest[open...close]
      }
      rest = rest[rest.index(after: close)...]
    }
    return result + rest
  }
}
