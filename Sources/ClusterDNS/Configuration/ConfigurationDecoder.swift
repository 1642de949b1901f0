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

extension Node {
  /// A key without a value.
  fileprivate var isEmptyScalar: Bool {
    if case .scalar(let scalar) = self { scalar.string.isEmpty && scalar.style == .plain } else { false }
  }
}
