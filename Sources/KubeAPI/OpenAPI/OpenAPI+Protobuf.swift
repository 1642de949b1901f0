extension OpenAPI {
  /// What a client's Accept header names for ``v2Protobuf()``.
  public static let v2ProtobufAccepted = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
  /// The content type to answer with: clients refuse an `@` in one.
  public static let v2ProtobufContentType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

  /// The document at `/openapi/v2` in the protobuf form that kubectl before 1.27 insists on: the messages of gnostic's
  /// `openapi.v2` package, whose field numbers stand below.
  public func v2Protobuf() -> [UInt8] {
    let document = v2()
    var writer = ProtobufWriter()
    writer.text(1, document["swagger"])
    writer.message(2) { info in
      info.text(1, document[path: "info", "title"])
      info.text(2, document[path: "info", "version"])
    }
    writer.message(8) { paths in
      for (name, item) in document["paths"]?.objectValue ?? JSONObject() {
        paths.message(2) { entry in
          entry.text(1, .string(name))
          entry.message(2) { GnosticWriter.pathItem(item, &$0) }
        }
      }
    }
    writer.message(9) { GnosticWriter.namedSchemas(document["definitions"], &$0) }
    writer.message(12) { security in
      security.message(1) { entry in
        entry.text(1, "BearerToken")
        entry.message(2) { _ in }
      }
    }
    writer.message(13) { definitions in
      definitions.message(1) { entry in
        entry.text(1, "BearerToken")
        entry.message(2) { item in
          item.message(2) { key in
            key.text(1, "apiKey")
            key.text(2, "authorization")
            key.text(3, "header")
          }
        }
      }
    }
    return writer.bytes
  }
}

private enum GnosticWriter {
  static func pathItem(_ item: JSONValue, _ writer: inout ProtobufWriter) {
    let methods = [("get", 2), ("put", 3), ("post", 4), ("delete", 5), ("patch", 8)]
    for (method, number) in methods {
      guard let operation = item[method] else { continue }
      writer.message(number) { self.operation(operation, &$0) }
    }
    for parameter in item["parameters"]?.arrayValue ?? [] { writer.message(9) { self.parameter(parameter, &$0) } }
  }

  private static func operation(_ operation: JSONValue, _ writer: inout ProtobufWriter) {
    writer.text(5, operation["operationId"])
    for type in operation["produces"]?.arrayValue ?? [] { writer.text(6, type) }
    for type in operation["consumes"]?.arrayValue ?? [] { writer.text(7, type) }
    for parameter in operation["parameters"]?.arrayValue ?? [] { writer.message(8) { self.parameter(parameter, &$0) } }
    writer.message(9) { responses in
      for (code, response) in operation["responses"]?.objectValue ?? JSONObject() {
        responses.message(1) { entry in
          entry.text(1, .string(code))
          entry.message(2) { value in
            value.message(1) { body in
              body.text(1, response["description"])
              if let schema = response["schema"] { body.message(2) { $0.message(1) { self.schema(schema, &$0) } } }
            }
          }
        }
      }
    }
    extensions(operation, 13, &writer)
  }

  private static func parameter(_ parameter: JSONValue, _ writer: inout ProtobufWriter) {
    writer.message(1) { item in
      if parameter["in"] == "body" {
        item.message(1) { body in
          body.text(1, parameter["description"])
          body.text(2, parameter["name"])
          body.text(3, parameter["in"])
          body.flag(4, parameter["required"])
          if let schema = parameter["schema"] { body.message(5) { self.schema(schema, &$0) } }
        }
        return
      }
      let isQuery = parameter["in"] == "query"
      item.message(2) { other in
        other.message(isQuery ? 3 : 4) { plain in
          plain.flag(1, parameter["required"])
          plain.text(2, parameter["in"])
          plain.text(3, parameter["description"])
          plain.text(4, parameter["name"])
          plain.text(isQuery ? 6 : 5, parameter["type"])
          plain.flag(isQuery ? 20 : 19, parameter["uniqueItems"])
        }
      }
    }
  }

  static func namedSchemas(_ schemas: JSONValue?, _ writer: inout ProtobufWriter) {
    for (name, schema) in schemas?.objectValue ?? JSONObject() {
      writer.message(1) { entry in
        entry.text(1, .string(name))
        entry.message(2) { self.schema(schema, &$0) }
      }
    }
  }

  private static func schema(_ schema: JSONValue, _ writer: inout ProtobufWriter) {
    writer.text(1, schema["$ref"])
    writer.text(2, schema["format"])
    writer.text(4, schema["description"])
    if let value = schema["default"] { writer.message(5) { $0.text(2, .string(value.text)) } }
    for name in schema["required"]?.arrayValue ?? [] { writer.text(19, name) }
    if let inner = schema["additionalProperties"] {
      writer.message(21) { $0.message(1) { self.schema(inner, &$0) } }
    }
    if let type = schema["type"] { writer.message(22) { $0.text(1, type) } }
    if let items = schema["items"] { writer.message(23) { $0.message(1) { self.schema(items, &$0) } } }
    if let properties = schema["properties"] { writer.message(25) { namedSchemas(properties, &$0) } }
    extensions(schema, 31, &writer)
  }

  /// Values of extensions are YAML texts, of which JSON is a part.
  private static func extensions(_ value: JSONValue, _ number: Int, _ writer: inout ProtobufWriter) {
    for (name, content) in value.objectValue ?? JSONObject() where name.hasPrefix("x-") {
      writer.message(number) { entry in
        entry.text(1, .string(name))
        entry.message(2) { $0.text(2, .string(content.text)) }
      }
    }
  }
}

/// Writes protobuf fields: those that are needed here.
private struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func key(_ number: Int, wireType: UInt64) { varint(UInt64(number) << 3 | wireType) }

  /// A string field, where there is a text that is not empty.
  mutating func text(_ number: Int, _ value: JSONValue?) {
    guard let text = value?.stringValue, !text.isEmpty else { return }
    key(number, wireType: 2)
    varint(UInt64(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }

  mutating func flag(_ number: Int, _ value: JSONValue?) {
    guard value == true else { return }
    key(number, wireType: 0)
    bytes.append(1)
  }

  mutating func message(_ number: Int, _ body: (inout ProtobufWriter) -> Void) {
    var inner = ProtobufWriter()
    body(&inner)
    key(number, wireType: 2)
    varint(UInt64(inner.bytes.count))
    bytes.append(contentsOf: inner.bytes)
  }
}
