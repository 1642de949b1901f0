/// `NodeSwapStatus` of `core.v1`.
public struct NodeSwapStatus: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var capacity: Int64? {
    get { json.field("capacity") }
    set { json.setField("capacity", newValue) }
  }
}
