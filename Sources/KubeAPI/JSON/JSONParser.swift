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
  private var keys = [String?](repeating: nil, count: 128)

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
    skipSpace()
    if take(UInt8(ascii: "}")) {
      depth -= 1
      return .object(JSONObject())
    }
    var members: [JSONObject.Member] = []
    members.reserveCapacity(4)
    // The places of keys, once there are too many to look through.
    var index: [String: Int]?
    while true {
      skipSpace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
        throw error("a member's name was expected")
      }
      let key = try self.key()
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw error("a colon was expected") }
      let known: Int?
      if let index { known = index[key] } else { known = members.firstIndex { $0.key == key } }
      if reportsDuplicates {
        path.append(path.isEmpty ? key : "." + key)
        if known != nil { duplicates.append(path.joined()) }
      }
      let value = try value()
      if reportsDuplicates { path.removeLast() }
      if let known {
        members[known].value = value
      } else {
        members.append(JSONObject.Member(key: key, value: value))
        if index != nil {
          index?[key] = members.count - 1
        } else if members.count > JSONObject.indexThreshold {
          index = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1.key, $0) })
        }
      }
      skipSpace()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "}")) else { throw error("a comma or a closing brace was expected") }
      depth -= 1
      return .object(JSONObject(distinct: members, index: index))
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

  /// A member's name. The long ones come again and again, and are made once.
  private mutating func key() throws(JSONError) -> String {
    let start = position + 1
    position = start
    skipPlain()
    let end = position
    guard end < bytes.count, bytes[end] == UInt8(ascii: "\""), (16...64).contains(end - start) else {
      position = start - 1
      return try string()
    }
    position += 1
    let slot = (end - start &* 31 &+ Int(bytes[start]) &* 7 &+ Int(bytes[end - 1]) &* 131 &+ Int(bytes[end - 8])) & 127
    let range = UnsafeBufferPointer(rebasing: bytes[start..<end])
    if let kept = keys[slot], kept.utf8.elementsEqual(range) { return kept }
    let key = try text(start..<end)
    keys[slot] = key
    return key
  }

  /// Goes to the next quote, backslash or control character, or to the end.
  private mutating func skipPlain() {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    var place = position
    if let base = UnsafeRawBufferPointer(bytes).baseAddress {
      // Eight bytes at a time: a byte that is searched for leaves a high bit in one of the differences.
      while place + 8 <= bytes.count {
        let word = base.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        let found =
          ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | ((word &- (ones &* 0x20)) & ~word)
        if found & highs != 0 { break }
        place += 8
      }
    }
    while place < bytes.count {
      let byte = bytes[place]
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
      place += 1
    }
    position = place
  }

  private mutating func string() throws(JSONError) -> String {
    position += 1
    let start = position
    skipPlain()
    guard position < bytes.count else { throw error("a string does not end") }
    switch bytes[position] {
    case UInt8(ascii: "\""):
      let text = try text(start..<position)
      position += 1
      return text
    case UInt8(ascii: "\\"): return try escapedString(from: start)
    default: throw error("a control character stands in a string")
    }
  }

  private func text(_ range: Range<Int>) throws(JSONError) -> String {
    let content = UnsafeBufferPointer(rebasing: bytes[range])
    // Nearly all text is ASCII, which needs no validation and takes the short way into a string.
    if Self.isASCII(content) { return String(decoding: content, as: UTF8.self) }
    guard let text = String(validating: content, as: UTF8.self) else { throw error("a string is not UTF-8") }
    return text
  }

  private static func isASCII(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let raw = UnsafeRawBufferPointer(bytes)
    var gathered: UInt64 = 0
    var place = 0
    while place + 8 <= raw.count {
      gathered |= raw.loadUnaligned(fromByteOffset: place, as: UInt64.self)
      place += 8
    }
    while place < raw.count {
      gathered |= UInt64(raw[place])
      place += 1
    }
    return gathered & 0x8080_8080_8080_8080 == 0
  }

  private mutating func escapedString(from start: Int) throws(JSONError) -> String {
    var result = try text(start..<position)
    var run = position
    while position < bytes.count {
      skipPlain()
      guard position < bytes.count else { break }
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
      default: throw error("a control character stands in a string")
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
