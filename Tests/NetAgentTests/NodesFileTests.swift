import Glibc
import Testing

@testable import NetAgent

/// Nodes from a file.
@Suite struct NodesFileTests {
  private func read(_ text: String) throws -> [String: NodeDefinition] {
    let nodes = try NodesFile("nodes.yaml").nodes(Array(text.utf8))
    return Dictionary(uniqueKeysWithValues: nodes.values.map { ($0.name, $0) })
  }

  @Test func yamlAndJSONSayTheSame() throws {
    let yaml = """
      nodes:
      - name: one
        podCIDRs: [10.244.1.0/24, "fd00:244:0:1::/64"]
        addresses:
        - 172.30.0.1
        - fd00:30::1
      - name: new
      """
    let json = """
      {"nodes": [{"name": "one", "podCIDRs": ["10.244.1.0/24", "fd00:244:0:1::/64"],
        "addresses": ["172.30.0.1", "fd00:30::1"]}, {"name": "new"}]}
      """
    let nodes = try read(yaml)
    #expect(nodes == (try read(json)))
    #expect(nodes["one"]?.podCIDRs.map { "\($0)" } == ["10.244.1.0/24", "fd00:244:0:1::/64"])
    #expect(nodes["one"]?.addresses.map { "\($0)" } == ["172.30.0.1", "fd00:30::1"])
    #expect(nodes["new"] == NodeDefinition(name: "new", podCIDRs: [], addresses: []))
  }

  @Test func whatKubectlPrintsIsUnderstood() throws {
    let nodes = try read(
      """
      apiVersion: v1
      kind: List
      items:
      - apiVersion: v1
        kind: Node
        metadata: {name: one, uid: x}
        spec: {podCIDR: 10.244.1.0/24, podCIDRs: [10.244.1.0/24]}
        status: {addresses: [{type: Hostname, address: one}, {type: InternalIP, address: 172.30.0.1}]}
      """)
    #expect(nodes["one"]?.addresses.map { "\($0)" } == ["172.30.0.1"])
  }

  @Test(arguments: [
    (
      "nodes: [{name: a, podCIDR: 10.0.0.0/24}]",
      "nodes[0].podCIDR: there is no such member; known are name, podCIDRs, addresses"
    ),
    (
      "nodes: [{name: a, podCIDRs: [10.0.0.0]}]",
      "nodes[0].podCIDRs[0]: \"10.0.0.0\" is not a range such as 10.244.1.0/24"
    ),
    (
      "nodes: [{name: a, podCIDRs: [10.0.0.7/24]}]",
      "nodes[0].podCIDRs[0]: \"10.0.0.7/24\" is not a range such as 10.244.1.0/24"
    ),
    ("nodes: [{name: a, addresses: [b]}]", "nodes[0].addresses[0]: \"b\" is not an address"),
    ("nodes: [{name: a, addresses: 10.0.0.1}]", "nodes[0].addresses: a list is expected"),
    ("nodes: [{name: a}, {name: a}]", "nodes[1].name: a is there twice"),
    ("nodes: [{}]", "nodes[0].name: a name is expected"),
    ("node: []", "node: there is no such member; known are nodes (and 1 more)"),
    ("[]", "a mapping of nodes is expected"),
    ("kind: Pod", "kind: Pod is no list of nodes; List and NodeList are"),
  ]) func whatIsWrongIsSaidWithItsPlace(text: String, problem: String) throws {
    let error = try #require(throws: NodesFileError.self) { try read(text) }
    #expect(error.description == "nodes.yaml: \(problem)")
  }

  @Test func textThatIsNoYAMLNamesTheLine() throws {
    let error = try #require(throws: NodesFileError.self) { try read("nodes:\n- name: [") }
    #expect(error.description.contains("line"))
  }

  @Test func aFileThatIsNotThereIsSaid() throws {
    let error = try #require(throws: NodesFileError.self) { try NodesFile("/nonexistent/nodes").check() }
    #expect(error.description == "/nonexistent/nodes: cannot read it: No such file or directory")
  }
}
