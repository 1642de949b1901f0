import KubeAPI
import Testing

@Suite struct ApplyTests {
  let schema = Schema.builtin
  let now = Time(seconds: 1_000_000)

  private func message(_ name: String) throws -> Schema.Message { try #require(schema.message(named: name)) }

  private func apply(
    _ text: String, to live: JSONValue?, as manager: String = "a", force: Bool = false
  ) throws -> JSONValue {
    try schema.applying(
      configuration: try JSONValue(parsing: text), to: live, as: try message("apps.v1.Deployment"),
      manager: FieldManager(manager), force: force, now: now)
  }

  private func update(_ new: JSONValue, from old: JSONValue?, by manager: String) throws -> JSONValue {
    schema.recordingUpdate(
      of: new, from: old, as: try message("apps.v1.Deployment"), manager: FieldManager(manager), now: now)
  }

  static let web =
    #"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","labels":{"app":"web"}},"spec":{"replicas":3,"template":{"spec":{"containers":[{"name":"c","image":"i:1","args":["x"],"ports":[{"containerPort":80}]}]}}}}"#

  @Test func recordsWhatWasApplied() throws {
    let object = try apply(Self.web, to: nil)
    let entry = try #require(object[path: "metadata", "managedFields"]?.arrayValue?.first)
    #expect(entry["manager"] == "a")
    #expect(entry["operation"] == "Apply")
    #expect(entry["apiVersion"] == "apps/v1")
    let expected = try JSONValue(
      parsing:
        #"{"f:metadata":{"f:labels":{"f:app":{}}},"f:spec":{"f:replicas":{},"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:args":{},"f:image":{},"f:name":{},"f:ports":{"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{}}}}}}}}}"#
    )
    #expect(entry["fieldsV1"] == expected, "\(entry["fieldsV1"]?.text ?? "")")
    #expect(FieldSet(fieldsV1: expected).fieldsV1 == expected)
    // Applying the same again changes nothing.
    #expect(try apply(Self.web, to: object) == object)
  }

  @Test func takesAwayWhatIsNoLongerSaid() throws {
    let first = try apply(Self.web, to: nil)
    let second = try apply(
      #"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"template":{"spec":{"containers":[{"name":"d","image":"j"}]}}}}"#,
      to: first)
    #expect(second[path: "metadata", "labels"]?.objectValue?.isEmpty ?? true)
    #expect(second[path: "spec", "replicas"] == nil)
    #expect(second[path: "spec", "template", "spec", "containers"] == [["name": "d", "image": "j"]])
  }

  @Test func refusesToTakeFromOthers() throws {
    let first = try apply(Self.web, to: nil)
    let other = #"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":5}}"#
    let error = #expect(throws: ApplyConflicts.self) { try apply(other, to: first, as: "b") }
    #expect(
      error?.description == #"Apply failed with 1 conflict: conflict with "a" using apps/v1: .spec.replicas"#)
    #expect(error?.causes.first?["reason"] == "FieldManagerConflict")
    let forced = try apply(other, to: first, as: "b", force: true)
    #expect(forced[path: "spec", "replicas"] == 5)
    // It is b's now: a has to force in its turn.
    #expect(throws: ApplyConflicts.self) { try apply(Self.web, to: forced) }
    // The same value is shared, and stays when one of the two leaves it out.
    let same = #"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":3}}"#
    let shared = try apply(same, to: first, as: "b")
    let without = Self.web.split(separator: #""replicas":3,"#).joined()
    #expect(try apply(without, to: shared)[path: "spec", "replicas"] == 3)
  }

  @Test func mergesListsByKey() throws {
    let first = try apply(Self.web, to: nil)
    let sidecar =
      #"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"template":{"spec":{"containers":[{"name":"s","image":"k"}]}}}}"#
    let both = try apply(sidecar, to: first, as: "b")
    let names = both[path: "spec", "template", "spec", "containers"]?.arrayValue?.compactMap { $0["name"]?.stringValue }
    #expect(names == ["c", "s"])
    let gone = try apply(
      #"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"}}"#, to: both, as: "b")
    #expect(gone[path: "spec", "template", "spec", "containers"]?.arrayValue?.count == 1)
    #expect(gone[path: "metadata", "managedFields"]?.arrayValue?.count == 1)
  }

  @Test func updatesTakeWhatTheyChange() throws {
    let first = try apply(Self.web, to: nil)
    var changed = first
    changed["spec"]?["replicas"] = 7
    changed["spec"]?["paused"] = true
    let second = try update(changed, from: first, by: "kubectl-scale")
    let entries = try #require(second[path: "metadata", "managedFields"]?.arrayValue)
    #expect(entries.count == 2)
    #expect(entries[1]["operation"] == "Update")
    #expect(entries[1]["fieldsV1"] == ["f:spec": ["f:paused": [:], "f:replicas": [:]]])
    #expect(entries[0]["fieldsV1"]?["f:spec"]?["f:replicas"] == nil)
    let error = #expect(throws: ApplyConflicts.self) { try apply(Self.web, to: second) }
    #expect(error?.conflicts.map(\.manager) == ["kubectl-scale"])
    // Nothing changed: nothing to record.
    #expect(try update(second, from: second, by: "x") == second)
  }

  @Test func setsAndAtomics() throws {
    let pod = try message("core.v1.Pod")
    let configuration: JSONValue = [
      "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p", "finalizers": ["x/a"]],
      "spec": ["nodeSelector": ["a": "b"], "tolerations": [["key": "k"]]],
    ]
    let live: JSONValue = [
      "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p", "finalizers": ["x/b"]],
      "spec": ["nodeSelector": ["c": "d"]],
    ]
    let result = try schema.applying(
      configuration: configuration, to: live, as: pod, manager: FieldManager("m"), force: false, now: now)
    #expect(result[path: "metadata", "finalizers"] == ["x/b", "x/a"])
    #expect(result[path: "spec", "nodeSelector"] == ["a": "b"])
    let fields = result[path: "metadata", "managedFields"]?.arrayValue?.first?["fieldsV1"]
    let expected: JSONValue = [
      "f:metadata": ["f:finalizers": [#"v:"x/a""#: [:]]], "f:spec": ["f:nodeSelector": [:], "f:tolerations": [:]],
    ]
    #expect(fields == expected)
  }
}
