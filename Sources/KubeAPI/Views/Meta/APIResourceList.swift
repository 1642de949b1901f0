/// `APIResourceList` of `meta.v1`.
public struct APIResourceList: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var groupVersion: String? {
    get { json.field("groupVersion") }
    set { json.setField("groupVersion", newValue) }
  }

  public var resources: [APIResource] {
    get { json.field("resources") }
    set { json.setField("resources", newValue) }
  }
}
