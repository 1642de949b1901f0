/// `StatusDetails` of `meta.v1`.
public struct StatusDetails: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var group: String? {
    get { json.field("group") }
    set { json.setField("group", newValue) }
  }

  public var kind: String? {
    get { json.field("kind") }
    set { json.setField("kind", newValue) }
  }

  public var uid: String? {
    get { json.field("uid") }
    set { json.setField("uid", newValue) }
  }

  public var causes: [StatusCause] {
    get { json.field("causes") }
    set { json.setField("causes", newValue) }
  }

  public var retryAfterSeconds: Int32? {
    get { json.field("retryAfterSeconds") }
    set { json.setField("retryAfterSeconds", newValue) }
  }
}
