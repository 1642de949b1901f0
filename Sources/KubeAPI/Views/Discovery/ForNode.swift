/// `ForNode` of `discovery.v1`.
public struct ForNode: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }
}
