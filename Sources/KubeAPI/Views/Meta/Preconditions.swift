/// `Preconditions` of `meta.v1`.
public struct Preconditions: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var uid: String? {
    get { json.field("uid") }
    set { json.setField("uid", newValue) }
  }

  public var resourceVersion: String? {
    get { json.field("resourceVersion") }
    set { json.setField("resourceVersion", newValue) }
  }
}
