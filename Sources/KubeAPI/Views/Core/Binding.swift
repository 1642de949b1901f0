/// `Binding` of `core.v1`.
public struct Binding: KubeObject {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public static let resource = GroupVersionResource(
    group: "", version: "v1", resource: "bindings", kind: "Binding",
    isNamespaced: true)

  public var target: ObjectReference? {
    get { json.field("target") }
    set { json.setField("target", newValue) }
  }
}
