extension LabelQuery {
  /// Reads the text form: requirements with commas between them, each `key`, `!key`, `key=value`, `key==value`,
  /// `key!=value`, `key in (a,b)`, `key notin (a,b)`, `key>1` or `key<1`.
  /// - Throws: ``SelectorError`` with what was found in which place.
  public init(parsing text: String) throws(SelectorError) {
    var parser = LabelQueryParser(text)
    requirements = try parser.requirements().sorted { $0.key < $1.key }
  }
}

private struct LabelQueryParser {
  private enum Token: Equatable {
    case word(String)
    case symbol(String)
    case end

    var text: String {
      switch self {
      case .word(let text), .symbol(let text): text
      case .end: ""
      }
    }
  }

  private let text: String
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) {
    self.text = text
    bytes = Array(text.utf8)
  }

  private func error(_ message: String) -> SelectorError { SelectorError(selector: text, message: message) }

  private mutating func next() -> Token {
    while position < bytes.count, isSpace(bytes[position]) { position += 1 }
    guard position < bytes.count else { return .end }
    let start = position
    if let symbol = symbol() { return .symbol(symbol) }
    while position < bytes.count, !isSpace(bytes[position]), !isSpecial(bytes[position]) { position += 1 }
    return .word(String(decoding: bytes[start..<position], as: UTF8.self))
  }

  private mutating func peek() -> Token {
    let mark = position
    defer { position = mark }
    return next()
  }

  private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

  private func isSpecial(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "="), UInt8(ascii: "!"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ","),
      UInt8(ascii: ">"), UInt8(ascii: "<"):
      true
    default: false
    }
  }

  private mutating func symbol() -> String? {
    guard isSpecial(bytes[position]) else { return nil }
    let first = bytes[position]
    position += 1
    if first == UInt8(ascii: "=") || first == UInt8(ascii: "!"), position < bytes.count,
      bytes[position] == UInt8(ascii: "=")
    {
      position += 1
      return first == UInt8(ascii: "=") ? "==" : "!="
    }
    return String(Unicode.Scalar(first))
  }

  mutating func requirements() throws(SelectorError) -> [LabelQuery.Requirement] {
    var result: [LabelQuery.Requirement] = []
    if peek() == .end { return result }
    while true {
      result.append(try requirement())
      switch next() {
      case .end: return result
      case .symbol(","):
        let following = peek()
        guard case .word = following else {
          if following == .symbol("!") { continue }
          throw error("found '\(following.text)', expected: identifier after ','")
        }
      case let other: throw error("found '\(other.text)', expected: ',' or 'end of string'")
      }
    }
  }

  private mutating func requirement() throws(SelectorError) -> LabelQuery.Requirement {
    var token = next()
    let isNegated = token == .symbol("!")
    if isNegated { token = next() }
    guard case .word(let key) = token else { throw error("found '\(token.text)', expected: identifier") }
    if let problem = Names.qualifiedNameProblem(key) {
      throw error("key: Invalid value: \"\(key)\": \(problem)")
    }
    if isNegated { return LabelQuery.Requirement(key: key, .doesNotExist) }
    let mark = position
    switch next() {
    case .end: return LabelQuery.Requirement(key: key, .exists)
    case .symbol(","):
      position = mark
      return LabelQuery.Requirement(key: key, .exists)
    case .symbol("="), .symbol("=="): return LabelQuery.Requirement(key: key, .equals, values: [try value(of: key)])
    case .symbol("!="): return LabelQuery.Requirement(key: key, .notEquals, values: [try value(of: key)])
    case .symbol(let symbol) where symbol == ">" || symbol == "<":
      let bound = try value(of: key)
      guard Int64(bound) != nil else { throw error("for '>' and '<' the value must be an integer, not \"\(bound)\"") }
      return LabelQuery.Requirement(key: key, symbol == ">" ? .greaterThan : .lessThan, values: [bound])
    case .word("in"): return LabelQuery.Requirement(key: key, .isIn, values: try values(of: key))
    case .word("notin"): return LabelQuery.Requirement(key: key, .isNotIn, values: try values(of: key))
    case let other: throw error("found '\(other.text)', expected: in, notin, =, ==, !=, >, <")
    }
  }

  /// The value behind an operator, which may be empty.
  private mutating func value(of key: String) throws(SelectorError) -> String {
    let mark = position
    switch next() {
    case .word(let value): return try checked(value, of: key)
    case .end, .symbol(","):
      position = mark
      return ""
    case let other: throw error("found '\(other.text)', expected: identifier")
    }
  }

  private func checked(_ value: String, of key: String) throws(SelectorError) -> String {
    if let problem = Names.labelValueProblem(value) {
      throw error("values[0][\(key)]: Invalid value: \"\(value)\": \(problem)")
    }
    return value
  }

  private mutating func values(of key: String) throws(SelectorError) -> [String] {
    let opening = next()
    guard opening == .symbol("(") else { throw error("found '\(opening.text)', expected: '('") }
    var values: [String] = []
    while true {
      switch peek() {
      case .word(let value):
        _ = next()
        values.append(try checked(value, of: key))
      case .symbol(","), .symbol(")"): values.append("")
      case let other: throw error("found '\(other.text)', expected: identifier")
      }
      switch next() {
      case .symbol(","): continue
      case .symbol(")"): return values
      case let other: throw error("found '\(other.text)', expected: ',' or ')'")
      }
    }
  }
}
