/// `NamespaceCondition` of `core.v1`.
public struct NamespaceCondition: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var type: String? {
    get { json.field("type") }
    set { json.setField("type", newValue) }
  }

  public var status: String? {
    get { json.field("status") }
    set { json.setField("status", newValue) }
  }

  public var lastTransitionTime: Time? {
    get { json.field("lastTransitionTime") }
    set { json.setField("lastTransitionTime", newValue) }
  }

  public var reason: String? {
    get { json.field("reason") }
    set { json.setField("reason", newValue) }
  }

  public var message: String? {
    get { json.field("message") }
    set { json.setField("message", newValue) }
  }
}
