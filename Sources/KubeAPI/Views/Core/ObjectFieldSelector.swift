/// `ObjectFieldSelector` of `core.v1`.
public struct ObjectFieldSelector: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var apiVersion: String? {
    get { json.field("apiVersion") }
    set { json.setField("apiVersion", newValue) }
  }

  public var fieldPath: String? {
    get { json.field("fieldPath") }
    set { json.setField("fieldPath", newValue) }
  }
}
