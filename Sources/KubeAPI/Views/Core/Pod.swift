/// `Pod` of `core.v1`.
public struct Pod: KubeObject {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public static let resource = GroupVersionResource(
    group: "", version: "v1", resource: "pods", kind: "Pod",
    isNamespaced: true)

  public var spec: PodSpec {
    get { json.field("spec") }
    set { json.setField("spec", newValue) }
  }

  public var status: PodStatus {
    get { json.field("status") }
    set { json.setField("status", newValue) }
  }
}
