/// `SELinuxOptions` of `core.v1`.
public struct SELinuxOptions: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var user: String? {
    get { json.field("user") }
    set { json.setField("user", newValue) }
  }

  public var role: String? {
    get { json.field("role") }
    set { json.setField("role", newValue) }
  }

  public var type: String? {
    get { json.field("type") }
    set { json.setField("type", newValue) }
  }

  public var level: String? {
    get { json.field("level") }
    set { json.setField("level", newValue) }
  }
}
