import KubeAPI
import Testing

@Suite struct OpenAPITests {
  let openAPI = OpenAPI(version: "v1.36.0")

  @Test func index() {
    let index = openAPI.index { _ in "abc" }
    let url = index["paths"]?["apis/apps/v1"]?["serverRelativeURL"]
    #expect(url == "/openapi/v3/apis/apps/v1?hash=abc")
    #expect(index["paths"]?["api/v1"] != nil)
  }

  @Test func version3() throws {
    let document = try #require(openAPI.v3(GroupVersion(group: "apps", version: "v1")))
    let schemas = try #require(document[path: "components", "schemas"])
    let deployment = try #require(schemas["io.k8s.api.apps.v1.Deployment"])
    #expect(
      deployment["x-kubernetes-group-version-kind"] == [["group": "apps", "version": "v1", "kind": "Deployment"]])
    #expect(deployment["description"]?.stringValue?.isEmpty == false)
    let podSpec = try #require(schemas["io.k8s.api.core.v1.PodSpec"])
    let containers = try #require(podSpec[path: "properties", "containers"])
    #expect(containers["x-kubernetes-patch-merge-key"] == "name")
    #expect(containers["x-kubernetes-patch-strategy"] == "merge")
    #expect(containers["x-kubernetes-list-map-keys"] == ["name"])
    let reference: JSONValue = ["allOf": [["$ref": "#/components/schemas/io.k8s.api.core.v1.Container"]]]
    #expect(containers["items"] == reference)
    let patch = document["paths"]?["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]?["patch"]
    let names = patch?["parameters"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
    #expect(names.contains("dryRun") && names.contains("fieldValidation"))
    #expect(patch?["x-kubernetes-group-version-kind"]?["kind"] == "Deployment")
    #expect(patch?["x-kubernetes-action"] == "patch")
    #expect(openAPI.v3(GroupVersion(group: "batch", version: "v1")) == nil)
  }

  @Test func version2() throws {
    let document = openAPI.v2()
    let definitions = try #require(document["definitions"])
    let template = definitions["io.k8s.api.core.v1.PodTemplateSpec"]?[path: "properties", "spec"]
    #expect(template?["$ref"] == "#/definitions/io.k8s.api.core.v1.PodSpec")
    #expect(document["paths"]?["/api/v1/namespaces/{namespace}/pods"]?[path: "post", "x-kubernetes-action"] == "post")
    #expect(document["paths"]?["/api/v1/pods"]?["get"] != nil)
  }

  /// Every reference leads to a definition, and no operation has the name of another.
  @Test func isClosed() throws {
    var documents = Schema.builtin.groupVersions.compactMap { openAPI.v3($0) }
    documents.append(openAPI.v2())
    for document in documents {
      var references: Set<String> = []
      var operations: [String] = []
      func walk(_ value: JSONValue) {
        switch value {
        case .object(let object):
          for (key, member) in object {
            if key == "$ref", let text = member.stringValue { references.insert(text) }
            if key == "operationId", let text = member.stringValue { operations.append(text) }
            walk(member)
          }
        case .array(let elements): elements.forEach(walk)
        default: break
        }
      }
      walk(document)
      #expect(!references.isEmpty)
      for reference in references {
        var value: JSONValue? = document
        for part in reference.split(separator: "/").dropFirst() { value = value?[String(part)] }
        #expect(value != nil, "\(reference)")
      }
      #expect(Set(operations).count == operations.count)
    }
  }

  /// The protobuf form has the same definitions and paths as the JSON form.
  @Test func protobufForm() throws {
    let fields = try Self.fields(openAPI.v2Protobuf()[...])
    #expect(fields.first { $0.number == 1 }.map { String(decoding: $0.content, as: UTF8.self) } == "2.0")
    func names(_ number: Int, _ entry: Int) throws -> [String] {
      let outer = try #require(fields.first { $0.number == number })
      return try Self.fields(outer.content).filter { $0.number == entry }.map { field in
        let name = try #require(try Self.fields(field.content).first { $0.number == 1 })
        return String(decoding: name.content, as: UTF8.self)
      }
    }
    let document = openAPI.v2()
    #expect(try names(8, 2) == document["paths"]?.objectValue?.keys)
    #expect(try names(9, 1) == document["definitions"]?.objectValue?.keys)
  }

  private struct BrokenProtobuf: Error {}

  /// The length-delimited and varint fields of a protobuf message.
  private static func fields(_ bytes: ArraySlice<UInt8>) throws -> [(number: Int, content: ArraySlice<UInt8>)] {
    var rest = bytes
    func varint() throws -> Int {
      var value = 0
      var shift = 0
      while let byte = rest.popFirst() {
        value |= Int(byte & 0x7F) << shift
        if byte < 0x80 { return value }
        shift += 7
      }
      throw BrokenProtobuf()
    }
    var found: [(number: Int, content: ArraySlice<UInt8>)] = []
    while !rest.isEmpty {
      let key = try varint()
      switch key & 7 {
      case 0: found.append((key >> 3, [UInt8(try varint())]))
      case 2:
        let length = try varint()
        guard length <= rest.count else { throw BrokenProtobuf() }
        found.append((key >> 3, rest.prefix(length)))
        rest = rest.dropFirst(length)
      default: throw BrokenProtobuf()
      }
    }
    return found
  }
}
