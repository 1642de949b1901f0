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
}
