/// `BoundObjectReference` of `authentication.v1`.
public struct BoundObjectReference: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var kind: String? {
    get { json.field("kind") }
    set { json.setField("kind", newValue) }
  }

  public var apiVersion: String? {
    get { json.field("apiVersion") }
    set { json.setField("apiVersion", newValue) }
  }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var uid: String? {
    get { json.field("uid") }
    set { json.setField("uid", newValue) }
  }
}
