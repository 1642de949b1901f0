/// `GetOptions` of `meta.v1`.
public struct GetOptions: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var resourceVersion: String? {
    get { json.field("resourceVersion") }
    set { json.setField("resourceVersion", newValue) }
  }
}
