/// Reads the text of the schema's definitions. See the README of this module for the format.
struct SchemaDefinitionParser {
  private struct RawField {
    var field: Schema.Field
    var typeName: String
    var line: String
  }

  private var names: [String] = []
  private var bareLists: [Bool] = []
  private var rawFields: [[RawField]] = []
  private var positions: [String: Int] = [:]

  private static let scalars: [String: Schema.Field.Kind] = [
    "string": .string, "int32": .int32, "int64": .int64, "bool": .bool, "bytes": .bytes, "double": .double,
    "Quantity": .quantity, "IntOrString": .intOrString, "Time": .time, "MicroTime": .microTime, "RawExtension": .any,
    "FieldsV1": .fieldsV1,
  ]

  mutating func parsePackage(_ text: String) throws(SchemaDefinitionError) {
    var package = ""
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard let first = words.first else { continue }
      if !line.hasPrefix(" ") {
        guard words.count == 2 || words.count == 3 && words[2] == "bare" else {
          throw Self.error(line, "a word and a name were expected")
        }
        switch first {
        case "package": package = String(words[1])
        case "message":
          let name = "\(package).\(words[1])"
          guard positions[name] == nil else { throw Self.error(line, "the message is there already") }
          positions[name] = names.count
          names.append(name)
          bareLists.append(words.count == 3)
          rawFields.append([])
        default: throw Self.error(line, "`package` or `message` was expected")
        }
        continue
      }
      guard !rawFields.isEmpty else { throw Self.error(line, "a field stands before any message") }
      rawFields[rawFields.count - 1].append(try Self.field(words, line, package))
    }
  }

  private static func error(_ line: Substring, _ message: String) -> SchemaDefinitionError {
    SchemaDefinitionError(line: String(line), message: message)
  }

  private static func field(
    _ words: [Substring], _ line: Substring, _ package: String
  ) throws(SchemaDefinitionError) -> RawField {
    guard words.count >= 3, let number = Int(words[1]) else { throw error(line, "name, number and type were expected") }
    var type = words[2]
    var shape = Schema.Field.Shape.one
    if type.hasPrefix("["), type.hasSuffix("]") {
      shape = .list
      type = type.dropFirst().dropLast()
    } else if type.hasPrefix("{"), type.hasSuffix("}") {
      shape = .map
      type = type.dropFirst().dropLast()
    }
    var field = Schema.Field(name: String(words[0]), number: number, shape: shape, kind: .any)
    for word in words.dropFirst(3) {
      let parts = word.split(separator: "=", maxSplits: 1)
      let value = parts.count > 1 ? parts[1] : ""
      switch parts[0] {
      case "required": field.isRequired = true
      case "inline": field.isInline = true
      case "not-in-openapi": field.isHidden = true
      case "list":
        if value == "atomic" {
          field.listType = .atomic
        } else if value == "set" {
          field.listType = .set
        } else if value.hasPrefix("map:") {
          field.listType = .map(keys: value.dropFirst(4).split(separator: ",").map(String.init))
        } else {
          throw error(line, "unknown list type")
        }
      case "map": field.isAtomicMap = value == "atomic"
      case "patch":
        let halves = value.split(separator: ":")
        for name in halves.first?.split(separator: ",") ?? [] {
          guard let strategy = Schema.Field.PatchStrategy(rawValue: String(name)) else {
            throw error(line, "unknown patch strategy")
          }
          field.patchStrategy.insert(strategy)
        }
        if halves.count > 1 { field.patchMergeKey = String(halves[1]) }
      case "default":
        do {
          field.defaultValue = try JSONValue(parsing: String(value))
        } catch {
          throw Self.error(line, "the default is no JSON: \(error)")
        }
      default: throw error(line, "unknown attribute \(word)")
      }
    }
    var typeName = String(type)
    if scalars[typeName] == nil {
      // `Name` is of the same package; `meta.Name` of version 1 of another.
      if let dot = typeName.firstIndex(of: ".") {
        typeName = "\(typeName[..<dot]).v1\(typeName[dot...])"
      } else {
        typeName = "\(package).\(typeName)"
      }
    }
    return RawField(field: field, typeName: typeName, line: String(line))
  }

  /// The messages, with all types found and inline fields laid out.
  func resolved() throws(SchemaDefinitionError) -> [Schema.Message] {
    var messages: [Schema.Message] = []
    messages.reserveCapacity(names.count)
    for (position, raw) in rawFields.enumerated() {
      var fields: [Schema.Field] = []
      for entry in raw {
        var field = entry.field
        if let scalar = Self.scalars[entry.typeName] {
          field.kind = scalar
        } else if let position = positions[entry.typeName] {
          field.kind = .message(position)
        } else {
          throw SchemaDefinitionError(line: entry.line, message: "there is no message \(entry.typeName)")
        }
        fields.append(field)
      }
      messages.append(
        Schema.Message(name: names[position], definedFields: fields, isBareList: bareLists[position]))
    }
    func layOut(_ position: Int, _ depth: Int) -> [Schema.Field] {
      var fields: [Schema.Field] = []
      for field in messages[position].definedFields where !field.isHidden {
        if field.isInline, depth < 8, case .message(let inner) = field.kind {
          fields += layOut(inner, depth + 1)
        } else {
          fields.append(field)
        }
      }
      return fields
    }
    let laidOut = messages.indices.map { layOut($0, 0) }
    for (position, fields) in laidOut.enumerated() { messages[position].fields = fields }
    return messages
  }

  func parseResources(_ text: String) throws(SchemaDefinitionError) -> [Schema.Resource] {
    var resources: [Schema.Resource] = []
    var groupVersion: GroupVersion?
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard let first = words.first else { continue }
      var attributes: [Substring: [String]] = [:]
      for word in words where word.contains("=") {
        let parts = word.split(separator: "=", maxSplits: 1)
        attributes[parts[0], default: []] += parts.count > 1 ? parts[1].split(separator: ",").map(String.init) : []
      }
      if first == "group" {
        guard words.count == 2, let parsed = GroupVersion(String(words[1])) else {
          throw Self.error(line, "a group version was expected")
        }
        groupVersion = parsed
        continue
      }
      guard let groupVersion else { throw Self.error(line, "a resource stands before any group") }
      if first.contains("=") {
        guard !resources.isEmpty else { throw Self.error(line, "attributes have no resource") }
        resources[resources.count - 1].selectableFields += attributes["select"] ?? []
        continue
      }
      let verbs = Self.verbs(attributes["verbs"] ?? ["all"])
      if first == "/" {
        guard words.count >= 3, !resources.isEmpty else { throw Self.error(line, "a subresource has no resource") }
        let owner = attributes["of"]?.first.flatMap { GroupVersion($0) } ?? groupVersion
        resources[resources.count - 1].subresources.append(
          Schema.Subresource(
            name: String(words[1]),
            groupVersionKind: GroupVersionKind(group: owner.group, version: owner.version, kind: String(words[2])),
            verbs: verbs))
        continue
      }
      guard words.count >= 4, first == "namespaced" || first == "cluster" else {
        throw Self.error(line, "`namespaced` or `cluster`, plural, singular and kind were expected")
      }
      var resource = Schema.Resource(
        group: groupVersion.group, version: groupVersion.version, name: String(words[1]), singular: String(words[2]),
        kind: String(words[3]), isNamespaced: first == "namespaced", verbs: verbs)
      resource.shortNames = attributes["short"] ?? []
      resource.categories = attributes["categories"] ?? []
      resource.selectableFields = ["metadata.name"] + (resource.isNamespaced ? ["metadata.namespace"] : [])
      resource.selectableFields += attributes["select"] ?? []
      resources.append(resource)
    }
    return resources
  }

  private static func verbs(_ words: [String]) -> [String] {
    words.flatMap { word in
      switch word {
      case "all": ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
      case "part": ["get", "patch", "update"]
      default: [word]
      }
    }
  }
}
