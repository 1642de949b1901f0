extension Schema {
  /// An object as the schema reads it.
  public struct Decoded: Sendable {
    /// The object without members that the schema does not know and without nulls; times are in their canonical form.
    public var value: JSONValue
    /// The paths of members that the schema does not know, `spec.containers[0].foo`, in the order of the document.
    public var unknownFields: [String]

    /// What a strict reader objects to and a warning one tells: `unknown field "spec.foo"`, `duplicate field "spec.a"`.
    ///
    /// - Parameter duplicates: what ``JSONValue/parsingStrictly(_:)`` or a YAML reader found.
    public func complaints(duplicates: [String] = []) -> [String] {
      duplicates.map { "duplicate field \"\($0)\"" } + unknownFields.map { "unknown field \"\($0)\"" }
    }
  }

  /// Reads an object as a message: checks the types of all members and drops what is not known.
  ///
  /// - Throws: ``DecodingError`` for the first value of a wrong type, in the words that clients know from Go.
  public func decode(_ value: JSONValue, as message: Message) throws(DecodingError) -> Decoded {
    var decoder = ObjectDecoder(schema: self)
    let value = try decoder.read(value, as: message)
    return Decoded(value: value, unknownFields: decoder.unknownFields)
  }

  /// A value that does not have the type of its field. A server answers with 400 and reason BadRequest.
  public struct DecodingError: Error, Hashable, CustomStringConvertible {
    /// `json: cannot unmarshal string into Go struct field PodSpec.spec.priority of type int32`.
    public var message: String

    public var description: String { message }

    /// The message with which upstream refuses the object: `Pod in version "v1" cannot be handled as a Pod: …`.
    public func refusal(of kind: GroupVersionKind) -> String { Self.refusal(of: kind, message) }

    /// The message with which a strict reader refuses the complaints of ``Decoded/complaints(duplicates:)``.
    public static func strictRefusal(of kind: GroupVersionKind, complaints: [String]) -> String {
      refusal(of: kind, "strict decoding error: " + complaints.joined(separator: ", "))
    }

    private static func refusal(of kind: GroupVersionKind, _ message: String) -> String {
      "\(kind.kind) in version \"\(kind.version)\" cannot be handled as a \(kind.kind): \(message)"
    }
  }
}

/// Walks an object along the schema.
private struct ObjectDecoder {
  let schema: Schema
  var unknownFields: [String] = []
  private enum Step {
    case field(String), key(String), index(Int)
  }

  /// What leads to the value at hand.
  private var path: [Step] = []
  private var structName = ""

  init(schema: Schema) { self.schema = schema }

  mutating func read(_ value: JSONValue, as message: Schema.Message) throws(Schema.DecodingError) -> JSONValue {
    if message.isBareList, let field = message.fields.first { return try read(value, of: field) }
    guard case .object(let object) = value else {
      throw mismatch(value, "v1.\(message.shortName)")
    }
    var result = JSONObject()
    result.reserveCapacity(object.count)
    for (key, member) in object {
      guard let field = message.field(key) else {
        if message.isTopLevel, key == "apiVersion" || key == "kind" {
          guard member.stringValue != nil || member.isNull else {
            throw Schema.DecodingError(
              message: "json: cannot unmarshal \(Self.name(member)) into Go struct field "
                + "\(message.shortName).\(key) of type string")
          }
          if !member.isNull { result.append(member, for: key) }
        } else {
          unknownFields.append(place(of: key))
        }
        continue
      }
      if member.isNull { continue }
      let outerStruct = structName
      structName = message.shortName
      path.append(.field(key))
      result.append(try read(member, of: field), for: key)
      path.removeLast()
      structName = outerStruct
    }
    return .object(result)
  }

  private mutating func read(_ value: JSONValue, of field: Schema.Field) throws(Schema.DecodingError) -> JSONValue {
    switch field.shape {
    case .one: return try readElement(value, field.kind)
    case .list:
      guard case .array(let elements) = value else { throw mismatch(value, "[]" + typeName(field.kind)) }
      var result: [JSONValue] = []
      result.reserveCapacity(elements.count)
      for (index, element) in elements.enumerated() {
        path.append(.index(index))
        result.append(element.isNull ? zero(field.kind) : try readElement(element, field.kind))
        path.removeLast()
      }
      return .array(result)
    case .map:
      guard case .object(let object) = value else { throw mismatch(value, "map[string]" + typeName(field.kind)) }
      var result = JSONObject()
      result.reserveCapacity(object.count)
      for (key, member) in object {
        path.append(.key(key))
        result.append(member.isNull ? zero(field.kind) : try readElement(member, field.kind), for: key)
        path.removeLast()
      }
      return .object(result)
    }
  }

  private func place(of key: String) -> String {
    var text = ""
    for step in path + [.field(key)] {
      switch step {
      case .field(let name), .key(let name): text += text.isEmpty ? name : "." + name
      case .index(let index): text += "[\(index)]"
      }
    }
    return text
  }

  /// The members alone: Go leaves indices and keys of maps out of its messages.
  private var fieldPath: [String] {
    path.compactMap { if case .field(let name) = $0 { name } else { nil } }
  }

  /// What Go makes of a null in a list or map.
  private func zero(_ kind: Schema.Field.Kind) -> JSONValue {
    switch kind {
    case .string, .bytes: ""
    case .int32, .int64, .double, .intOrString: 0
    case .bool: false
    case .quantity: "0"
    case .time, .microTime: .null
    case .any, .fieldsV1, .message: [:]
    }
  }

  private mutating func readElement(
    _ value: JSONValue, _ kind: Schema.Field.Kind
  ) throws(Schema.DecodingError) -> JSONValue {
    switch kind {
    case .message(let position): return try read(value, as: schema.messages[position])
    case .string:
      guard case .string = value else { throw mismatch(value, "string") }
      return value
    case .bool:
      guard case .bool = value else { throw mismatch(value, "bool") }
      return value
    case .int32, .int64:
      let name = kind == .int32 ? "int32" : "int64"
      switch value {
      case .integer(let number) where kind == .int64 || Int32(exactly: number) != nil: return value
      case .integer(let number): throw mismatch("number \(number)", name)
      case .decimal(let literal): throw mismatch("number \(literal)", name)
      default: throw mismatch(value, name)
      }
    case .double:
      guard value.doubleValue != nil else { throw mismatch(value, "float64") }
      return value
    case .bytes:
      guard case .string(let text) = value else { throw mismatch(value, "[]uint8") }
      if let offset = Base64Data.firstInvalidOffset(text) {
        throw Schema.DecodingError(message: "illegal base64 data at input byte \(offset)")
      }
      return value
    case .quantity:
      guard let quantity = Quantity(jsonValue: value), quantity.amount != nil else {
        throw Schema.DecodingError(
          message: "quantities must match the regular expression "
            + "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
      }
      return quantity.jsonValue
    case .intOrString:
      switch value {
      case .string: return value
      case .integer(let number) where Int32(exactly: number) != nil: return value
      case .integer, .decimal:
        throw Schema.DecodingError(message: "json: cannot unmarshal number \(value.text) into Go value of type int32")
      default:
        throw Schema.DecodingError(message: "json: cannot unmarshal \(Self.name(value)) into Go value of type int32")
      }
    case .time, .microTime: return try time(value, isMicro: kind == .microTime)
    case .any:
      return value
    case .fieldsV1:
      guard case .object = value else { throw mismatch(value, "v1.FieldsV1") }
      return value
    }
  }

  private func time(_ value: JSONValue, isMicro: Bool) throws(Schema.DecodingError) -> JSONValue {
    guard case .string(let text) = value else {
      throw Schema.DecodingError(message: "json: cannot unmarshal \(Self.name(value)) into Go value of type string")
    }
    let canonical = isMicro ? MicroTime(jsonValue: value)?.text : Time(jsonValue: value)?.text
    guard let canonical else {
      let layout = isMicro ? "2006-01-02T15:04:05.000000Z07:00" : "2006-01-02T15:04:05Z07:00"
      throw Schema.DecodingError(
        message: "parsing time \"\(text)\" as \"\(layout)\": cannot parse \"\(text)\" as \"2006\"")
    }
    return canonical == text ? value : .string(canonical)
  }

  private static func name(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool: "bool"
    case .integer, .decimal: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }

  private func mismatch(_ value: JSONValue, _ type: String) -> Schema.DecodingError { mismatch(Self.name(value), type) }

  private func mismatch(_ found: String, _ type: String) -> Schema.DecodingError {
    let place = fieldPath.isEmpty ? "value" : "struct field \(structName).\(fieldPath.joined(separator: "."))"
    return Schema.DecodingError(message: "json: cannot unmarshal \(found) into Go \(place) of type \(type)")
  }

  private func typeName(_ kind: Schema.Field.Kind) -> String {
    switch kind {
    case .string: "string"
    case .int32: "int32"
    case .int64: "int64"
    case .bool: "bool"
    case .bytes: "[]uint8"
    case .double: "float64"
    case .quantity: "resource.Quantity"
    case .intOrString: "intstr.IntOrString"
    case .time: "v1.Time"
    case .microTime: "v1.MicroTime"
    case .any: "runtime.RawExtension"
    case .fieldsV1: "v1.FieldsV1"
    case .message(let position): "v1.\(schema.messages[position].shortName)"
    }
  }
}
