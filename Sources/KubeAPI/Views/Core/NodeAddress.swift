/// `NodeAddress` of `core.v1`.
public struct NodeAddress: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var type: String? {
    get { json.field("type") }
    set { json.setField("type", newValue) }
  }

  public var address: String? {
    get { json.field("address") }
    set { json.setField("address", newValue) }
  }
}
