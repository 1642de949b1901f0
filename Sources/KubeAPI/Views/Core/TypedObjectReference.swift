/// `TypedObjectReference` of `core.v1`.
public struct TypedObjectReference: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var apiGroup: String? {
    get { json.field("apiGroup") }
    set { json.setField("apiGroup", newValue) }
  }

  public var kind: String? {
    get { json.field("kind") }
    set { json.setField("kind", newValue) }
  }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var namespace: String? {
    get { json.field("namespace") }
    set { json.setField("namespace", newValue) }
  }
}
