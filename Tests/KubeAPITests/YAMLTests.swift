import KubeAPI
import Testing

@Suite struct YAMLTests {
  @Test(arguments: [
    ("a: 1", #"{"a":1}"#), ("a: 1.0", #"{"a":1}"#), ("a: 1.50", #"{"a":1.5}"#), ("a: 1e3", #"{"a":1000}"#),
    ("a: 0x1F", #"{"a":31}"#), ("a: 0o17", #"{"a":15}"#), ("a: 017", #"{"a":15}"#), ("a: 0b101", #"{"a":5}"#),
    ("a: 1_000", #"{"a":1000}"#), ("a: -5", #"{"a":-5}"#), ("a: 08", #"{"a":8}"#), ("a: '1'", #"{"a":"1"}"#),
    ("a: \"yes\"", #"{"a":"yes"}"#), ("a: yes", #"{"a":true}"#), ("a: Off", #"{"a":false}"#), ("a: y", #"{"a":true}"#),
    ("a: ~", #"{"a":null}"#), ("a:", #"{"a":null}"#), ("a: null", #"{"a":null}"#), ("a: nulls", #"{"a":"nulls"}"#),
    ("a: 2026-01-02", #"{"a":"2026-01-02"}"#), ("a: 1.2.3", #"{"a":"1.2.3"}"#), ("a: 10Gi", #"{"a":"10Gi"}"#),
    ("a: 18446744073709551615", #"{"a":18446744073709551615}"#), ("a: 1e-7", #"{"a":1e-07}"#),
    ("1: a\ntrue: b", #"{"1":"a","true":"b"}"#), ("a: |\n  x\n  y\n", #"{"a":"x\ny\n"}"#),
    ("a: >-\n  x\n  y\n", #"{"a":"x y"}"#), ("a: !!str 1", #"{"a":"1"}"#), ("a: !!binary aGk=", #"{"a":"hi"}"#),
    ("x: &b {p: 1, q: 2}\ny:\n  <<: *b\n  q: 3", #"{"x":{"p":1,"q":2},"y":{"p":1,"q":3}}"#),
    ("- a\n- [b, {c: d}]", #"["a",["b",{"c":"d"}]]"#), ("", "null"), ("# only a comment\n", "null"),
    ("{\"a\": [1, \"b\"]}", #"{"a":[1,"b"]}"#), ("a: 1:30", #"{"a":"1:30"}"#), ("a: +.5", #"{"a":0.5}"#),
  ])
  func reads(text: String, json: String) throws {
    let value = try JSONValue(yaml: text)
    let expected = try JSONValue(parsing: json)
    #expect(value == expected || value[path: "a"]?.doubleValue == expected[path: "a"]?.doubleValue, "\(value.text)")
  }

  @Test func readsSeveralDocuments() throws {
    let documents = try JSONValue.documents(yaml: "a: 1\n---\nb: 2\n---\n")
    #expect(documents == [["a": 1], ["b": 2], .null])
    #expect(try JSONValue(yaml: "a: 1\n---\nb: 2\n") == ["a": 1])
  }

  @Test(arguments: ["a: [", "a: 1\na: 2", "a: .inf", "a: *b", "? [a]\n: b", "a: !!binary '!'", "\t- a: b\n  c"])
  func refuses(text: String) {
    #expect(throws: YAMLError.self) { try JSONValue(yaml: text) }
  }

  @Test func refusesAliasesThatGrow() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      let list = repeatElement("*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(list)]\n"
    }
    #expect(throws: YAMLError.self) { try JSONValue(yaml: text) }
  }

  @Test(arguments: [
    #"{"b":1,"a":{"c":[1,"x",{"d":null,"e":true}],"f":{},"g":[]}}"#,
    ##"["","yes","1","null","a: b","a #b","#a","- a","x:","2026-01-02","é","a\nb","a\nb\n","a\n\nb\n\n"," a","a ","~","<<","=","1_0","0x","\u0001","'a'","\"","|","%a","@a","`a`","a\tb","a\n b\n","\na","a \nb"]"##,
    #"{"":"","yes":"no","1":"2","a b":"c","a: b":"d","multi\nline":"x"}"#, #"[[1,[2,3]],[]]"#, "1.50", #""x""#, "{}",
    "null",
  ])
  func writesWhatItReads(json: String) throws {
    let value = try JSONValue(parsing: json)
    let text = value.yaml
    #expect(try JSONValue(yaml: text).text == canonical(value).text, "\(text)")
  }

  /// The members in the order of the writer, numbers as the reader has them.
  private func canonical(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(let object):
      .object(JSONObject(object.keys.sorted().map { ($0, canonical(object[$0] ?? .null)) }))
    case .array(let elements): .array(elements.map(canonical))
    case .decimal("1.50"): .decimal("1.5")
    default: value
    }
  }

  @Test func writesAsToolsDo() throws {
    let value = try JSONValue(
      parsing: #"{"kind":"Pod","spec":{"containers":[{"name":"a","args":["x"]}]},"s":"a\nb\n"}"#)
    #expect(
      value.yaml == """
        kind: Pod
        s: |
          a
          b
        spec:
          containers:
          - args:
            - x
            name: a

        """)
  }
}
