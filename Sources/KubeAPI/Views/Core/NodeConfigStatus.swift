/// `NodeConfigStatus` of `core.v1`.
public struct NodeConfigStatus: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var assigned: NodeConfigSource? {
    get { json.field("assigned") }
    set { json.setField("assigned", newValue) }
  }

  public var active: NodeConfigSource? {
    get { json.field("active") }
    set { json.setField("active", newValue) }
  }

  public var lastKnownGood: NodeConfigSource? {
    get { json.field("lastKnownGood") }
    set { json.setField("lastKnownGood", newValue) }
  }

  public var error: String? {
    get { json.field("error") }
    set { json.setField("error", newValue) }
  }
}
