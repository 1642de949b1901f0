import Foundation
import KubeAPI
import Testing

/// Where the tables of facts are: in the folder that `SKIFF_FACTS` names, or beside the repository.
enum Facts {
  static let folder: String? = [ProcessInfo.processInfo.environment["SKIFF_FACTS"], "../shared/facts"]
    .compactMap { $0 }
    .first { FileManager.default.fileExists(atPath: $0 + "/kubernetes-fields.tsv") }
}

/// Compares the schema with tables of facts about the API, where they are at hand.
@Suite(.enabled(if: Facts.folder != nil, "there are no tables of facts: SKIFF_FACTS names their folder"))
struct SchemaFactsTests {
  private func rows(_ name: String) throws -> [[String: String]] {
    let folder = try #require(Facts.folder)
    let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
    let lines = text.split(separator: "\n").map { $0.components(separatedBy: "\t") }
    let header = try #require(lines.first)
    return lines.dropFirst().map { line in Dictionary(uniqueKeysWithValues: zip(header, line)) }
  }

  @Test func fieldsAgree() throws {
    let schema = Schema.builtin
    var seen: [String: Set<String>] = [:]
    for row in try rows("kubernetes-fields.tsv") {
      let full = row["message", default: ""]
      let parts = full.split(separator: ".")
      guard parts.count >= 3, full.hasPrefix("k8s.io.api.") || full.contains(".apis.meta.v1.") else { continue }
      let name = parts.suffix(3).joined(separator: ".")
      guard let message = schema.message(named: name) else { continue }
      let fieldName = row["field", default: ""]
      seen[name, default: []].insert(fieldName)
      let field = try #require(message.definedFields.first { $0.name == fieldName }, "\(name).\(fieldName)")
      #expect(String(field.number) == row["number"], "\(name).\(fieldName)")
      #expect(field.isRequired == (row["required"] == "required"), "\(name).\(fieldName)")
      #expect(field.isInline == (row["note"] == "inline"), "\(name).\(fieldName)")
      #expect(field.isHidden == (row["note"] == "not-in-openapi"), "\(name).\(fieldName)")
      #expect(field.patchMergeKey ?? "" == row["patch_merge_key"], "\(name).\(fieldName)")
      #expect(
        field.patchStrategy
          == Set(
            row["patch_strategy", default: ""].split(separator: ",").compactMap {
              Schema.Field.PatchStrategy(rawValue: String($0))
            }), "\(name).\(fieldName)")
      #expect(field.isAtomicMap == (row["map_type"] == "atomic"), "\(name).\(fieldName)")
      let expected: Schema.Field.ListType? =
        switch row["list_type"] {
        case "atomic": .atomic
        case "set": .set
        case "map": .map(keys: row["list_map_keys", default: ""].split(separator: ",").map(String.init))
        default: nil
        }
      #expect(field.listType == expected, "\(name).\(fieldName)")
      let type = row["type", default: ""]
      let shape: Schema.Field.Shape = type.hasPrefix("map<") ? .map : row["label"] == "repeated" ? .list : .one
      #expect(field.shape == shape, "\(name).\(fieldName)")
      let inner = type.hasPrefix("map<string, ") ? String(type.dropFirst(12).dropLast()) : type
      #expect(typeName(field, schema) == inner.split(separator: ".").last.map(String.init), "\(name).\(fieldName)")
    }
    #expect(seen.count > 200)
    for message in schema.messages {
      #expect(Set(message.definedFields.map(\.name)) == seen[message.name, default: []], "\(message.name)")
    }
  }

  private func typeName(_ field: Schema.Field, _ schema: Schema) -> String? {
    switch field.kind {
    case .string: "string"
    case .int32: "int32"
    case .int64: "int64"
    case .bool: "bool"
    case .bytes: "bytes"
    case .double: "double"
    case .quantity: "Quantity"
    case .intOrString: "IntOrString"
    case .time: "Time"
    case .microTime: "MicroTime"
    case .any: "RawExtension"
    case .fieldsV1: "FieldsV1"
    case .message: schema.message(field.kind)?.shortName
    }
  }

  @Test func resourcesAgree() throws {
    let table = try rows("kubernetes-resources.tsv")
    for resource in Schema.builtin.resources {
      let groupVersion = resource.groupVersion.description
      func row(_ name: String) -> [String: String]? {
        table.first { $0["group_version"] == groupVersion && $0["resource"] == name }
      }
      let fact = try #require(row(resource.name), "\(resource.name)")
      #expect(fact["kind"] == resource.kind)
      #expect(fact["singular"] == resource.singular)
      #expect(fact["scope"] == (resource.isNamespaced ? "Namespaced" : "Cluster"))
      #expect(fact["verbs"] == resource.verbs.joined(separator: ","), "\(resource.name)")
      #expect(fact["short_names"] == resource.shortNames.joined(separator: ","), "\(resource.name)")
      #expect(fact["categories"] == resource.categories.joined(separator: ","), "\(resource.name)")
      for subresource in resource.subresources {
        let fact = try #require(row("\(resource.name)/\(subresource.name)"))
        #expect(fact["kind"] == subresource.groupVersionKind.kind)
        #expect(fact["verbs"] == subresource.verbs.joined(separator: ","), "\(resource.name)/\(subresource.name)")
        let owner = subresource.groupVersionKind.groupVersion.description
        #expect(fact["response_gv"] == (owner == groupVersion ? "" : owner))
      }
    }
  }
}
