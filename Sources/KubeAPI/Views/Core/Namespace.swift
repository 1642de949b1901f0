/// `Namespace` of `core.v1`.
public struct Namespace: KubeObject {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public static let resource = GroupVersionResource(
    group: "", version: "v1", resource: "namespaces", kind: "Namespace",
    isNamespaced: false)

  public var spec: NamespaceSpec {
    get { json.field("spec") }
    set { json.setField("spec", newValue) }
  }

  public var status: NamespaceStatus {
    get { json.field("status") }
    set { json.setField("status", newValue) }
  }
}
