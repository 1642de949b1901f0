/// `APIGroupList` of `meta.v1`.
public struct APIGroupList: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var groups: [APIGroup] {
    get { json.field("groups") }
    set { json.setField("groups", newValue) }
  }
}
