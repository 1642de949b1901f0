import Yams

/// A text that is not YAML, or that has no JSON form.
public struct YAMLError: Error, Hashable, CustomStringConvertible {
  public var message: String

  /// `error converting YAML to JSON: …`, as clients know it.
  public var description: String { "error converting YAML to JSON: \(message)" }
}

extension JSONValue {
  /// More values than this are refused, so that aliases cannot make a small text a huge document.
  static let maximumYAMLValues = 1_000_000

  /// Reads the first document of a YAML text; null where the text has none. Values are of the types that the YAML
  /// reader of Kubernetes' own tools gives them: YAML 1.1, with integers in any base, `yes` and `on` as booleans,
  /// dates as text, and keys as text.
  ///
  /// - Throws: ``YAMLError``, also where a key is there twice.
  public init(yaml text: String) throws(YAMLError) {
    self = try Self.yamlDocuments(text, atMost: 1).first ?? .null
  }

  /// Reads all documents of a YAML text.
  public static func documents(yaml text: String) throws(YAMLError) -> [JSONValue] {
    try yamlDocuments(text, atMost: Int.max)
  }

  private static func yamlDocuments(_ text: String, atMost count: Int) throws(YAMLError) -> [JSONValue] {
    var reader = YAMLReader(remaining: maximumYAMLValues)
    do {
      let parser = try Yams.Parser(yaml: text, resolver: .basic)
      var documents: [JSONValue] = []
      while documents.count < count, let root = try parser.nextRoot() { documents.append(try reader.value(root)) }
      return documents
    } catch let error as YAMLError {
      throw error
    } catch Yams.YamlError.duplicatedKeysInMapping(let duplicates, let context) {
      let keys = duplicates.map { "key \"\($0)\" already set in map" }.joined(separator: ", ")
      throw YAMLError(message: "yaml: line \(context.mark.line): \(keys)")
    } catch {
      throw YAMLError(message: "yaml: \(error)")
    }
  }
}

private struct YAMLReader {
  var remaining: Int

  mutating func value(_ node: Yams.Node) throws(YAMLError) -> JSONValue {
    remaining -= 1
    if remaining < 0 { throw YAMLError(message: "the document has too many values (are there aliases in aliases?)") }
    switch node {
    case .scalar(let scalar): return try YAMLScalar.value(scalar)
    case .sequence(let sequence):
      var elements: [JSONValue] = []
      for element in sequence { elements.append(try value(element)) }
      return .array(elements)
    case .mapping(let mapping):
      var object = JSONObject()
      // What is merged in (`<<`) counts less than what is said here.
      for (key, member) in mapping where Self.isMerge(key) { try merge(member, into: &object) }
      for (key, member) in mapping where !Self.isMerge(key) {
        guard case .scalar(let scalar) = key else { throw YAMLError(message: "a key is no scalar") }
        object[try YAMLScalar.key(scalar)] = try value(member)
      }
      return .object(object)
    case .alias: throw YAMLError(message: "an alias has no anchor")
    }
  }

  private static func isMerge(_ key: Yams.Node) -> Bool {
    if case .scalar(let scalar) = key { scalar.string == "<<" && scalar.style == .plain } else { false }
  }

  private mutating func merge(_ node: Yams.Node, into object: inout JSONObject) throws(YAMLError) {
    let sources: [Yams.Node]
    switch node {
    case .mapping: sources = [node]
    case .sequence(let sequence): sources = sequence.reversed()
    default: throw YAMLError(message: "yaml: map merge requires map or sequence of maps as the value")
    }
    for source in sources {
      guard case .object(let members) = try value(source) else {
        throw YAMLError(message: "yaml: map merge requires map or sequence of maps as the value")
      }
      for (key, member) in members { object[key] = member }
    }
  }
}

/// What a scalar of YAML 1.1 is.
enum YAMLScalar {
  static func value(_ scalar: Yams.Node.Scalar) throws(YAMLError) -> JSONValue {
    let text = scalar.string
    switch scalar.tag.description {
    case "tag:yaml.org,2002:str": return .string(text)
    case "tag:yaml.org,2002:binary":
      guard let data = Base64Data(jsonValue: .string(String(text.filter { !$0.isWhitespace }))) else {
        throw YAMLError(message: "yaml: !!binary value contains invalid base64 data")
      }
      return .string(String(decoding: data.bytes, as: UTF8.self))
    case "tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null":
      return try plain(text)
    default: return scalar.style == .plain || scalar.style == .any ? try plain(text) : .string(text)
    }
  }

  static func key(_ scalar: Yams.Node.Scalar) throws(YAMLError) -> String {
    guard scalar.style == .plain || scalar.style == .any else { return scalar.string }
    switch try plain(scalar.string) {
    case .string(let text): return text
    case .bool(let value): return value ? "true" : "false"
    case .integer(let value): return String(value)
    case .decimal(let literal): return literal
    case .null: throw YAMLError(message: "Unsupported map key of type: null, key: \(scalar.string)")
    default: return scalar.string
    }
  }

  /// The value of a scalar without quotes.
  static func plain(_ text: String) throws(YAMLError) -> JSONValue {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": return true
    case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": return false
    case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", ".nan", ".NaN", ".NAN":
      throw YAMLError(message: "json: unsupported value: \(text)")
    default: break
    }
    guard let first = text.utf8.first,
      first &- UInt8(ascii: "0") < 10 || first == UInt8(ascii: "+") || first == UInt8(ascii: "-")
        || first == UInt8(ascii: ".")
    else { return .string(text) }
    return number(text) ?? .string(text)
  }

  private static func number(_ text: String) -> JSONValue? {
    let plain = String(decoding: text.utf8.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
    if let value = integer(plain) { return value }
    guard isFloat(plain), let value = Double(plain), value.isFinite else { return nil }
    return .decimal(value)
  }

  /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
  private static func isFloat(_ text: String) -> Bool {
    var rest = text.utf8[...]
    if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest.removeFirst() }
    func digits() -> Int {
      let count = rest.prefix { $0 &- UInt8(ascii: "0") < 10 }.count
      rest.removeFirst(count)
      return count
    }
    let whole = digits()
    var fraction = 0
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      fraction = digits()
    }
    if whole == 0, fraction == 0 { return false }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest.removeFirst()
      if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest.removeFirst() }
      if digits() == 0 { return false }
    }
    return rest.isEmpty
  }

  /// An integer in base 10, or with a prefix in base 16, 8 (`0o17`, `017`) or 2.
  private static func integer(_ text: String) -> JSONValue? {
    var digits = text[...]
    var sign = ""
    if let first = digits.first, first == "+" || first == "-" {
      sign = first == "-" ? "-" : ""
      digits = digits.dropFirst()
    }
    var radix = 10
    let lower = digits.prefix(2).lowercased()
    if lower == "0x" {
      radix = 16
    } else if lower == "0o" {
      radix = 8
    } else if lower == "0b" {
      radix = 2
    }
    if radix != 10 {
      digits = digits.dropFirst(2)
    } else if digits.utf8.count > 1, digits.first == "0" {
      radix = 8
      digits = digits.dropFirst()
    }
    guard let first = digits.utf8.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-") else { return nil }
    if let value = Int64(sign + digits, radix: radix) { return .integer(value) }
    if sign.isEmpty, let value = UInt64(digits, radix: radix) { return .decimal(String(value)) }
    return nil
  }
}

extension JSONValue {
  /// A floating-point number as JSON writers of Go put it: the shortest digits that read back the same.
  static func decimal(_ value: Double) -> JSONValue {
    if let integer = Int64(exactly: value) { return .integer(integer) }
    let text = "\(value)"
    return .decimal(text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
  }
}
