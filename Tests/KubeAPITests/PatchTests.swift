import KubeAPI
import Testing

@Suite struct PatchTests {
  private func parsed(_ text: String) throws -> JSONValue { try JSONValue(parsing: text) }

  /// The examples of RFC 7386, appendix A.
  @Test(arguments: [
    (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
    (#"{"a":"b"}"#, #"{"a":null}"#, "{}"), (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
    (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
    (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
    (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#), (#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#),
    (#"{"a":"b"}"#, #"["c"]"#, #"["c"]"#), (#"{"a":"foo"}"#, "null", "null"), (#"{"a":"foo"}"#, #""bar""#, #""bar""#),
    (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#), ("[1,2]", #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
    ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
  ])
  func mergePatch(document: String, patch: String, result: String) throws {
    #expect(try parsed(document).applying(mergePatch: try parsed(patch)) == parsed(result))
  }

  @Test(arguments: [
    (#"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz","value":"qux"}]"#, #"{"baz":"qux","foo":"bar"}"#),
    (#"{"foo":["bar","baz"]}"#, #"[{"op":"add","path":"/foo/1","value":"qux"}]"#, #"{"foo":["bar","qux","baz"]}"#),
    (#"{"foo":["bar"]}"#, #"[{"op":"add","path":"/foo/-","value":["x"]}]"#, #"{"foo":["bar",["x"]]}"#),
    (#"{"baz":"qux","foo":"bar"}"#, #"[{"op":"remove","path":"/baz"}]"#, #"{"foo":"bar"}"#),
    (#"{"foo":[1,2,3]}"#, #"[{"op":"remove","path":"/foo/1"}]"#, #"{"foo":[1,3]}"#),
    (#"{"a":{"b":[{"c":1}]}}"#, #"[{"op":"replace","path":"/a/b/0/c","value":2}]"#, #"{"a":{"b":[{"c":2}]}}"#),
    (
      #"{"foo":{"bar":"baz","waldo":"fred"},"qux":{}}"#, #"[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]"#,
      #"{"foo":{"bar":"baz"},"qux":{"thud":"fred"}}"#
    ),
    (#"{"a":[1,2,3]}"#, #"[{"op":"move","from":"/a/0","path":"/a/2"}]"#, #"{"a":[2,3,1]}"#),
    (#"{"a":1}"#, #"[{"op":"copy","from":"/a","path":"/b"}]"#, #"{"a":1,"b":1}"#),
    (
      #"{"a/b":1,"m~n":2}"#, #"[{"op":"test","path":"/a~1b","value":1.0},{"op":"test","path":"/m~0n","value":2}]"#,
      #"{"a/b":1,"m~n":2}"#
    ),
    (#"{"~1":10}"#, #"[{"op":"test","path":"/~01","value":10}]"#, #"{"~1":10}"#),
    (#"{"a":1}"#, #"[{"op":"replace","path":"","value":[1]}]"#, "[1]"),
    (#"{"a":1}"#, #"[{"op":"test","path":"/b","value":null}]"#, #"{"a":1}"#),
  ])
  func jsonPatch(document: String, patch: String, result: String) throws {
    #expect(try JSONPatch(parsed(patch)).applied(to: parsed(document)) == parsed(result))
  }

  @Test(arguments: [
    #"[{"op":"remove","path":"/b"}]"#, #"[{"op":"replace","path":"/b","value":1}]"#,
    #"[{"op":"add","path":"/b/c","value":1}]"#, #"[{"op":"add","path":"/l/5","value":1}]"#,
    #"[{"op":"add","path":"/l/01","value":1}]"#, #"[{"op":"test","path":"/a","value":2}]"#,
    #"[{"op":"test","path":"/z","value":2}]"#, #"[{"op":"copy","from":"/z","path":"/a"}]"#,
    #"[{"op":"remove","path":"/l/-"}]"#, #"[{"op":"remove","path":""}]"#, #"[{"op":"move","from":"/l","path":"/l/0"}]"#,
  ])
  func jsonPatchDoesNotFit(patch: String) throws {
    let document = try parsed(#"{"a":1,"l":[1]}"#)
    let error = #expect(throws: PatchError.self) { try JSONPatch(parsed(patch)).applied(to: document) }
    #expect(error?.kind == .inapplicable)
  }

  @Test(arguments: [
    "{}", #"[{"op":"shout","path":"/a"}]"#, #"[{"op":"add","path":"/a"}]"#, #"[{"op":"add","value":1}]"#,
    #"[{"op":"add","path":"a","value":1}]"#, "[1]",
  ])
  func jsonPatchIsBroken(patch: String) throws {
    let error = #expect(throws: PatchError.self) { try JSONPatch(parsed(patch)) }
    #expect(error?.kind == .malformed)
  }

  private func strategic(_ name: String, _ document: String, _ patch: String) throws -> JSONValue {
    let message = try #require(Schema.builtin.message(named: name))
    return try Schema.builtin.applying(
      strategicMergePatch: try parsed(patch), to: try parsed(document), as: message)
  }

  static let containers = #"{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"1"}]}}"#

  @Test(arguments: [
    // Lists are merged by key; new elements go behind.
    (
      containers, #"{"spec":{"containers":[{"name":"b","image":"2"},{"name":"c"}]}}"#,
      #"{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"},{"name":"c"}]}}"#
    ),
    (
      containers, #"{"spec":{"containers":[{"name":"a","$patch":"delete"}]}}"#,
      #"{"spec":{"containers":[{"name":"b","image":"1"}]}}"#
    ),
    (
      containers, #"{"spec":{"containers":[{"name":"z"},{"$patch":"replace"}]}}"#,
      #"{"spec":{"containers":[{"name":"z"}]}}"#
    ),
    (containers, #"{"spec":{"$patch":"replace","nodeName":"n"}}"#, #"{"spec":{"nodeName":"n"}}"#),
    (containers, #"{"spec":{"$patch":"delete"}}"#, #"{"spec":{}}"#),
    (containers, #"{"spec":{"containers":null}}"#, #"{"spec":{}}"#),
    // The order is as the patch says.
    (
      containers,
      #"{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],"containers":[{"name":"b","image":"3"}]}}"#,
      #"{"spec":{"containers":[{"name":"b","image":"3"},{"name":"a","image":"1"}]}}"#
    ),
    (
      containers, #"{"spec":{"$setElementOrder/containers":[{"name":"c"},{"name":"b"}],"containers":[{"name":"c"}]}}"#,
      #"{"spec":{"containers":[{"name":"c"},{"name":"a","image":"1"},{"name":"b","image":"1"}]}}"#
    ),
    // Atomic lists and those without a strategy are replaced.
    (
      #"{"spec":{"containers":[{"name":"a","args":["x","y"]}]}}"#,
      #"{"spec":{"containers":[{"name":"a","args":["z"]}]}}"#, #"{"spec":{"containers":[{"name":"a","args":["z"]}]}}"#
    ),
    // Lists of primitives.
    (
      #"{"metadata":{"finalizers":["a","b"]}}"#, #"{"metadata":{"finalizers":["c","a"]}}"#,
      #"{"metadata":{"finalizers":["c","a","b"]}}"#
    ),
    (
      #"{"metadata":{"finalizers":["a","b","c"]}}"#,
      #"{"metadata":{"$deleteFromPrimitiveList/finalizers":["b"],"$setElementOrder/finalizers":["a","c"]}}"#,
      #"{"metadata":{"finalizers":["a","c"]}}"#
    ),
    (
      #"{"metadata":{"finalizers":["a","b"]}}"#, #"{"metadata":{"$deleteFromPrimitiveList/finalizers":["b"]}}"#,
      #"{"metadata":{"finalizers":["a"]}}"#
    ),
    // Maps.
    (
      #"{"metadata":{"labels":{"a":"1","b":"2"}}}"#, #"{"metadata":{"labels":{"a":null,"c":"3"}}}"#,
      #"{"metadata":{"labels":{"b":"2","c":"3"}}}"#
    ),
    // Of a volume only the kind that is named stays.
    (
      #"{"spec":{"volumes":[{"name":"v","emptyDir":{}}]}}"#,
      #"{"spec":{"volumes":[{"$retainKeys":["name","configMap"],"name":"v","configMap":{"name":"m"}}]}}"#,
      #"{"spec":{"volumes":[{"name":"v","configMap":{"name":"m"}}]}}"#
    ),
    // What is new comes without nulls and directives.
    (
      "{}",
      #"{"spec":{"nodeName":null,"$setElementOrder/containers":[{"name":"a"}],"containers":[{"name":"a","$patch":"merge"}]}}"#,
      #"{"spec":{"containers":[{"name":"a"}]}}"#
    ),
  ])
  func strategicMerge(document: String, patch: String, result: String) throws {
    let merged = try strategic("core.v1.Pod", document, patch)
    #expect(merged == (try parsed(result)), "\(merged.text)")
  }

  @Test func strategicMergeOfOtherKinds() throws {
    let service = try strategic(
      "core.v1.Service", #"{"spec":{"ports":[{"port":80,"targetPort":1}]}}"#,
      #"{"spec":{"ports":[{"port":80,"targetPort":2},{"port":81}]}}"#)
    #expect(service == (try parsed(#"{"spec":{"ports":[{"port":80,"targetPort":2},{"port":81}]}}"#)))
    let strategy = try strategic(
      "apps.v1.Deployment", #"{"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}}"#,
      #"{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}"#)
    #expect(strategy[path: "spec", "strategy"] == ["type": "Recreate"])
    let node = try strategic(
      "core.v1.Node", #"{"status":{"conditions":[{"type":"Ready","status":"True"},{"type":"Disk","status":"False"}]}}"#,
      #"{"status":{"$setElementOrder/conditions":[{"type":"Ready"}],"conditions":[{"type":"Ready","status":"Unknown"}]}}"#
    )
    #expect(node[path: "status", "conditions"]?.arrayValue?.count == 2)
    #expect(node[path: "status", "conditions"]?.arrayValue?.first == ["type": "Ready", "status": "Unknown"])
  }

  @Test(arguments: [
    #"{"spec":{"$patch":"shout"}}"#, #"{"spec":{"containers":[{"image":"x"}]}}"#,
    #"{"spec":{"containers":[{"name":"a","$patch":"merge"}]}}"#, #"{"spec":{"containers":["a"]}}"#,
    #"{"spec":{"$retainKeys":["a"],"nodeName":"b"}}"#, "[]",
  ])
  func strategicMergeIsBroken(patch: String) throws {
    #expect(throws: PatchError.self) { try strategic("core.v1.Pod", Self.containers, patch) }
  }
}
