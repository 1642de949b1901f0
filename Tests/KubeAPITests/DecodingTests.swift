import KubeAPI
import Testing

@Suite struct DecodingTests {
  let schema = Schema.builtin

  private func decode(_ name: String, _ text: String) throws -> Schema.Decoded {
    let message = try #require(schema.message(named: name))
    return try schema.decode(try JSONValue(parsing: text), as: message)
  }

  @Test func tellsUnknownFieldsAndDropsThem() throws {
    let decoded = try decode(
      "core.v1.Pod",
      #"{"apiVersion":"v1","kind":"Pod","foo":1,"metadata":{"name":"a","labels":{"x":"y"},"lables":{}},"spec":{"containers":[{"name":"c"},{"name":"d","imge":"x","ports":[{"containerPort":80,"prot":"TCP"}]}]}}"#
    )
    #expect(
      decoded.unknownFields == [
        "foo", "metadata.lables", "spec.containers[1].imge", "spec.containers[1].ports[0].prot",
      ])
    #expect(decoded.value["foo"] == nil)
    #expect(decoded.value[path: "metadata", "labels"] == ["x": "y"])
    let second = decoded.value[path: "spec", "containers"]?.arrayValue?[1]
    #expect(second == ["name": "d", "ports": [["containerPort": 80]]])
  }

  @Test func wordsComplaints() throws {
    let text = #"{"spec":{"replicas":1,"replicas":2,"foo":1},"data":[{"a":1,"a":2}]}"#
    let (value, duplicates) = try JSONValue.parsingStrictly(text.utf8)
    #expect(duplicates == ["spec.replicas", "data[0].a"])
    let message = try #require(schema.message(named: "apps.v1.Deployment"))
    let complaints = try schema.decode(value, as: message).complaints(duplicates: duplicates)
    #expect(
      complaints.prefix(3) == [
        "duplicate field \"spec.replicas\"", "duplicate field \"data[0].a\"", "unknown field \"spec.foo\"",
      ])
    let kind = GroupVersionKind(group: "apps", version: "v1", kind: "Deployment")
    #expect(
      Schema.DecodingError.strictRefusal(of: kind, complaints: ["unknown field \"spec.foo\""])
        == #"Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.foo""#
    )
  }

  @Test(arguments: [
    (
      "apps.v1.Deployment", #"{"spec":{"replicas":"3"}}"#,
      "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
    ),
    (
      "apps.v1.Deployment", #"{"spec":{"template":{"spec":{"containers":[{"env":[{"value":1}]}]}}}}"#,
      "json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string"
    ),
    (
      "core.v1.ConfigMap", #"{"data":{"a":1}}"#,
      "json: cannot unmarshal number into Go struct field ConfigMap.data of type string"
    ),
    (
      "core.v1.Pod", #"{"spec":{"containers":{}}}"#,
      "json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container"
    ),
    (
      "core.v1.Pod", #"{"metadata":{"labels":[]}}"#,
      "json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string"
    ),
    (
      "core.v1.Pod", #"{"spec":{"priority":3000000000}}"#,
      "json: cannot unmarshal number 3000000000 into Go struct field PodSpec.spec.priority of type int32"
    ),
    (
      "core.v1.Pod", #"{"spec":{"hostNetwork":"yes"}}"#,
      "json: cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool"
    ),
    ("core.v1.Pod", "[]", "json: cannot unmarshal array into Go value of type v1.Pod"),
    (
      "core.v1.Pod", #"{"spec":{"containers":[{"resources":{"limits":{"cpu":"lots"}}}]}}"#,
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    ),
    ("core.v1.Secret", #"{"data":{"a":"b!"}}"#, "illegal base64 data at input byte 1"),
    (
      "core.v1.Pod", #"{"metadata":{"creationTimestamp":"now"}}"#,
      #"parsing time "now" as "2006-01-02T15:04:05Z07:00": cannot parse "now" as "2006""#
    ),
    (
      "core.v1.Service", #"{"spec":{"ports":[{"targetPort":true}]}}"#,
      "json: cannot unmarshal bool into Go value of type int32"
    ),
  ])
  func wordsWrongTypes(name: String, text: String, message: String) throws {
    let error = #expect(throws: Schema.DecodingError.self) { try decode(name, text) }
    #expect(error?.message == message)
  }

  @Test func nullsAreAbsentAndTimesCanonical() throws {
    let decoded = try decode(
      "core.v1.Pod",
      #"{"metadata":{"creationTimestamp":null,"deletionTimestamp":"2026-01-02T05:04:05.5+02:00"},"status":null,"spec":{"containers":[{"args":[null,"a"],"resources":{"limits":{"cpu":2}}}]}}"#
    )
    #expect(decoded.value["metadata"] == ["deletionTimestamp": "2026-01-02T03:04:05Z"])
    #expect(decoded.value["status"] == nil)
    let container = decoded.value[path: "spec", "containers"]?.arrayValue?.first
    #expect(container == ["args": ["", "a"], "resources": ["limits": ["cpu": "2"]]])
    #expect(decoded.unknownFields.isEmpty)
  }
}
