/// A parser for RFC 8259 over bytes. It refuses what the RFC refuses, deep nesting, and broken UTF-8.
struct JSONParser {
  /// Nesting past this is refused, so that a hostile document cannot exhaust the stack.
  static let maximumDepth = 512

  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var depth = 0
  /// Paths of members that were there more than once (a strict reader refuses them).
  private(set) var duplicates: [String] = []
  private let reportsDuplicates: Bool
  private var path: [String] = []

  init(_ bytes: UnsafeBufferPointer<UInt8>, reportsDuplicates: Bool) {
    self.bytes = bytes
    self.reportsDuplicates = reportsDuplicates
  }

  mutating func document() throws(JSONError) -> JSONValue {
    let value = try value()
    skipSpace()
    if position < bytes.count { throw error("there is text behind the document") }
    return value
  }

  private func error(_ message: String) -> JSONError { JSONError(offset: position, message: message) }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  private mutating func value() throws(JSONError) -> JSONValue {
    skipSpace()
    guard position < bytes.count else { throw error("the document ends too early") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw error("a value was expected")
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
    let length = word.utf8CodeUnitCount
    guard position + length <= bytes.count else { throw error("a value was expected") }
    for offset in 0..<length where bytes[position + offset] != word.utf8Start[offset] {
      throw error("a value was expected")
    }
    position += length
    return value
  }

  private mutating func enter() throws(JSONError) {
    depth += 1
    if depth > Self.maximumDepth { throw error("the document is nested deeper than \(Self.maximumDepth)") }
    position += 1
  }

  private mutating func object() throws(JSONError) -> JSONValue {
    try enter()
    var object = JSONObject()
    skipSpace()
    if take(UInt8(ascii: "}")) {
      depth -= 1
      return .object(object)
    }
    while true {
      skipSpace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
        throw error("a member's name was expected")
      }
      let key = try string()
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw error("a colon was expected") }
      if reportsDuplicates {
        path.append(path.isEmpty ? key : "." + key)
        if object.contains(key) { duplicates.append(path.joined()) }
      }
      object[key] = try value()
      if reportsDuplicates { path.removeLast() }
      skipSpace()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "}")) else { throw error("a comma or a closing brace was expected") }
      depth -= 1
      return .object(object)
    }
  }

  private mutating func array() throws(JSONError) -> JSONValue {
    try enter()
    var array: [JSONValue] = []
    skipSpace()
    if take(UInt8(ascii: "]")) {
      depth -= 1
      return .array(array)
    }
    while true {
      if reportsDuplicates { path.append("[\(array.count)]") }
      array.append(try value())
      if reportsDuplicates { path.removeLast() }
      skipSpace()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "]")) else { throw error("a comma or a closing bracket was expected") }
      depth -= 1
      return .array(array)
    }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func digits() -> Int {
    let start = position
    while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
    return position - start
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = position
    let isNegative = take(UInt8(ascii: "-"))
    let first = position
    guard digits() > 0 else { throw error("a digit was expected") }
    if bytes[first] == UInt8(ascii: "0"), position - first > 1 { throw error("a number begins with 0") }
    var isInteger = true
    if take(UInt8(ascii: ".")) {
      isInteger = false
      guard digits() > 0 else { throw error("a digit was expected") }
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isInteger = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      guard digits() > 0 else { throw error("a digit was expected") }
    }
    if isInteger {
      var value: Int64 = 0
      var overflows = false
      for index in first..<position {
        let digit = Int64(bytes[index] &- UInt8(ascii: "0"))
        let (product, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, overflow2) = product.addingReportingOverflow(isNegative ? -digit : digit)
        overflows = overflows || overflow || overflow2
        value = sum
      }
      // `-0` is not the integer 0: its text is kept.
      if !overflows, !(isNegative && value == 0) { return .integer(value) }
    }
    return .decimal(String(decoding: bytes[start..<position], as: UTF8.self))
  }

  private mutating func string() throws(JSONError) -> String {
    position += 1
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        let text = try text(start..<position)
        position += 1
        return text
      case UInt8(ascii: "\\"): return try escapedString(from: start)
      case 0..<0x20: throw error("a control character stands in a string")
      default: position += 1
      }
    }
    throw error("a string does not end")
  }

  private func text(_ range: Range<Int>) throws(JSONError) -> String {
    guard let text = String(validating: bytes[range], as: UTF8.self) else {
      throw error("a string is not UTF-8")
    }
    return text
  }

  private mutating func escapedString(from start: Int) throws(JSONError) -> String {
    var result = try text(start..<position)
    var run = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        result += try text(run..<position)
        position += 1
        return result
      case UInt8(ascii: "\\"):
        result += try text(run..<position)
        position += 1
        result.unicodeScalars.append(try escape())
        run = position
      case 0..<0x20: throw error("a control character stands in a string")
      default: position += 1
      }
    }
    throw error("a string does not end")
  }

  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    guard position < bytes.count else { throw error("a string does not end") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{08}"
    case UInt8(ascii: "f"): return "\u{0C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let first = try hexUnit()
      if let scalar = Unicode.Scalar(first) { return scalar }
      // A surrogate: only a high one with its low one is a character. Like Go's decoder, a lone one becomes U+FFFD.
      guard first < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
        bytes[position + 1] == UInt8(ascii: "u")
      else { return "\u{FFFD}" }
      let mark = position
      position += 2
      let second = try hexUnit()
      guard (0xDC00...0xDFFF).contains(second) else {
        position = mark
        return "\u{FFFD}"
      }
      return Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)) ?? "\u{FFFD}"
    default: throw error("a string has an unknown escape")
    }
  }

  private mutating func hexUnit() throws(JSONError) -> UInt16 {
    guard position + 4 <= bytes.count else { throw error("a string does not end") }
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
        throw error("four hexadecimal digits were expected")
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }
}
