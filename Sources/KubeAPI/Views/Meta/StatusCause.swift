/// `StatusCause` of `meta.v1`.
public struct StatusCause: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var reason: String? {
    get { json.field("reason") }
    set { json.setField("reason", newValue) }
  }

  public var message: String? {
    get { json.field("message") }
    set { json.setField("message", newValue) }
  }

  public var field: String? {
    get { json.field("field") }
    set { json.setField("field", newValue) }
  }
}
