import KubeAPI
import Testing

@Suite struct SelectorTests {
  let labels = ["app": "web", "tier": "front", "n": "5", "empty": ""]

  @Test(arguments: [
    ("", true), ("app=web", true), ("app==web", true), ("app = web", true), ("app!=web", false), ("gone!=x", true),
    ("app in (web, db)", true), ("app in (db)", false), ("app notin (db)", true), ("gone notin (a)", true),
    ("app", true), ("!app", false), ("!gone", true), ("gone", false), ("n>4", true), ("n<4", false), ("app>4", false),
    ("app=web,tier in (front,back),!gone", true), ("app=web,tier=back", false), ("empty=", true), ("app=", false),
    ("empty in (,a)", true), ("x.example.com/y!=1", true), ("in in (in)", false),
  ])
  func matches(text: String, expected: Bool) throws {
    #expect(try LabelQuery(parsing: text).matches(labels) == expected)
    let members = JSONObject(labels.map { ($0.key, JSONValue.string($0.value)) })
    let object: JSONValue = ["metadata": ["labels": .object(members)]]
    #expect(try LabelQuery(parsing: text).matches(object) == expected)
  }

  @Test(arguments: [
    "app in", "app in web", "app in (web", "=web", "app=web,", "app=a b", "a/b/c=d", "app=-x", "app,,b", "n>x", "!",
    "app=web;x", "(a)",
  ])
  func refuses(text: String) {
    #expect(throws: SelectorError.self) { try LabelQuery(parsing: text) }
  }

  @Test func canonicalText() throws {
    #expect(try LabelQuery(parsing: "b notin (y,x) , a==1,!c").description == "a=1,b notin (x,y),!c")
  }

  @Test func viewConverts() throws {
    let selector = try LabelSelector(parsing: "app=web,tier in (front,back),!gone,x")
    #expect(selector.matchLabels == ["app": "web"])
    #expect(selector.matchExpressions.count == 3)
    #expect(!selector.matches(labels))
    #expect(selector.matches(labels.merging(["x": "1"]) { $1 }))
    #expect(try LabelQuery(selector).description == "app=web,!gone,tier in (back,front),x")
    #expect(LabelSelector().matches([:]))
    let broken = LabelSelector { $0.matchExpressions = [LabelSelectorRequirement { $0.operator = "Near" }] }
    #expect(!broken.matches(labels))
    #expect(throws: SelectorError.self) { try LabelQuery(broken) }
  }

  @Test func fieldSelector() throws {
    let pod: JSONValue = [
      "metadata": ["name": "a,b", "namespace": "n"], "spec": ["nodeName": "node-1"], "status": ["phase": "Running"],
    ]
    #expect(try FieldSelector(parsing: "metadata.name=a\\,b,status.phase!=Failed").matches(pod))
    #expect(try !FieldSelector(parsing: "spec.nodeName!=node-1").matches(pod))
    #expect(try FieldSelector(parsing: "spec.nodeName==node-1,spec.hostNetwork=false").matches(pod))
    #expect(try FieldSelector(parsing: "").matches(pod))
    #expect(try FieldSelector(parsing: "spec.other=").matches(pod))
    #expect(try FieldSelector(parsing: "metadata.name=x\\=y").requirements[0].value == "x=y")
    #expect(try FieldSelector(parsing: "metadata.name=x\\=y").description == "metadata.name=x\\=y")
    #expect(throws: SelectorError.self) { try FieldSelector(parsing: "metadata.name") }
    #expect(throws: SelectorError.self) { try FieldSelector(parsing: "a=b\\") }
    #expect(throws: SelectorError.self) { try FieldSelector(parsing: "a!b=c") }
    let pods = try #require(Schema.builtin.resource(group: "", version: "v1", resource: "pods"))
    #expect(try FieldSelector(parsing: "spec.nodeName=x,spec.image=y").unsupportedField(of: pods) == "spec.image")
    #expect(try FieldSelector(parsing: "metadata.name=x").required("metadata.name") == "x")
  }

  @Test func eventSource() throws {
    let event: JSONValue = ["involvedObject": ["kind": "Pod", "name": "a"], "source": ["component": "kubelet"]]
    #expect(try FieldSelector(parsing: "involvedObject.name=a,source=kubelet").matches(event))
  }
}
