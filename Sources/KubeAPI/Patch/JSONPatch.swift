/// A JSON patch (RFC 6902): a list of operations, each of which must succeed.
public struct JSONPatch: Sendable {
  enum Operation: Sendable {
    case add(JSONPointer, JSONValue)
    case remove(JSONPointer)
    case replace(JSONPointer, JSONValue)
    case move(from: JSONPointer, JSONPointer)
    case copy(from: JSONPointer, JSONPointer)
    case test(JSONPointer, JSONValue)
  }

  /// More operations than this are refused.
  public static let maximumOperations = 10_000

  let operations: [Operation]

  /// - Throws: ``PatchError`` (malformed) where the document is no list of operations.
  public init(_ document: JSONValue) throws(PatchError) {
    guard case .array(let elements) = document else {
      throw .malformed(
        "error decoding patch: json: cannot unmarshal \(document.isNull ? "null" : "object") into Go value of type jsonpatch.Patch"
      )
    }
    guard elements.count <= Self.maximumOperations else {
      throw .malformed(
        "The allowed maximum operations in a JSON patch is \(Self.maximumOperations), got \(elements.count)")
    }
    var operations: [Operation] = []
    for (index, element) in elements.enumerated() {
      func pointer(_ name: String) throws(PatchError) -> JSONPointer {
        guard let text = element[name]?.stringValue else {
          throw .malformed("operation \(index) of the JSON patch has no `\(name)`")
        }
        return try JSONPointer(text)
      }
      func value() throws(PatchError) -> JSONValue {
        guard let value = element["value"] else {
          throw .malformed("operation \(index) of the JSON patch has no `value`")
        }
        return value
      }
      switch element["op"]?.stringValue {
      case "add": operations.append(.add(try pointer("path"), try value()))
      case "remove": operations.append(.remove(try pointer("path")))
      case "replace": operations.append(.replace(try pointer("path"), try value()))
      case "move": operations.append(.move(from: try pointer("from"), try pointer("path")))
      case "copy": operations.append(.copy(from: try pointer("from"), try pointer("path")))
      case "test": operations.append(.test(try pointer("path"), try value()))
      default: throw .malformed("Unexpected kind: \(element["op"]?.stringValue ?? "unknown")")
      }
    }
    self.operations = operations
  }

  /// The document after all operations.
  /// - Throws: ``PatchError`` (inapplicable) for the first operation that does not fit.
  public func applied(to document: JSONValue) throws(PatchError) -> JSONValue {
    var document = document
    for operation in operations {
      switch operation {
      case .add(let pointer, let value): try pointer.add(value, to: &document)
      case .remove(let pointer): _ = try pointer.remove(from: &document, "remove")
      case .replace(let pointer, let value): try pointer.replace(with: value, in: &document)
      case .move(let from, let to):
        if to.isInside(from) {
          throw .inapplicable("move operation does not apply: \(to) lies inside \(from)")
        }
        try to.add(try from.remove(from: &document, "move"), to: &document)
      case .copy(let from, let to):
        guard let value = from.value(in: document) else {
          throw .inapplicable("copy operation does not apply: doc is missing from path: \(from): missing value")
        }
        try to.add(value, to: &document)
      case .test(let pointer, let expected):
        guard let value = pointer.value(in: document) else {
          if expected.isNull { continue }
          throw .inapplicable("testing path \(pointer) has failed: missing value")
        }
        if !value.equalsAsJSON(expected) { throw .inapplicable("testing value \(pointer) failed: test failed") }
      }
    }
    return document
  }
}

/// A place in a document (RFC 6901).
struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
  let description: String
  let tokens: [String]

  init(_ text: String) throws(PatchError) {
    description = text
    if text.isEmpty {
      tokens = []
      return
    }
    guard text.hasPrefix("/") else { throw .malformed("\(text) is no JSON pointer: it does not begin with a slash") }
    tokens = text.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { token in
      // `~1` is read before `~0`, so that `~01` is `~1`.
      Self.replacing("~0", with: "~", in: Self.replacing("~1", with: "/", in: String(token)))
    }
  }

  private static func replacing(_ code: String, with character: String, in text: String) -> String {
    guard text.contains("~") else { return text }
    return text.split(separator: code, omittingEmptySubsequences: false).joined(separator: character)
  }

  func isInside(_ other: JSONPointer) -> Bool { tokens.count > other.tokens.count && tokens.starts(with: other.tokens) }

  func value(in document: JSONValue) -> JSONValue? {
    var value = document
    for token in tokens {
      switch value {
      case .object(let object):
        guard let member = object[token] else { return nil }
        value = member
      case .array(let elements):
        guard let index = Self.index(token), index < elements.count else { return nil }
        value = elements[index]
      default: return nil
      }
    }
    return value
  }

  /// An index as the RFC has it: digits without a leading zero.
  private static func index(_ token: String) -> Int? {
    guard token == "0" || token.utf8.first != UInt8(ascii: "0"), token.utf8.allSatisfy({ $0 &- 0x30 < 10 }) else {
      return nil
    }
    return Int(token)
  }

  func add(_ value: JSONValue, to document: inout JSONValue) throws(PatchError) {
    if tokens.isEmpty {
      document = value
      return
    }
    try change(&document, tokens[...], "add") { (parent, token) throws(PatchError) in
      switch parent {
      case .object: parent[token] = value
      case .array(var elements):
        guard let index = token == "-" ? elements.count : Self.index(token), index <= elements.count else {
          throw .inapplicable(
            "add operation does not apply: doc is missing path: \"\(self)\": invalid index referenced")
        }
        parent = .null
        elements.insert(value, at: index)
        parent = .array(elements)
      default: throw self.missing("add")
      }
    }
  }

  func replace(with value: JSONValue, in document: inout JSONValue) throws(PatchError) {
    if tokens.isEmpty {
      document = value
      return
    }
    try change(&document, tokens[...], "replace") { (parent, token) throws(PatchError) in
      switch parent {
      case .object(let object) where object.contains(token): parent[token] = value
      case .array(var elements):
        guard let index = Self.index(token), index < elements.count else { throw self.missing("replace") }
        parent = .null
        elements[index] = value
        parent = .array(elements)
      default: throw self.missing("replace")
      }
    }
  }

  func remove(from document: inout JSONValue, _ operation: String) throws(PatchError) -> JSONValue {
    if tokens.isEmpty {
      throw .inapplicable("\(operation) operation does not apply: the whole document cannot be removed")
    }
    var removed = JSONValue.null
    try change(&document, tokens[...], operation) { (parent, token) throws(PatchError) in
      switch parent {
      case .object(let object):
        guard let value = object[token] else { throw self.missing(operation) }
        removed = value
        parent[token] = nil
      case .array(var elements):
        guard let index = Self.index(token), index < elements.count else { throw self.missing(operation) }
        parent = .null
        removed = elements.remove(at: index)
        parent = .array(elements)
      default: throw self.missing(operation)
      }
    }
    return removed
  }

  private func missing(_ operation: String) -> PatchError {
    .inapplicable("\(operation) operation does not apply: doc is missing path: \"\(self)\": missing value")
  }

  /// Goes down to the value that holds the last token's, and changes it there.
  private func change(
    _ value: inout JSONValue, _ rest: ArraySlice<String>, _ operation: String,
    _ body: (inout JSONValue, String) throws(PatchError) -> Void
  ) throws(PatchError) {
    guard let token = rest.first else { return }
    if rest.count == 1 {
      try body(&value, token)
      return
    }
    switch value {
    case .object(let object):
      guard var member = object[token] else { throw missing(operation) }
      try change(&member, rest.dropFirst(), operation, body)
      value[token] = member
    case .array(var elements):
      guard let index = Self.index(token), index < elements.count else { throw missing(operation) }
      try change(&elements[index], rest.dropFirst(), operation, body)
      value = .array(elements)
    default: throw missing(operation)
    }
  }
}

extension JSONValue {
  /// Equality where numbers are compared by their value (`1.0` is `1`).
  func equalsAsJSON(_ other: JSONValue) -> Bool {
    switch (self, other) {
    case (.integer(let left), .integer(let right)): return left == right
    case (.integer, .decimal), (.decimal, .integer), (.decimal, .decimal): return doubleValue == other.doubleValue
    case (.array(let left), .array(let right)):
      return left.count == right.count && zip(left, right).allSatisfy { $0.equalsAsJSON($1) }
    case (.object(let left), .object(let right)):
      return left.count == right.count
        && left.allSatisfy { key, value in right[key].map { value.equalsAsJSON($0) } ?? false }
    default: return self == other
    }
  }
}
