import Netlink
import Yams

/// Reads a YAML document strictly: unknown keys and values of the wrong kind are problems, all of which are collected.
struct ConfigurationDecoder {
  private(set) var problems: [ConfigurationProblem] = []

  mutating func problem(_ node: Node?, _ path: String, _ reason: String) {
    problems.append(ConfigurationProblem(line: node?.mark?.line, path, reason))
  }

  /// The document's root; `nil` with a problem where the text is no YAML. An empty text is an empty mapping.
  mutating func root(_ text: String) -> Node? {
    do {
      return try Yams.compose(yaml: text, .basic) ?? Node([:])
    } catch YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
      YamlError.composer(_, let problem, let mark, _)
    {
      problems.append(ConfigurationProblem(line: mark.line, "", "no YAML: \(problem)"))
    } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
      let names = keys.joined(separator: ", ")
      problems.append(ConfigurationProblem(line: context.mark.line, "", "\(names): the key is there twice"))
    } catch {
      problems.append(ConfigurationProblem(line: nil, "", "no YAML: \(error)"))
    }
    return nil
  }

  /// Calls `body` with each member of a mapping; it returns false for a key that it does not know.
  mutating func members(
    _ node: Node, _ path: String, known: [String], _ body: (inout Self, String, Node) -> Bool
  ) {
    guard case .mapping(let mapping) = node else {
      if node.isEmptyScalar { return }
      problem(node, path, "a mapping is expected (\(known.prefix(3).joined(separator: ", ")), …)")
      return
    }
    for (key, member) in mapping {
      guard case .scalar(let scalar) = key else {
        problem(key, path, "a key must be a word")
        continue
      }
      if !body(&self, scalar.string, member) {
        let full = path.isEmpty ? scalar.string : "\(path).\(scalar.string)"
        problem(key, full, "there is no such setting; known are \(known.sorted().joined(separator: ", "))")
      }
    }
  }

  /// Calls `body` with each key and member of a mapping whose keys are names.
  mutating func entries(_ node: Node, _ path: String, of what: String, _ body: (inout Self, String, Node, Node) -> Void)
  {
    guard case .mapping(let mapping) = node else {
      if !node.isEmptyScalar { problem(node, path, "a mapping of \(what) is expected") }
      return
    }
    for (key, member) in mapping {
      if case .scalar(let scalar) = key {
        body(&self, scalar.string, key, member)
      } else {
        problem(key, path, "a key must be a name")
      }
    }
  }

  /// A scalar that `parse` accepts; `nil` with a problem where it does not.
  mutating func value<Value>(
    _ node: Node, _ path: String, _ expected: String, _ parse: (String) -> Value?
  ) -> Value? {
    guard case .scalar(let scalar) = node else {
      problem(node, path, "\(expected) is expected")
      return nil
    }
    if let value = parse(scalar.string) { return value }
    problem(node, path, "\"\(scalar.string)\" is not \(expected)")
    return nil
  }

  /// A list of scalars; one scalar alone is a list of one.
  mutating func list<Value>(
    _ node: Node, _ path: String, _ expected: String, _ parse: (String) -> Value?
  ) -> [Value] {
    guard case .sequence(let sequence) = node else {
      if node.isEmptyScalar { return [] }
      return value(node, path, expected, parse).map { [$0] } ?? []
    }
    return sequence.compactMap { value($0, path, expected, parse) }
  }

  mutating func text(_ node: Node, _ path: String) -> String? {
    value(node, path, "a text") { $0.isEmpty ? nil : $0 }
  }

  mutating func flag(_ node: Node, _ path: String) -> Bool? {
    value(node, path, "true or false") { $0 == "true" ? true : $0 == "false" ? false : nil }
  }

  mutating func number(_ node: Node, _ path: String, _ range: ClosedRange<Int>) -> Int? {
    value(node, path, "a number from \(range.lowerBound) to \(range.upperBound)") {
      Int($0).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  mutating func size(_ node: Node, _ path: String) -> Int? {
    value(node, path, "a size such as 8Mi, at most 64Gi", ConfigurationValue.size)
  }

  mutating func duration(_ node: Node, _ path: String, atLeast least: Duration = .zero) -> Duration? {
    let limit = least > .zero ? " of at least \(ConfigurationValue.text(least))" : ""
    return value(node, path, "a time such as 1.5s or 10m\(limit), at most 168h") {
      ConfigurationValue.duration($0).flatMap { $0 >= least ? $0 : nil }
    }
  }

  /// Whole seconds.
  mutating func seconds(_ node: Node, _ path: String) -> UInt32? {
    value(node, path, "a time in whole seconds such as 30s or 1h, at most 168h", ConfigurationValue.seconds)
  }

  mutating func name(_ node: Node, _ path: String) -> WireName? {
    value(node, path, "a DNS name", ConfigurationValue.name)
  }
}

/// How single values are written, in YAML and in a Corefile alike.
enum ConfigurationValue {
  static let longest = Duration.seconds(7 * 24 * 3600)

  /// `10s`, `1.5s`, `500ms`, `1h30m`; a number alone is seconds.
  static func duration(_ text: String) -> Duration? {
    if let seconds = Int(text), seconds >= 0 { return seconds <= 7 * 24 * 3600 ? .seconds(seconds) : nil }
    var rest = text[...]
    var total = Duration.zero
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
      guard let number = Double(digits), number.isFinite else { return nil }
      rest = rest[digits.endIndex...]
      let unit = rest.prefix { $0.isLetter }
      rest = rest[unit.endIndex...]
      let seconds: Double
      switch unit {
      case "ms": seconds = 0.001
      case "s": seconds = 1
      case "m": seconds = 60
      case "h": seconds = 3600
      default: return nil
      }
      guard number * seconds <= 7 * 24 * 3600 else { return nil }
      total += .milliseconds(Int64((number * seconds * 1000).rounded()))
    }
    return total <= longest ? total : nil
  }

  static func seconds(_ text: String) -> UInt32? {
    guard let value = duration(text), value.components.attoseconds == 0 else { return nil }
    return UInt32(value.components.seconds)
  }

  static func size(_ text: String) -> Int? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let unit: Int
    switch text[digits.endIndex...] {
    case "": unit = 1
    case "k": unit = 1000
    case "M": unit = 1_000_000
    case "G": unit = 1_000_000_000
    case "Ki": unit = 1 << 10
    case "Mi": unit = 1 << 20
    case "Gi": unit = 1 << 30
    default: return nil
    }
    guard let number = Int(digits), number <= 64 << 30 else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: unit)
    return overflow || bytes > 64 << 30 ? nil : bytes
  }

  /// A name of letters, digits, dashes and underscores; not the root.
  static func name(_ text: String) -> WireName? {
    let isPlain = text.utf8.allSatisfy { byte in
      byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") || byte &- 0x30 < 10
        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
    }
    guard isPlain, let name = WireName(text), name.bytes.count > 1 else { return nil }
    return name
  }

  static func text(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let milliseconds = attoseconds / 1_000_000_000_000_000
    return milliseconds == 0 ? "\(seconds)s" : "\(seconds * 1000 + milliseconds)ms"
  }
}

extension Node {
  /// A key without a value.
  fileprivate var isEmptyScalar: Bool {
    if case .scalar(let scalar) = self { scalar.string.isEmpty && scalar.style == .plain } else { false }
  }
}
