/// `NamespaceSpec` of `core.v1`.
public struct NamespaceSpec: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var finalizers: [String] {
    get { json.field("finalizers") }
    set { json.setField("finalizers", newValue) }
  }
}
