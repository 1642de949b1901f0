/// `ResourceHealth` of `core.v1`.
public struct ResourceHealth: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var resourceID: String? {
    get { json.field("resourceID") }
    set { json.setField("resourceID", newValue) }
  }

  public var health: String? {
    get { json.field("health") }
    set { json.setField("health", newValue) }
  }

  public var message: String? {
    get { json.field("message") }
    set { json.setField("message", newValue) }
  }
}
