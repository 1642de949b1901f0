/// `Status` of `meta.v1`.
public struct Status: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var metadata: ListMeta {
    get { json.field("metadata") }
    set { json.setField("metadata", newValue) }
  }

  public var status: String? {
    get { json.field("status") }
    set { json.setField("status", newValue) }
  }

  public var message: String? {
    get { json.field("message") }
    set { json.setField("message", newValue) }
  }

  public var reason: String? {
    get { json.field("reason") }
    set { json.setField("reason", newValue) }
  }

  public var details: StatusDetails? {
    get { json.field("details") }
    set { json.setField("details", newValue) }
  }

  public var code: Int32? {
    get { json.field("code") }
    set { json.setField("code", newValue) }
  }
}
