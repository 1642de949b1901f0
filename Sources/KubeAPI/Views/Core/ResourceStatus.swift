/// `ResourceStatus` of `core.v1`.
public struct ResourceStatus: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var resources: [ResourceHealth] {
    get { json.field("resources") }
    set { json.setField("resources", newValue) }
  }
}
