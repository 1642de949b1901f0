import KubeAPI
import Testing

@testable import Control

/// Creating, reading, changing and deleting objects.
@Suite struct ObjectTests {
  static let maps = "/api/v1/namespaces/default/configmaps"
  static let pods = "/api/v1/namespaces/default/pods"

  @Test func createFillsInWhatTheServerKnows() async throws {
    try await TestAPIServer.with { api in
      let made = try await api.send("POST", Self.maps, TestAPIServer.configMap("a", ["k": "v"]))
      #expect(made.status == 201)
      #expect(made.json["kind"] == "ConfigMap" && made.json["apiVersion"] == "v1")
      let metadata = ObjectMeta(json: made.json["metadata"] ?? [:])
      #expect(metadata.namespace == "default")
      #expect(metadata.uid?.count == 36)
      #expect(metadata.creationTimestamp != nil)
      #expect(metadata.resourceVersion.flatMap { Int64($0) } ?? 0 > 0)
      let read = try await api.send("GET", Self.maps + "/a")
      #expect(read.json == made.json)
      let again = try await api.send("POST", Self.maps, TestAPIServer.configMap("a"))
      #expect(again.status == 409)
      #expect(again.json["reason"] == "AlreadyExists")
      #expect(again.json["message"] == #"configmaps "a" already exists"#)
      #expect(again.json["details"] == ["name": "a", "kind": "configmaps"])
    }
  }

  @Test func generatedNamesDiffer() async throws {
    try await TestAPIServer.with { api in
      var names: Set<String> = []
      for _ in 0..<5 {
        var map = TestAPIServer.configMap("x")
        map["metadata"] = ["generateName": "map-"]
        let made = try await api.send("POST", Self.maps, map)
        #expect(made.status == 201)
        names.insert(made.json[path: "metadata", "name"]?.stringValue ?? "")
      }
      #expect(names.count == 5)
      #expect(names.allSatisfy { $0.hasPrefix("map-") && $0.count == 9 })
    }
  }

  @Test func whatIsMissingIsNotFound() async throws {
    try await TestAPIServer.with { api in
      let missing = try await api.send("GET", "/apis/apps/v1/namespaces/default/deployments/web")
      #expect(missing.status == 404)
      #expect(missing.json["message"] == #"deployments.apps "web" not found"#)
      #expect(missing.json["details"] == ["name": "web", "group": "apps", "kind": "deployments"])
      for path in ["/api/v1/nothing", "/apis/none/v1/x", "/nothing", "/api/v1/namespaces/default/pods/x/nothing"] {
        let answer = try await api.send("GET", path)
        #expect(answer.status == 404, "\(path)")
        #expect(answer.json["message"] == "the server could not find the requested resource")
      }
      let namespace = try await api.send("POST", "/api/v1/namespaces/none/configmaps", TestAPIServer.configMap("a"))
      #expect(namespace.status == 404)
      #expect(namespace.json["message"] == #"namespaces "none" not found"#)
    }
  }

  @Test func updatesNeedTheNewestVersion() async throws {
    try await TestAPIServer.with { api in
      let made = try await api.send("POST", Self.maps, TestAPIServer.configMap("a", ["k": "1"]))
      var changed = made.json
      changed["data"] = ["k": "2"]
      let updated = try await api.send("PUT", Self.maps + "/a", changed)
      #expect(updated.status == 200)
      #expect(updated.json[path: "metadata", "uid"] == made.json[path: "metadata", "uid"])
      #expect(updated.json[path: "metadata", "resourceVersion"] != made.json[path: "metadata", "resourceVersion"])
      let stale = try await api.send("PUT", Self.maps + "/a", changed)
      #expect(stale.status == 409)
      #expect(
        stale.json["message"]
          == "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes to the latest version and try again"
      )
      // Without a version the update is unconditional; without a change nothing is written.
      changed["metadata"]?["resourceVersion"] = nil
      let same = try await api.send("PUT", Self.maps + "/a", changed)
      #expect(same.json == updated.json)
      let other = try await api.send("PUT", Self.maps + "/b", changed)
      #expect(other.status == 400)
      #expect(
        other.json["message"] == "the name of the object (a) does not match the name on the URL (b)")
    }
  }

  @Test func generationCountsChangesOfTheSpecification() async throws {
    try await TestAPIServer.with { api in
      let path = "/apis/apps/v1/namespaces/default/deployments"
      let deployment: JSONValue = [
        "metadata": ["name": "web"],
        "spec": [
          "selector": ["matchLabels": ["app": "web"]],
          "template": [
            "metadata": ["labels": ["app": "web"]], "spec": ["containers": [["name": "a", "image": "b"]]],
          ],
        ],
      ]
      let made = try await api.send("POST", path, deployment)
      #expect(made.status == 201, "\(made.text)")
      #expect(made.json[path: "metadata", "generation"] == 1)
      #expect(made.json[path: "spec", "replicas"] == 1)
      let merge = "application/merge-patch+json"
      let label = try await api.send("PATCH", path + "/web", ["metadata": ["labels": ["a": "b"]]], type: merge)
      #expect(label.json[path: "metadata", "generation"] == 1)
      let scaled = try await api.send("PATCH", path + "/web", ["spec": ["replicas": 3]], type: merge)
      #expect(scaled.json[path: "metadata", "generation"] == 2)
      let status = try await api.send(
        "PATCH", path + "/web/status", ["status": ["replicas": 2, "observedGeneration": 2], "spec": ["replicas": 9]],
        type: merge)
      #expect(status.json[path: "metadata", "generation"] == 2)
      #expect(status.json[path: "status", "replicas"] == 2)
      #expect(status.json[path: "spec", "replicas"] == 3)
      let kept = try await api.send("PATCH", path + "/web", ["status": ["replicas": 7]], type: merge)
      #expect(kept.json[path: "status", "replicas"] == 2)
      let scale = try await api.send("GET", path + "/web/scale")
      #expect(scale.json["kind"] == "Scale")
      #expect(scale.json[path: "status", "selector"] == "app=web")
      let set = try await api.send("PATCH", path + "/web/scale", ["spec": ["replicas": 5]], type: merge)
      #expect(set.status == 200, "\(set.text)")
      #expect(set.json[path: "spec", "replicas"] == 5)
      #expect(try await api.send("GET", path + "/web").json[path: "metadata", "generation"] == 3)
    }
  }

  @Test func patchesOfEveryKind() async throws {
    try await TestAPIServer.with { api in
      _ = try await api.send("POST", Self.maps, TestAPIServer.configMap("a", ["k": "1", "l": "2"]))
      let merged = try await api.send(
        "PATCH", Self.maps + "/a", ["data": ["k": nil, "m": "3"]], type: "application/merge-patch+json")
      #expect(merged.json["data"] == ["l": "2", "m": "3"])
      let patched = try await api.send(
        "PATCH", Self.maps + "/a", [["op": "replace", "path": "/data/l", "value": "x"]],
        type: "application/json-patch+json")
      #expect(patched.json[path: "data", "l"] == "x")
      let refused = try await api.send(
        "PATCH", Self.maps + "/a", [["op": "test", "path": "/data/l", "value": "y"]],
        type: "application/json-patch+json")
      #expect(refused.status == 422)
      _ = try await api.send("POST", Self.pods, TestAPIServer.pod("p"))
      let strategic = try await api.send(
        "PATCH", Self.pods + "/p", ["spec": ["containers": [["name": "main", "image": "image:2"]]]],
        type: "application/strategic-merge-patch+json")
      #expect(strategic.status == 200, "\(strategic.text)")
      #expect(strategic.json[path: "spec", "containers"]?.arrayValue?.first?["image"] == "image:2")
      let stale = try await api.send(
        "PATCH", Self.maps + "/a", ["metadata": ["resourceVersion": "1"], "data": ["l": "z"]],
        type: "application/merge-patch+json")
      #expect(stale.status == 409)
      let unknown = try await api.send("PATCH", Self.maps + "/a", [:], type: "application/json")
      #expect(unknown.status == 415)
    }
  }

  @Test func dryRunsLeaveNoTrace() async throws {
    try await TestAPIServer.with { api in
      let made = try await api.send("POST", Self.maps + "?dryRun=All", TestAPIServer.configMap("a"))
      #expect(made.status == 201)
      #expect(try await api.send("GET", Self.maps + "/a").status == 404)
      _ = try await api.send("POST", Self.maps, TestAPIServer.configMap("a", ["k": "1"]))
      let revision = try await api.store.currentRevision()
      let patched = try await api.send(
        "PATCH", Self.maps + "/a?dryRun=All", ["data": ["k": "2"]], type: "application/merge-patch+json")
      #expect(patched.json[path: "data", "k"] == "2")
      #expect(try await api.send("DELETE", Self.maps + "/a?dryRun=All").status == 200)
      #expect(try await api.store.currentRevision() == revision)
      #expect(try await api.send("POST", Self.maps + "?dryRun=Some", TestAPIServer.configMap("b")).status == 422)
    }
  }

  @Test func unknownFieldsAreRefusedWarnedOfOrIgnored() async throws {
    try await TestAPIServer.with { api in
      var map = TestAPIServer.configMap("a")
      map["colour"] = "red"
      let strict = try await api.send("POST", Self.maps + "?fieldValidation=Strict", map)
      #expect(strict.status == 400)
      #expect(
        strict.json["message"]
          == #"ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "colour""#
      )
      let warned = try await api.send("POST", Self.maps + "?fieldValidation=Warn", map)
      #expect(warned.status == 201)
      #expect(warned.header("warning") == #"299 - "unknown field \"colour\"""#)
      #expect(warned.json["colour"] == nil)
      map["metadata"]?["name"] = "b"
      let ignored = try await api.send("POST", Self.maps + "?fieldValidation=Ignore", map)
      #expect(ignored.status == 201 && ignored.header("warning") == nil)
    }
  }

  @Test func invalidObjectsTellTheField() async throws {
    try await TestAPIServer.with { api in
      var pod = TestAPIServer.pod("p")
      pod["spec"]?["containers"] = [["name": "A B", "image": "x"]]
      let answer = try await api.send("POST", Self.pods, pod)
      #expect(answer.status == 422)
      #expect(answer.json["reason"] == "Invalid")
      let cause = answer.json[path: "details", "causes"]?.arrayValue?.first
      #expect(cause?["field"] == "spec.containers[0].name")
      #expect(cause?["reason"] == "FieldValueInvalid")
      #expect(answer.json["message"]?.stringValue?.hasPrefix(#"Pod "p" is invalid: spec.containers[0].name"#) ?? false)
      let mismatch = try await api.send("POST", Self.pods, TestAPIServer.configMap("c"))
      #expect(mismatch.status == 400)
      let wrongType = try await api.send(
        "POST", Self.pods, ["metadata": ["name": "x"], "spec": ["containers": "none"]])
      #expect(wrongType.status == 400)
    }
  }

  @Test func malformedBodiesAreRefused() async throws {
    try await TestAPIServer.with { api in
      for body in ["", "{", "[]", "null", "\"x\"", "{\"metadata\":1}", "{\"a\":\u{1}}"] {
        let answer = try await api.send("POST", Self.maps, raw: Array(body.utf8))
        #expect(answer.status == 400, "\(body)")
        #expect(answer.json["kind"] == "Status" && answer.json["reason"] == "BadRequest", "\(body)")
      }
      #expect(try await api.send("POST", Self.maps, [:], type: "text/html").status == 415)
      #expect(try await api.send("GET", Self.maps, accept: "text/html").status == 406)
      #expect(try await api.send("GET", Self.maps + "?labelSelector=a%20b").status == 400)
      #expect(try await api.send("GET", Self.maps + "?fieldSelector=spec.x=1").status == 400)
      #expect(try await api.send("GET", Self.maps + "?limit=x").status == 400)
      #expect(try await api.send("GET", Self.maps + "?continue=%25%25").status == 400)
      #expect(try await api.send("OPTIONS", Self.maps).status == 405)
      #expect(try await api.send("DELETE", "/api/v1/namespaces").status == 405)
      let deep = String(repeating: "{\"a\":", count: 100_000)
      #expect(try await api.send("POST", Self.maps, raw: Array(deep.utf8)).status == 400)
    }
  }

  @Test func yamlAndProtobufAreReadToo() async throws {
    try await TestAPIServer.with { api in
      let yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata:\n  k: \"1\"\n"
      let made = try await api.send(
        "POST", Self.maps, type: "application/yaml", accept: "application/yaml", raw: Array(yaml.utf8))
      #expect(made.status == 201)
      #expect(made.header("content-type") == "application/yaml")
      #expect(made.text.contains("kind: ConfigMap"))
      // k8s\0, Unknown{TypeMeta{v1, ConfigMap}, raw: ConfigMap{metadata{name: p, generateName: ""}, data{k: v}}}
      let object: [UInt8] = [0x0A, 5, 0x0A, 1, 0x70, 0x12, 0, 0x12, 6, 0x0A, 1, 0x6B, 0x12, 1, 0x76]
      let type: [UInt8] = [0x0A, 2, 0x76, 0x31, 0x12, 9] + Array("ConfigMap".utf8)
      let envelope: [UInt8] =
        [0x6B, 0x38, 0x73, 0, 0x0A, UInt8(type.count)] + type + [0x12, UInt8(object.count)] + object
      let binary = try await api.send(
        "POST", Self.maps, type: "application/vnd.kubernetes.protobuf",
        accept: "application/vnd.kubernetes.protobuf,application/json", raw: envelope)
      #expect(binary.status == 201, "\(binary.text)")
      #expect(binary.json["data"] == ["k": "v"])
      #expect(binary.json[path: "metadata", "generateName"] == nil)
      for length in 0..<envelope.count {
        let broken = try await api.send(
          "POST", Self.maps, type: "application/vnd.kubernetes.protobuf", raw: Array(envelope[..<length]))
        #expect(broken.status == 400 || broken.status == 422 || broken.status == 409, "\(length): \(broken.text)")
      }
    }
  }

  @Test func accessIsForThoseWhoAreKnown() async throws {
    try await TestAPIServer.with { api in
      let denied = try await api.send("GET", Self.pods, as: .anonymous)
      #expect(denied.status == 403)
      #expect(
        denied.json["message"]
          == #"pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" in the namespace "default""#
      )
      #expect(try await api.send("GET", "/version", as: .anonymous).status == 200)
      #expect(try await api.send("GET", "/readyz", as: .anonymous).status == 200)
      #expect(try await api.send("GET", "/api", as: .anonymous).status == 403)
      #expect(try await api.send("GET", "/metrics", as: .anonymous).status == 403)
      let stranger = User(name: "eve", groups: ["system:authenticated"])
      #expect(try await api.send("GET", Self.pods, as: stranger).status == 403)
      #expect(try await api.send("GET", "/apis", as: stranger).status == 200)
      let node = User(name: "system:node:a", groups: ["system:nodes", "system:authenticated"])
      #expect(try await api.send("GET", Self.pods, as: node).status == 200)
      let review = try await api.send(
        "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        ["spec": ["resourceAttributes": ["verb": "list", "resource": "pods"]]])
      #expect(review.json[path: "status", "allowed"] == true)
    }
  }
}
