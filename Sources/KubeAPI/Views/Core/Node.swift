/// `Node` of `core.v1`.
public struct Node: KubeObject {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public static let resource = GroupVersionResource(
    group: "", version: "v1", resource: "nodes", kind: "Node",
    isNamespaced: false)

  public var spec: NodeSpec {
    get { json.field("spec") }
    set { json.setField("spec", newValue) }
  }

  public var status: NodeStatus {
    get { json.field("status") }
    set { json.setField("status", newValue) }
  }
}
