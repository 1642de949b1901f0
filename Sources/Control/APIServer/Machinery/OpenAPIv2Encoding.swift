import KubeAPI

/// The OpenAPI v2 document as protobuf, which kubectl before 1.28 asks for and takes nothing else
/// (`openapi.v2.Document` of google/gnostic).
enum OpenAPIv2Encoding {
  /// The name with an `@`, by which clients ask, is no media type that they could read in the answer.
  static let contentType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
  static let mediaTypes: Set<String> = [
    "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
    contentType,
  ]

  static func bytes(_ document: JSONValue) -> [UInt8] {
    var writer = ProtobufWriter()
    writer.string(1, document["swagger"])
    writer.message(2) { info in
      info.string(1, document[path: "info", "title"])
      info.string(2, document[path: "info", "version"])
    }
    writer.message(8) { paths in
      for (name, item) in document["paths"]?.objectValue ?? [:] {
        paths.message(2) { named in
          named.string(1, .string(name))
          named.message(2) { write(pathItem: item, to: &$0) }
        }
      }
    }
    writer.message(9) { definitions in
      for (name, schema) in document["definitions"]?.objectValue ?? [:] {
        definitions.message(1) { named in
          named.string(1, .string(name))
          named.message(2) { write(schema: schema, to: &$0) }
        }
      }
    }
    return writer.bytes
  }

  private static func write(pathItem item: JSONValue, to writer: inout ProtobufWriter) {
    let methods = [("get", 2), ("put", 3), ("post", 4), ("delete", 5), ("options", 6), ("head", 7), ("patch", 8)]
    for (method, number) in methods {
      guard let operation = item[method] else { continue }
      writer.message(number) { write(operation: operation, to: &$0) }
    }
    for parameter in item["parameters"]?.arrayValue ?? [] {
      writer.message(9) { write(parameter: parameter, to: &$0) }
    }
    writeExtensions(of: item, 10, to: &writer)
  }

  private static func write(operation: JSONValue, to writer: inout ProtobufWriter) {
    writer.strings(1, operation["tags"])
    writer.string(3, operation["description"])
    writer.string(5, operation["operationId"])
    writer.strings(6, operation["produces"])
    writer.strings(7, operation["consumes"])
    for parameter in operation["parameters"]?.arrayValue ?? [] {
      writer.message(8) { write(parameter: parameter, to: &$0) }
    }
    writer.message(9) { responses in
      for (code, response) in operation["responses"]?.objectValue ?? [:] {
        responses.message(1) { named in
          named.string(1, .string(code))
          named.message(2) { value in
            value.message(1) { write(response: response, to: &$0) }
          }
        }
      }
    }
    writer.strings(10, operation["schemes"])
    writeExtensions(of: operation, 13, to: &writer)
  }

  private static func write(response: JSONValue, to writer: inout ProtobufWriter) {
    writer.string(1, response["description"])
    guard let schema = response["schema"] else { return }
    writer.message(2) { item in item.message(1) { write(schema: schema, to: &$0) } }
  }

  /// A `ParametersItem`.
  private static func write(parameter: JSONValue, to writer: inout ProtobufWriter) {
    if let reference = parameter["$ref"] {
      writer.message(2) { $0.string(1, reference) }
      return
    }
    writer.message(1) { item in
      guard let place = parameter["in"]?.stringValue else { return }
      if place == "body" {
        item.message(1) { body in
          body.string(1, parameter["description"])
          body.string(2, parameter["name"])
          body.string(3, parameter["in"])
          body.bool(4, parameter["required"])
          body.message(5) { write(schema: parameter["schema"] ?? [:], to: &$0) }
        }
        return
      }
      item.message(2) { other in
        other.message(place == "path" ? 4 : place == "header" ? 1 : 3) { sub in
          sub.bool(1, parameter["required"])
          sub.string(2, parameter["in"])
          sub.string(3, parameter["description"])
          sub.string(4, parameter["name"])
          // Only the parameters of a query have a field between the name and the type.
          sub.string(place == "query" ? 6 : 5, parameter["type"])
        }
      }
    }
  }

  private static func write(schema: JSONValue, to writer: inout ProtobufWriter) {
    writer.string(1, schema["$ref"])
    writer.string(2, schema["format"])
    writer.string(4, schema["description"])
    if let value = schema["default"] { writer.message(5) { $0.string(2, .string(value.text)) } }
    writer.strings(19, schema["required"])
    for value in schema["enum"]?.arrayValue ?? [] { writer.message(20) { $0.string(2, .string(value.text)) } }
    if let additional = schema["additionalProperties"] {
      writer.message(21) { item in
        if let flag = additional.boolValue {
          item.bool(2, .bool(flag))
        } else {
          item.message(1) { write(schema: additional, to: &$0) }
        }
      }
    }
    if let type = schema["type"] { writer.message(22) { $0.string(1, type) } }
    if let items = schema["items"] {
      writer.message(23) { item in item.message(1) { write(schema: items, to: &$0) } }
    }
    for part in schema["allOf"]?.arrayValue ?? [] { writer.message(24) { write(schema: part, to: &$0) } }
    if let properties = schema["properties"]?.objectValue {
      writer.message(25) { all in
        for (name, property) in properties {
          all.message(1) { named in
            named.string(1, .string(name))
            named.message(2) { write(schema: property, to: &$0) }
          }
        }
      }
    }
    writeExtensions(of: schema, 31, to: &writer)
  }

  /// Members whose name begins with `x-`; their values are YAML, which JSON is.
  private static func writeExtensions(of value: JSONValue, _ number: Int, to writer: inout ProtobufWriter) {
    for (name, value) in value.objectValue ?? [:] where name.hasPrefix("x-") {
      writer.message(number) { named in
        named.string(1, .string(name))
        named.message(2) { $0.string(2, .string(value.text + "\n")) }
      }
    }
  }
}

/// Writes protobuf fields. Values that are missing are not written.
struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  private mutating func varint(_ value: UInt64) {
    var value = value
    while value >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    bytes.append(UInt8(value))
  }

  private mutating func delimited(_ number: Int, _ content: some Collection<UInt8>) {
    varint(UInt64(number) << 3 | 2)
    varint(UInt64(content.count))
    bytes.append(contentsOf: content)
  }

  mutating func string(_ number: Int, _ value: JSONValue?) {
    if let text = value?.stringValue, !text.isEmpty { delimited(number, text.utf8) }
  }

  mutating func strings(_ number: Int, _ value: JSONValue?) {
    for element in value?.arrayValue ?? [] { delimited(number, (element.stringValue ?? "").utf8) }
  }

  mutating func bool(_ number: Int, _ value: JSONValue?) {
    guard value?.boolValue == true else { return }
    varint(UInt64(number) << 3)
    varint(1)
  }

  mutating func message(_ number: Int, _ body: (inout ProtobufWriter) -> Void) {
    var inner = ProtobufWriter()
    body(&inner)
    delimited(number, inner.bytes)
  }
}
